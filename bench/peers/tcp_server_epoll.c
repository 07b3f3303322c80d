// The server to compare with: edge-triggered epoll, readiness remembered (no recv is tried after a short read),
// one buffer shared by all connections, sends go straight to the socket.

#define _GNU_SOURCE
#include <sys/epoll.h>

#include "bench_program.h"

struct connection {
  int fd;
  uint32_t kept_size;  // echo: bytes that the socket did not take yet
  char* kept;
};

enum mode { mode_echo, mode_sink, mode_source };

static enum mode mode;
static char* buffer;
static size_t buffer_size;
static int poller;

static void watch(struct connection* c, uint32_t events, int operation) {
  struct epoll_event e = {.events = events | EPOLLRDHUP | EPOLLET, .data.ptr = c};
  if (epoll_ctl(poller, operation, c->fd, &e)) die("epoll_ctl");
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == ECONNABORTED) return;
      die("accept");
    }
    set_no_delay(fd);
    struct connection* c = calloc(1, sizeof *c);
    c->fd = fd;
    watch(c, mode == mode_source ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
  }
}

static void drop(struct connection* c) {
  close(c->fd);
  free(c->kept);
  free(c);
}

static void keep(struct connection* c, const char* rest, size_t size) {
  c->kept = malloc(size);
  memcpy(c->kept, rest, size);
  c->kept_size = (uint32_t)size;
  watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

/// False when the connection is over. On a short write the rest is kept and reading stops until it is sent.
static bool echo(struct connection* c, size_t size) {
  ssize_t sent = send(c->fd, buffer, size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  size_t done = sent < 0 ? 0 : (size_t)sent;
  if (done < size) keep(c, buffer + done, size - done);
  return true;
}

static bool send_kept(struct connection* c) {
  ssize_t sent = send(c->fd, c->kept, c->kept_size, MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  c->kept_size -= (uint32_t)sent;
  memmove(c->kept, c->kept + sent, c->kept_size);
  if (c->kept_size) return true;
  free(c->kept);
  c->kept = NULL;
  watch(c, EPOLLIN, EPOLL_CTL_MOD);
  return true;
}

static bool receive(struct connection* c, bool ending) {
  while (!c->kept) {
    ssize_t got = recv(c->fd, buffer, buffer_size, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got < 0) return true;
    if (mode == mode_echo && !echo(c, (size_t)got)) return false;
    if ((size_t)got < buffer_size && !ending) return true;
  }
  return true;
}

static bool supply(struct connection* c) {
  for (;;) {
    ssize_t sent = send(c->fd, buffer, buffer_size, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    if ((size_t)sent < buffer_size) return true;
  }
}

static bool handle(struct connection* c, uint32_t events) {
  bool ending = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  if (mode == mode_source) return !ending && supply(c);
  if (c->kept && !send_kept(c)) return false;
  return receive(c, ending);
}

int main(int argc, char** argv) {
  struct options o = parse_options("epoll", argc, argv);
  bool awake = mode_is(&o, "awake");  // echoes, too, and never sleeps: no packet has to wake it
  mode = mode_is(&o, "sink") ? mode_sink : mode_is(&o, "source") ? mode_source : mode_echo;
  buffer_size = o.buffer;
  buffer = malloc(buffer_size);
  memset(buffer, 1, buffer_size);  // untouched pages are one page of zeros to the kernel, and always cached
  raise_descriptor_limit();
  int listener = bound_socket(&o, SOCK_STREAM | SOCK_NONBLOCK);
  if (listen(listener, 4096)) die("listen");
  poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e)) die("epoll_ctl");
  print_port(listener);

  static struct epoll_event events[1024];
  for (;;) {
    int count = epoll_wait(poller, events, 1024, awake ? 0 : -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      struct connection* c = events[i].data.ptr;
      if (!c) accept_all(listener);
      else if (!handle(c, events[i].events)) drop(c);
    }
  }
}
