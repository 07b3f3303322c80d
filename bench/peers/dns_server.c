// The DNS server of the benchmarks of names: an address for every A and AAAA, nothing for the rest, on 127.0.0.1:53.

#include "bench_program.h"

enum { header_bytes = 12, head_bytes = 12, answer_bytes = head_bytes + 16, type_a = 1, type_aaaa = 28 };

/// The offset behind the question; 0 if there is none.
static size_t question_end(const uint8_t* query, size_t size) {
  size_t at = header_bytes;
  while (at < size && query[at] != 0) at += 1 + (size_t)query[at];
  return at + 5 <= size ? at + 5 : 0;
}

static size_t answer(uint8_t* message, size_t size) {
  const size_t end = question_end(message, size);
  if (end == 0) return 0;
  const uint8_t type = message[end - 4] == 0 ? message[end - 3] : 0;
  const uint8_t size_of_address = type == type_a ? 4 : type == type_aaaa ? 16 : 0;
  const uint8_t head[] = {0x81, 0x80, 0, 1, 0, size_of_address > 0, 0, 0, 0, 0};
  memcpy(message + 2, head, sizeof head);
  if (size_of_address == 0) return end;
  const uint8_t record[answer_bytes] = {0xc0, header_bytes, 0, type, 0, 1, 0, 0, 14, 16, 0, size_of_address, 192, 0, 2, 1};
  memcpy(message + end, record, sizeof record);
  return end + head_bytes + size_of_address;
}

int main(void) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(53)};
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr*)&local, sizeof local) < 0) die("bind");
  puts("{\"port\": 53}");
  fflush(stdout);
  for (;;) {
    uint8_t message[2048];
    struct sockaddr_in peer;
    socklen_t peer_size = sizeof peer;
    const ssize_t size = recvfrom(fd, message, sizeof message - answer_bytes, 0, (struct sockaddr*)&peer, &peer_size);
    if (size < header_bytes) continue;
    const size_t reply = answer(message, (size_t)size);
    if (reply > 0) sendto(fd, message, reply, 0, (struct sockaddr*)&peer, peer_size);
  }
}
