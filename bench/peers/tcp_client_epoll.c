// The client to compare with: edge-triggered epoll. It also loads the servers in these modes:
//   churn          keeps N times "connect, request, reply, close" in flight
//   send, receive  move bulk over N connections

#define _GNU_SOURCE
#include <netdb.h>
#include <sys/epoll.h>

#include "bench_program.h"

struct connection {
  int fd;
  size_t missing;
  bool requested;
};

static int poller;
static char* buffer;
static struct addrinfo* target;
static bool resolve_each;

/// A literal address is looked up once; a name for every connection, as an application does.
static void resolve(const struct options* o) {
  char port[8];
  snprintf(port, sizeof port, "%d", o->port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  hints.ai_flags = AI_NUMERICHOST;
  if (!target) resolve_each = getaddrinfo(o->host, port, &hints, &target) != 0;
  if (!resolve_each) return;
  if (target) freeaddrinfo(target);
  hints.ai_flags = 0;
  if (getaddrinfo(o->host, port, &hints, &target)) usage("cannot resolve", o->host);
}

static bool open_connection(struct connection* c, const struct options* o, uint32_t events) {
  if (resolve_each) resolve(o);
  c->fd = socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  c->missing = o->size;
  c->requested = false;
  set_no_delay(c->fd);
  if (connect(c->fd, target->ai_addr, target->ai_addrlen) && errno != EINPROGRESS) die("connect");
  struct epoll_event e = {.events = events | EPOLLRDHUP | EPOLLET, .data.ptr = c};
  return epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

static void churn(struct connection* c, uint32_t events, struct window* w) {
  const struct options* o = w->options;
  if (!c->requested && (events & EPOLLOUT)) {
    if (send(c->fd, buffer, o->size, MSG_NOSIGNAL) != (ssize_t)o->size) die("send");
    c->requested = true;
  }
  if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
  ssize_t got = recv(c->fd, buffer, c->missing, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) c->missing -= (size_t)got;
  if (got > 0 && c->missing) return;
  if (got > 0) w->operations++;
  else w->failures++;
  close(c->fd);
  open_connection(c, o, EPOLLIN | EPOLLOUT);
}

static void move_bulk(struct connection* c, bool sending, struct window* w) {
  size_t size = w->options->size;
  for (;;) {
    ssize_t moved = sending ? send(c->fd, buffer, size, MSG_NOSIGNAL) : recv(c->fd, buffer, size, 0);
    if (moved < 0 && errno == EAGAIN) return;
    if (moved <= 0) die(sending ? "send" : "recv");
    w->bytes += (size_t)moved;
    w->operations++;
    if ((size_t)moved < size) return;
    if (!window_goes_on(w)) exit(0);
  }
}

int main(int argc, char** argv) {
  struct options o = parse_options("epoll", argc, argv);
  bool churning = mode_is(&o, "churn");
  bool sending = mode_is(&o, "send");
  buffer = malloc(o.size);
  memset(buffer, 1, o.size);  // untouched pages are one page of zeros to the kernel, and always cached
  raise_descriptor_limit();
  poller = epoll_create1(EPOLL_CLOEXEC);
  resolve(&o);
  struct connection* all = calloc((size_t)o.connections, sizeof *all);
  uint32_t interest = churning ? EPOLLIN | EPOLLOUT : sending ? EPOLLOUT : EPOLLIN;
  for (int i = 0; i < o.connections; i++) {
    if (!open_connection(&all[i], &o, interest)) die("epoll_ctl");
  }
  static struct epoll_event events[1024];
  struct window w = start_window(&o);
  while (window_goes_on(&w)) {
    int count = epoll_wait(poller, events, 1024, 1000);
    if (count == 0) usage("nothing within a second from", "the server");
    for (int i = 0; i < count; i++) {
      if (churning) churn(events[i].data.ptr, events[i].events, &w);
      else move_bulk(events[i].data.ptr, sending, &w);
    }
  }
}
