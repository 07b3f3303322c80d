#include <gtest/gtest.h>

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "flows/ends.h"

// Signals and descriptors on this host's kernel.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::Beside;
using flows::done;

/// Both ends of a pipe, or of a pair of sockets.
struct Ends {
  explicit Ends(const std::array<int, 2>& descriptors) : ends(descriptors) {}
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  void close(std::size_t which) { ::close(std::exchange(ends.at(which), -1)); }
  void write(std::string_view text) const {
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] int reading() const { return ends[0]; }
  [[nodiscard]] int writing() const { return ends[1]; }

  std::array<int, 2> ends;
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  return ends;
}

std::array<int, 2> make_socket_pair() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  return ends;
}

using Handler = void (*)(int);
Handler handler_of(int signal) {
  struct sigaction action{};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

void send(int signal) { ASSERT_EQ(::kill(::getpid(), signal), 0); }

TEST(Signals, are_waited_for_and_do_nothing_else_until_the_loop_is_gone) {
  const Handler before = handler_of(SIGTERM);
  {
    Loop loop;
    Beside<int> waits;
    waits.start(loop.signal({SIGINT, SIGTERM}));
    EXPECT_NE(handler_of(SIGTERM), before);
    send(SIGTERM);
    const Result<int> signal = waits.wait(loop);
    ASSERT_TRUE(signal.has_value());
    EXPECT_EQ(*signal, SIGTERM);
    EXPECT_NE(handler_of(SIGTERM), before);
  }
  EXPECT_EQ(handler_of(SIGTERM), before);
}

TEST(Signals, that_came_while_nobody_waited_are_kept_once) {
  Loop loop;
  Beside<int> first;
  first.start(loop.signal({SIGUSR1, SIGUSR2}));
  send(SIGUSR1);
  EXPECT_EQ(*first.wait(loop), SIGUSR1);
  send(SIGUSR2);
  send(SIGUSR2);
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  EXPECT_EQ(*done(loop, loop.signal({SIGUSR1, SIGUSR2})), SIGUSR2);
  EXPECT_EQ(done(loop, loop.signal({SIGUSR1, SIGUSR2}), 20ms).error().message(), flows::too_long);
}

TEST(Signals, are_told_to_all_who_wait) {
  Loop loop;
  Beside<int> one;
  Beside<int> other;
  Beside<int> third;
  one.start(loop.signal({SIGUSR1}));
  other.start(loop.signal({SIGUSR2, SIGUSR1}));
  third.start(loop.signal({SIGUSR2}));
  send(SIGUSR1);
  EXPECT_EQ(*one.wait(loop), SIGUSR1);
  EXPECT_EQ(*other.wait(loop), SIGUSR1);
  EXPECT_FALSE(third.is_done());
}

TEST(Signals, that_nobody_heard_of_go_to_the_next) {
  Loop loop;
  Beside<int> first;
  first.start(loop.signal({SIGUSR1}));
  send(SIGUSR1);
  EXPECT_EQ(*first.wait(loop), SIGUSR1);
  send(SIGUSR1);
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  // It has the signal that was kept, and is dropped before it is told.
  Operation<int> dropped = loop.signal({SIGUSR1});
  dropped.start([](const Result<int>&) { FAIL() << "it was dropped"; });
  dropped = {};
  EXPECT_EQ(*done(loop, loop.signal({SIGUSR1})), SIGUSR1);
}

TEST(Signals, reach_the_loop_whatever_thread_the_system_hands_them_to) {
  Loop loop;
  Ends end(make_pipe());
  // It waits in poll: ThreadSanitizer holds a signal back from a thread that waits in a call which is
  // unknown to it.
  std::jthread other([&] {
    pollfd at{end.reading(), POLLIN, 0};
    while (::poll(&at, 1, -1) != 1) continue;
  });
  Beside<int> waits;
  waits.start(loop.signal({SIGUSR1}));
  ASSERT_EQ(::pthread_kill(other.native_handle(), SIGUSR1), 0);
  EXPECT_EQ(*waits.wait(loop), SIGUSR1);
  end.write("end");
}

TEST(Signals, belong_to_one_loop_at_a_time) {
  Loop loop;
  {
    Loop first;
    Beside<int> waits;
    waits.start(first.signal({SIGUSR1}));
    const Result<int> refused = done(loop, loop.signal({SIGUSR2, SIGUSR1}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind(), ErrorKind::unsupported);
    EXPECT_EQ(refused.error().subject(), std::to_string(SIGUSR1));
    EXPECT_EQ(handler_of(SIGUSR2), SIG_DFL) << "of a wait that was refused, it kept one";
  }
  Beside<int> waits;
  waits.start(loop.signal({SIGUSR1}));
  send(SIGUSR1);
  EXPECT_EQ(*waits.wait(loop), SIGUSR1);
}

TEST(Signals, that_cannot_be_waited_for_are_refused) {
  Loop loop;
  const std::vector<SignalSet> refused{{},        {0},       {-1},      {65},
                                       {SIGKILL}, {SIGSTOP}, {SIGSEGV}, {SIGINT, SIGABRT}};
  for (const SignalSet& signals : refused) {
    const Result<int> result = done(loop, loop.signal(signals));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::invalid_argument);
  }
  EXPECT_EQ(handler_of(SIGINT), SIG_DFL);
}

TEST(Signals, leave_the_handler_that_somebody_set_later) {
  {
    Loop loop;
    Beside<int> waits;
    waits.start(loop.signal({SIGUSR1}));
    ::signal(SIGUSR1, SIG_IGN);
  }
  EXPECT_EQ(handler_of(SIGUSR1), SIG_IGN);
  ::signal(SIGUSR1, SIG_DFL);
}

TEST(Signals, end_child_processes_as_ever) {
  Loop loop;
  Beside<int> waits;
  waits.start(loop.signal({SIGTERM}));
  std::string program = "sleep";
  std::string seconds = "1000";
  std::array<char*, 3> words{program.data(), seconds.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(::posix_spawnp(&child, "sleep", nullptr, nullptr, words.data(), environ), 0);
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(waits.is_done());
}

TEST(Signals, keep_a_loop_running_and_end_with_it) {
  Beside<int> waits;
  Loop loop;
  waits.start(loop.signal({SIGUSR1}));
  loop.post([] { send(SIGUSR1); });
  loop.run();
  EXPECT_TRUE(waits.is_done());
}

Task<void> count_three(Loop& loop, int& count) {
  const SignalSet awaited{SIGUSR1};
  for (count = 0; count < 3; ++count) {
    const Result<int> signal = co_await loop.signal(awaited);
    if (!signal.has_value()) co_return;
    send(SIGUSR1);
  }
}

TEST(Signals, are_awaited_in_coroutines) {
  Loop loop;
  int count = 0;
  spawn(count_three(loop, count));
  send(SIGUSR1);
  loop.run();
  EXPECT_EQ(count, 3);
  EXPECT_EQ(*done(loop, loop.signal({SIGUSR1})), SIGUSR1);
}

TEST(Descriptors, are_waited_for_until_they_are_readable) {
  Loop loop;
  const Ends ends(make_pipe());
  Beside<void> waits;
  waits.start(loop.readable(ends.reading()));
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  EXPECT_FALSE(waits.is_done());
  ends.write("x");
  EXPECT_TRUE(waits.wait(loop).has_value());
  EXPECT_TRUE(done(loop, loop.readable(ends.reading())).has_value()) << "it still is";
}

TEST(Descriptors, are_readable_at_their_end) {
  Loop loop;
  Ends ends(make_pipe());
  Beside<void> waits;
  waits.start(loop.readable(ends.reading()));
  ends.close(1);
  EXPECT_TRUE(waits.wait(loop).has_value());
}

TEST(Descriptors, are_waited_for_until_they_are_writable) {
  Loop loop;
  const Ends ends(make_socket_pair());
  EXPECT_TRUE(done(loop, loop.writable(ends.writing())).has_value());
  const std::string much(1'000'000, 'x');
  while (::write(ends.writing(), much.data(), much.size()) > 0) continue;
  Beside<void> waits;
  waits.start(loop.writable(ends.writing()));
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  EXPECT_FALSE(waits.is_done());
  std::string got(much.size(), ' ');
  while (::read(ends.reading(), got.data(), got.size()) > 0) continue;
  EXPECT_TRUE(waits.wait(loop).has_value());
}

TEST(Descriptors, may_have_several_waits_at_a_time) {
  Loop loop;
  const Ends ends(make_socket_pair());
  Beside<void> one;
  Beside<void> other;
  Beside<void> cancelled;
  one.start(loop.readable(ends.reading()));
  other.start(loop.readable(ends.reading()));
  cancelled.start(loop.readable(ends.reading()));
  cancelled.cancel();
  EXPECT_EQ(cancelled.wait(loop).error().kind(), ErrorKind::cancelled);
  ends.write("x");
  EXPECT_TRUE(one.wait(loop).has_value());
  EXPECT_TRUE(other.wait(loop).has_value());
}

TEST(Descriptors, that_are_closed_and_used_again_do_not_confuse_a_wait) {
  Loop loop;
  Ends ends(make_socket_pair());
  Beside<void> waits;
  waits.start(loop.readable(ends.reading()));
  const int number = ends.reading();
  ends.close(0);
  auto listener = listen(loop, flows::loopback(), tcp()).value();  // takes the number that is free
  listener.on_connection([](const StreamConnection&) {});
  ASSERT_TRUE(
      done(loop, connect(loop, Endpoint(listener.local_address()), tcp()).ready()).has_value());
  EXPECT_FALSE(waits.is_done());
  ends.write("x");
  EXPECT_TRUE(waits.wait(loop).has_value()) << "of what was number " << number;
}

TEST(Descriptors, that_are_files_are_always_ready) {
  Loop loop;
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_TRUE(done(loop, loop.readable(file)).has_value());
  ::close(file);
}

TEST(Descriptors, that_are_not_open_are_refused) {
  Loop loop;
  for (const int number : {-1, 1'000'000}) {
    EXPECT_EQ(done(loop, loop.readable(number)).error().kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(done(loop, loop.writable(number)).error().kind(), ErrorKind::invalid_argument);
  }
}

TEST(Descriptors, are_let_go_when_the_wait_is_dropped) {
  Loop loop;
  Ends ends(make_socket_pair());
  Operation<void> waits = loop.readable(ends.reading());
  waits.start([](const Result<void>&) {});
  ends.close(0);
  EXPECT_GE(::send(ends.writing(), "x", 1, MSG_NOSIGNAL), 0);
  waits = {};
  EXPECT_LT(::send(ends.writing(), "x", 1, MSG_NOSIGNAL), 0);
}

}  // namespace
}  // namespace bowline
