/* Prints the addresses of its argument: built with musl-gcc for beside_getaddrinfo.py. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int count, char** words) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  if (count != 2 || getaddrinfo(words[1], NULL, &hints, &found) != 0) return 1;
  for (const struct addrinfo* one = found; one != NULL; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void* address = one->ai_family == AF_INET6
                              ? (const void*)&((const struct sockaddr_in6*)one->ai_addr)->sin6_addr
                              : (const void*)&((const struct sockaddr_in*)one->ai_addr)->sin_addr;
    printf("%s\n", inet_ntop(one->ai_family, address, text, sizeof text));
  }
  freeaddrinfo(found);
  return 0;
}
