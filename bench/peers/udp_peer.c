// The UDP program to compare with: GSO to send, GRO to receive. A flow is one source port: N flows are N
// connected sockets at the sender and one unconnected socket at the receiver.
//   receive   counts datagrams in its window, prints the result and ends
//   send      sends bursts on every flow in turn, as fast as it can
//   echo      returns what comes, run by run
//   request   keeps one burst in flight on every flow of an echo server and counts what comes back
//   idle      opens N flows that exchange one datagram each, in two steps, and leaves them alone

#define _GNU_SOURCE
#include <netinet/udp.h>
#include <sys/epoll.h>

#include "bench_program.h"

enum { run_bytes_max = 65000, segments_max = 64, socket_buffer_bytes = 4 << 20 };

/// A run of datagrams of one size (the last may be shorter) and whom it came from.
struct run {
  char bytes[65536];
  size_t size;
  size_t segment;
  struct sockaddr_in from;
};

static struct run run;

static void set_buffers(int fd) {
  int size = socket_buffer_bytes, one = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one)) die("UDP_GRO");
}

/// False when nothing waits.
static bool receive_run(int fd, struct run* r, int flags) {
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec piece = {.iov_base = r->bytes, .iov_len = sizeof r->bytes};
  struct msghdr m = {.msg_name = &r->from, .msg_namelen = sizeof r->from, .msg_iov = &piece, .msg_iovlen = 1,
                     .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got = recvmsg(fd, &m, flags);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got < 0) die("recvmsg");
  r->size = (size_t)got;
  r->segment = r->size;
  struct cmsghdr* c = CMSG_FIRSTHDR(&m);
  if (c && c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
    int segment;
    memcpy(&segment, CMSG_DATA(c), sizeof segment);
    r->segment = (size_t)segment;
  }
  return true;
}

static size_t datagrams_in(const struct run* r) {
  return r->segment ? (r->size + r->segment - 1) / r->segment : 1;
}

static void send_run(int fd, const struct run* r, struct sockaddr_in* to) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  } control;
  struct iovec piece = {.iov_base = (char*)r->bytes, .iov_len = r->size};
  struct msghdr m = {.msg_name = to, .msg_namelen = to ? sizeof *to : 0, .msg_iov = &piece, .msg_iovlen = 1};
  if (r->size > r->segment) {
    uint16_t segment = (uint16_t)r->segment;
    m.msg_control = control.bytes;
    m.msg_controllen = sizeof control.bytes;
    struct cmsghdr* c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(2)};
    memcpy(CMSG_DATA(c), &segment, sizeof segment);
  }
  if (sendmsg(fd, &m, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED) die("sendmsg");
}

static int bound(const struct options* o) {
  int fd = bound_socket(o, SOCK_DGRAM);
  set_buffers(fd);
  struct timeval limit = {.tv_usec = 100000};  // so that a window without traffic ends too
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  print_port(fd);
  return fd;
}

static void receive(const struct options* o) {
  int fd = bound(o);
  while (!receive_run(fd, &run, 0)) {}
  struct window w = start_window(o);
  while (window_goes_on(&w)) {
    if (!receive_run(fd, &run, 0)) continue;
    w.operations += datagrams_in(&run);
    w.bytes += run.size;
  }
}

static void echo(const struct options* o) {
  int fd = bound(o);
  for (;;) {
    if (receive_run(fd, &run, 0)) send_run(fd, &run, &run.from);
  }
}

static int* open_flows(const struct options* o) {
  struct sockaddr_in to = ipv4_address(o);
  int* flows = calloc((size_t)o->flows, sizeof *flows);
  for (int i = 0; i < o->flows; i++) {
    flows[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (flows[i] < 0 || connect(flows[i], (struct sockaddr*)&to, sizeof to)) die("socket");
  }
  return flows;
}

/// A burst of `--burst` datagrams, or of as many as fit one call.
static void fill_burst(const struct options* o) {
  size_t fits = run_bytes_max / o->size;
  size_t count = (size_t)o->burst < fits ? (size_t)o->burst : fits;
  memset(run.bytes, 1, sizeof run.bytes);  // untouched pages are one page of zeros, and always cached
  run.segment = o->size;
  run.size = o->size * (count < segments_max ? count : segments_max);
}

static void send_all(const struct options* o) {
  int* flows = open_flows(o);
  fill_burst(o);
  struct window w = start_window(o);
  while (window_goes_on(&w)) {
    for (int i = 0; i < o->flows; i++) send_run(flows[i], &run, NULL);
    w.operations += datagrams_in(&run) * (size_t)o->flows;
    w.bytes += run.size * (size_t)o->flows;
  }
}

struct flow {
  int fd;
  size_t missing;
};

/// Lost datagrams are not sent again: a flow whose burst came back incomplete starts anew once nothing moves.
static void request(const struct options* o) {
  static struct run burst;
  int* sockets = open_flows(o);
  fill_burst(o);
  burst = run;
  struct flow* flows = calloc((size_t)o->flows, sizeof *flows);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < o->flows; i++) {
    set_buffers(sockets[i]);
    flows[i] = (struct flow){.fd = sockets[i], .missing = burst.size};
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &flows[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, sockets[i], &e)) die("epoll_ctl");
    send_run(sockets[i], &burst, NULL);
  }
  static struct epoll_event events[1024];
  struct window w = start_window(o);
  while (window_goes_on(&w)) {
    int count = epoll_wait(poller, events, 1024, 20);
    for (int i = 0; i < count; i++) {
      struct flow* f = events[i].data.ptr;
      if (!receive_run(f->fd, &run, MSG_DONTWAIT)) continue;
      w.operations += datagrams_in(&run);
      w.bytes += run.size;
      f->missing -= run.size < f->missing ? run.size : f->missing;
      if (f->missing) continue;
      f->missing = burst.size;
      send_run(f->fd, &burst, NULL);
    }
    for (int i = 0; count == 0 && i < o->flows; i++) {  // everything is lost or still: start anew
      flows[i].missing = burst.size;
      send_run(flows[i].fd, &burst, NULL);
      w.failures++;
    }
  }
}

static void idle(const struct options* o) {
  int* flows = open_flows(o);
  run.size = run.segment = o->size;
  for (int i = 0; i < o->flows; i++) {
    struct timeval limit = {.tv_sec = 2};
    setsockopt(flows[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    send_run(flows[i], &run, NULL);
    if (recv(flows[i], run.bytes, sizeof run.bytes, 0) < 0) die("recv");
    if (i + 1 == o->first) wait_for_line(i + 1);
  }
  wait_for_line(o->flows);
}

int main(int argc, char** argv) {
  struct options o = parse_options("udp_peer", argc, argv);
  if (o.size == 0 || o.size > run_bytes_max) usage("out of range", "--size");
  raise_descriptor_limit();
  if (mode_is(&o, "receive")) receive(&o);
  else if (mode_is(&o, "send")) send_all(&o);
  else if (mode_is(&o, "echo")) echo(&o);
  else if (mode_is(&o, "request")) request(&o);
  else if (mode_is(&o, "idle")) idle(&o);
  else usage("unknown mode", o.mode);
}
