#pragma once

// What every benchmark program shares, in C so that the peers can be C: the command line, clocks, and the
// window in which operations are counted. bench/README.md says what the options mean.

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct options {
  const char* program;
  const char* mode;
  const char* host;
  int port;
  int connections;
  int flows;
  int first;
  size_t size;
  size_t buffer;
  int burst;
  double seconds;
  double warmup;
  int watch;
  int busy_poll;
};

static inline void die(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static inline void usage(const char* why, const char* what) {
  fprintf(stderr, "%s: %s\n", why, what);
  exit(2);
}

/// Every option takes a value; a program ignores those that its mode does not need.
static inline struct options parse_options(const char* program, int argc, char** argv) {
  struct options o;
  memset(&o, 0, sizeof o);
  o.program = program;
  o.mode = "echo";
  o.host = "127.0.0.1";
  o.connections = 1;
  o.flows = 1;
  o.first = 100;
  o.size = 64;
  o.buffer = 65536;
  o.burst = 10;
  o.seconds = 2;
  o.warmup = 0.5;
  for (int i = 1; i < argc; i += 2) {
    const char* name = argv[i];
    if (i + 1 == argc) usage("option without a value", name);
    const char* value = argv[i + 1];
    if (!strcmp(name, "--mode"))
      o.mode = value;
    else if (!strcmp(name, "--host"))
      o.host = value;
    else if (!strcmp(name, "--port"))
      o.port = atoi(value);
    else if (!strcmp(name, "--connections"))
      o.connections = atoi(value);
    else if (!strcmp(name, "--flows"))
      o.flows = atoi(value);
    else if (!strcmp(name, "--first"))
      o.first = atoi(value);
    else if (!strcmp(name, "--size"))
      o.size = (size_t)atol(value);
    else if (!strcmp(name, "--buffer"))
      o.buffer = (size_t)atol(value);
    else if (!strcmp(name, "--burst"))
      o.burst = atoi(value);
    else if (!strcmp(name, "--seconds"))
      o.seconds = atof(value);
    else if (!strcmp(name, "--warmup"))
      o.warmup = atof(value);
    else if (!strcmp(name, "--watch"))
      o.watch = atoi(value);
    else if (!strcmp(name, "--busy-poll"))
      o.busy_poll = atoi(value);
    else
      usage("unknown option", name);
  }
  return o;
}

static inline bool mode_is(const struct options* o, const char* mode) {
  return !strcmp(o->mode, mode);
}

static inline double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double own_cpu_us(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
         (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/// The scheduler's run time of all threads of a process: exact where clock ticks are not.
static inline double cpu_us_of(int pid) {
  char path[512];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* tasks = pid ? opendir(path) : NULL;
  double total = 0;
  for (struct dirent* task; tasks && (task = readdir(tasks));) {
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
    FILE* f = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    unsigned long long ns = 0;
    if (f && fscanf(f, "%llu", &ns) == 1) total += (double)ns / 1000;
    if (f) fclose(f);
  }
  if (tasks) closedir(tasks);
  return total;
}

/// Counts what happens between the end of the warm-up and the end of the run.
struct window {
  const struct options* options;
  uint64_t operations;
  uint64_t bytes;
  uint64_t failures;
  bool open;
  double begin;
  double end;
  double cpu;
  double watched_cpu;
};

static inline struct window start_window(const struct options* o) {
  struct window w;
  memset(&w, 0, sizeof w);
  w.options = o;
  w.begin = now_s() + o->warmup;
  w.end = w.begin + o->seconds;
  return w;
}

static inline void print_window(const struct window* w, double seconds) {
  const struct options* o = w->options;
  printf(
      "{\"program\": \"%s\", \"mode\": \"%s\", \"connections\": %d, \"flows\": %d, \"size\": %zu, "
      "\"seconds\": %.6f, \"operations\": %llu, \"bytes\": %llu, \"failures\": %llu, \"cpu_us\": "
      "%.0f, "
      "\"watched_cpu_us\": %.0f}\n",
      o->program, o->mode, o->connections, o->flows, o->size, seconds,
      (unsigned long long)w->operations, (unsigned long long)w->bytes,
      (unsigned long long)w->failures, own_cpu_us() - w->cpu, cpu_us_of(o->watch) - w->watched_cpu);
  fflush(stdout);
}

/// Call once per turn of the loop. False when the time is over; then the result has been printed.
static inline bool window_goes_on(struct window* w) {
  double now = now_s();
  if (!w->open && now >= w->begin) {
    w->open = true;
    w->begin = now;
    w->end = now + w->options->seconds;
    w->operations = w->bytes = w->failures = 0;
    w->cpu = own_cpu_us();
    w->watched_cpu = cpu_us_of(w->options->watch);
  }
  if (!w->open || now < w->end) return true;
  print_window(w, now - w->begin);
  return false;
}

static inline struct sockaddr_in6 ipv6_address(const struct options* o) {
  struct sockaddr_in6 a;
  memset(&a, 0, sizeof a);
  a.sin6_family = AF_INET6;
  a.sin6_port = htons((uint16_t)o->port);
  if (inet_pton(AF_INET6, o->host, &a.sin6_addr) != 1) usage("not an address", o->host);
  return a;
}

static inline struct sockaddr_in ipv4_address(const struct options* o) {
  struct sockaddr_in a;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons((uint16_t)o->port);
  if (inet_pton(AF_INET, o->host, &a.sin_addr) != 1) usage("not an address", o->host);
  return a;
}

/// Binds a socket of the address's family and tells the port on stdout, as every server here does.
static inline int bound_socket(const struct options* o, int type) {
  bool six = strchr(o->host, ':') != NULL;
  int fd = socket(six ? AF_INET6 : AF_INET, type, 0);
  if (fd < 0) die("socket");
  int one = 1, zero = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (six) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  struct sockaddr_in6 a6;
  struct sockaddr_in a4;
  if (six)
    a6 = ipv6_address(o);
  else
    a4 = ipv4_address(o);
  struct sockaddr* a = six ? (struct sockaddr*)&a6 : (struct sockaddr*)&a4;
  if (bind(fd, a, six ? sizeof a6 : sizeof a4)) die("bind");
  return fd;
}

static inline void print_port(int fd) {
  struct sockaddr_in6 a;
  socklen_t length = sizeof a;
  if (getsockname(fd, (struct sockaddr*)&a, &length)) die("getsockname");
  printf("{\"port\": %d}\n", ntohs(a.sin6_port));  // at the same place in both families
  fflush(stdout);
}

static inline void set_no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static inline void raise_descriptor_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// A step of mode idle: tells how many are open, then waits for a line, so that memory can be read meanwhile.
static inline void wait_for_line(int open) {
  printf("{\"open\": %d}\n", open);
  fflush(stdout);
  for (int c = getchar(); c != '\n' && c != EOF;) c = getchar();
}
