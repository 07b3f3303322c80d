// The load for TCP echo servers:
//   pingpong  keeps one request in flight on each of N connections, and sleeps when no reply is there. A server
//             that is slower than this then also pays for waking it, as with any peer on the same machine
//   spin      the same without a poller and without sleeping: what the server itself costs
//   idle      opens N connections that exchange one message each, in two steps, and leaves them alone

#define _GNU_SOURCE
#include <sys/epoll.h>

#include "bench_program.h"

static const double pause_s = 20e-6;

static char request[65536];
static char reply[65536];

static int connected_socket(const struct options* o) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = ipv4_address(o);
  if (fd < 0 || connect(fd, (struct sockaddr*)&a, sizeof a)) die("connect");
  set_no_delay(fd);
  return fd;
}

static void send_request(int fd, size_t size) {
  if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) die("send");
}

/// Blocking, for one connection: no poller's cost and no wake-up but the kernel's own.
static void exchange(int fd, size_t size) {
  send_request(fd, size);
  if (recv(fd, reply, size, MSG_WAITALL) != (ssize_t)size) die("recv");
}

static void pingpong_one(const struct options* o) {
  int fd = connected_socket(o);
  struct window w = start_window(o);
  while (window_goes_on(&w)) {
    exchange(fd, o->size);
    w.operations++;
    w.bytes += o->size;
  }
}

struct connection {
  int fd;
  size_t missing;  // bytes of the reply that have not come
};

static struct connection* open_all(const struct options* o) {
  struct connection* all = calloc((size_t)o->connections, sizeof *all);
  for (int i = 0; i < o->connections; i++) {
    all[i] = (struct connection){.fd = connected_socket(o), .missing = o->size};
  }
  for (int i = 0; i < o->connections; i++) send_request(all[i].fd, o->size);
  return all;
}

/// False while the reply is incomplete; otherwise the next request is on its way.
static bool take_reply(struct connection* c, struct window* w) {
  size_t size = w->options->size;
  ssize_t got = recv(c->fd, reply, c->missing, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN)) die("recv");
  if (got > 0) c->missing -= (size_t)got;
  if (c->missing) return false;
  c->missing = size;
  send_request(c->fd, size);
  w->operations++;
  w->bytes += size;
  return true;
}

static void pingpong_many(const struct options* o) {
  struct connection* all = open_all(o);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < o->connections; i++) {
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.ptr = &all[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &e)) die("epoll_ctl");
  }
  static struct epoll_event events[1024];
  struct window w = start_window(o);
  while (window_goes_on(&w)) {
    int count = epoll_wait(poller, events, 1024, 1000);
    if (count == 0) usage("no reply within a second from", "the server");
    for (int i = 0; i < count; i++) take_reply(events[i].data.ptr, &w);
  }
}

/// Takes replies in the order of the requests, which is that of any fair server. If the next one is not there,
/// it leaves the sockets alone for a while: a recv at once would take over the kernel's work for that socket.
static void spin(const struct options* o) {
  struct connection* all = open_all(o);
  struct window w = start_window(o);
  for (int next = 0; window_goes_on(&w);) {
    if (take_reply(&all[next], &w)) {
      next = next + 1 == o->connections ? 0 : next + 1;
    } else {
      for (double until = now_s() + pause_s; now_s() < until;) {}
    }
  }
}

static void idle(const struct options* o) {
  for (int i = 0; i < o->connections; i++) {
    exchange(connected_socket(o), o->size);
    if (i + 1 == o->first) wait_for_line(i + 1);
  }
  wait_for_line(o->connections);
}

int main(int argc, char** argv) {
  struct options o = parse_options("load", argc, argv);
  if (o.size > sizeof request) usage("too large", "--size");
  raise_descriptor_limit();
  if (mode_is(&o, "idle")) idle(&o);
  else if (mode_is(&o, "spin")) spin(&o);
  else if (o.connections == 1) pingpong_one(&o);
  else pingpong_many(&o);
}
