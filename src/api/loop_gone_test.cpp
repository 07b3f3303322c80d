#include <gtest/gtest.h>
#include <bowline/async.h>
#include <bowline/bowline.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flows/ends.h"

// When a loop goes away, of the program's code only destructors run: whatever the order in which the loop
// and what lives on it were declared.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::loopback;

/// Its destructor uses what the program would use in there: something of its own, which may be gone by then.
struct Witness {
  explicit Witness(int& destroyed) : destroyed_(&destroyed) {}
  Witness(Witness&& other) noexcept : destroyed_(std::exchange(other.destroyed_, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (destroyed_ != nullptr) ++*destroyed_;
  }
  int* destroyed_;
};

/// As a program would write it: callbacks refer to the server, and nothing takes them back.
class Server {
 public:
  explicit Server(Loop& loop)
      : loop_(loop),
        listener_(listen(loop, loopback(), tcp()).value()),
        address_(listener_.local_address()) {
    listener_.on_connection([this](StreamConnection connection) { serve(std::move(connection)); });
    tick();
    spawn(tick_for_ever());
    spawn(serve_for_ever());
  }
  [[nodiscard]] SocketAddress address() const { return address_; }
  [[nodiscard]] int count() const { return count_; }

 private:
  void serve(StreamConnection connection) {
    connection.on_state([this, connection](ConnectionState, const Error*) { count_ += 1; });
    connection.receive().detach([this, connection](const Result<Message>&) { count_ += 1; });
    connections_.push_back(std::move(connection));
  }
  void tick() {
    timer_ = loop_.sleep(1ms);
    timer_.start([this](const Result<void>&) {
      count_ += 1;
      tick();
    });
    loop_.sleep(1h).detach([this](const Result<void>&) { count_ += 1; });
  }
  Task<> tick_for_ever() {
    for (;;) {
      const Result<void> slept = co_await loop_.sleep(1ms);
      count_ += slept.has_value() ? 1 : 2;
    }
  }
  Task<int> accept_one() {
    StreamConnection client = connect(loop_, address_, tcp());
    const Result<Message> never = co_await client.receive();
    count_ += 1;
    co_return never.has_value() ? 1 : 2;
  }
  Task<> serve_for_ever() {
    for (;;) {
      const int got = co_await accept_one();
      count_ += got;
    }
  }

  Loop& loop_;
  Listener<StreamConnection> listener_;
  SocketAddress address_;
  std::vector<StreamConnection> connections_;
  Operation<void> timer_;
  std::string count_holder_ =
      std::string(100, 'c');  // memory of its own, which goes with the server
  int count_ = 0;
};

/// Lets some of it be done, some wait, and some be ready to be delivered.
void run_a_while(Loop& loop, const Server& server) {
  for (int i = 0; i < 10'000 && server.count() < 20; ++i) loop.run_ready();
}

TEST(LoopGone, a_server_declared_behind_its_loop_is_gone_by_then) {
  Loop loop;
  const Server server{loop};
  run_a_while(loop, server);
}

TEST(LoopGone, a_server_declared_before_its_loop_is_left_in_peace) {
  std::optional<Server> server;
  int count = 0;
  {
    Loop loop;
    server.emplace(loop);
    run_a_while(loop, *server);
    count = server->count();
  }
  EXPECT_EQ(server->count(), count) << "something was called when the loop went";
  server.reset();
}

TEST(LoopGone, a_loop_may_be_a_member_before_or_behind_what_lives_on_it) {
  struct Before {
    Loop loop;
    Server server{loop};
  };
  struct Behind {
    std::unique_ptr<Server> server;
    Loop loop;
  };
  {
    Before before;
    run_a_while(before.loop, before.server);
  }
  Behind behind;
  behind.server = std::make_unique<Server>(behind.loop);
  run_a_while(behind.loop, *behind.server);
}

TEST(LoopGone, a_moved_loop_goes_with_where_it_was_moved_to) {
  Loop first;
  auto server = std::make_unique<Server>(first);
  run_a_while(first, *server);
  {
    Loop second = std::move(first);
    run_a_while(second, *server);
    server.reset();
    first = Loop();
    EXPECT_TRUE(first.sleep(0s).wait().has_value());
  }
  EXPECT_TRUE(first.sleep(0s).wait().has_value());
}

Task<> own_a_loop(int& slept) {
  Loop loop;
  Operation<void> timer = loop.sleep(1h);
  timer.start([&](const Result<void>&) { ++slept; });
  loop.sleep(0s).detach([&](const Result<void>&) { ++slept; });
  loop.run_ready();
  loop.run_ready();
  co_return;
}

TEST(LoopGone, a_loop_may_live_in_a_coroutine) {
  int slept = 0;
  spawn(own_a_loop(slept));
  EXPECT_EQ(slept, 1);
}

TEST(LoopGone, callbacks_are_destroyed_without_a_call) {
  int destroyed = 0;
  int called = 0;
  Operation<void> held;
  StreamConnection connection;
  {
    Loop loop;
    auto listener = listen(loop, loopback(), tcp()).value();
    const auto callback = [&] {
      return [&called, witness = Witness(destroyed)](const auto&...) { ++called; };
    };
    held = loop.sleep(1h);
    held.start(callback());
    loop.sleep(1h).detach(callback());
    connection = connect(loop, listener.local_address(), tcp());
    connection.receive().detach(callback());
    connection.ready().detach(callback());
    connection.close().detach(callback());
    listener.accept().detach(callback());
    loop.post([&called, witness = Witness(destroyed)] { ++called; });
    connect(loop, host("198.51.100.1", 9), tcp()).ready().detach(callback());
    destroyed = 0;  // of what was moved through
  }
  EXPECT_EQ(called, 0);
  EXPECT_EQ(destroyed, 8);
}

TEST(LoopGone, state_handlers_and_trace_sinks_hear_nothing_and_are_destroyed) {
  int called = 0;
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> alive = token;
  {
    Loop loop;
    StreamConnection connection = connect(loop, host("198.51.100.1", 9), tcp());
    connection.on_state([&called, connection, token](ConnectionState, const Error*) { ++called; });
    loop.trace([&called, token](const TraceEvent&) { ++called; }).detach();
    token.reset();
  }
  EXPECT_EQ(called, 0);
  EXPECT_TRUE(alive.expired());
}

Task<> sleep_in_a_circle(Loop& loop, Witness, int& rounds) {
  for (;;) {
    const Result<void> slept = co_await loop.sleep(1h);
    ++rounds;
    static_cast<void>(slept);
  }
}
Task<> await(Task<> inner, Witness) { co_await std::move(inner); }

TEST(LoopGone, frames_of_spawned_tasks_are_destroyed_and_not_resumed) {
  int destroyed = 0;
  int rounds = 0;
  {
    Loop loop;
    Task<> inner = sleep_in_a_circle(loop, Witness(destroyed), rounds);
    spawn(await(await(std::move(inner), Witness(destroyed)), Witness(destroyed)));
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(rounds, 0);
  EXPECT_EQ(destroyed, 3);
}

/// A coroutine of somebody else's kind, which owns its frame.
struct Script {
  struct promise_type {
    Script get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
  std::coroutine_handle<promise_type> frame;
};
Script script(Loop& loop, Witness, int& resumed) {
  const Result<void> slept = co_await loop.sleep(1h);
  ++resumed;
  static_cast<void>(slept);
}

TEST(LoopGone, the_frame_of_another_kind_of_coroutine_is_left_to_its_owner) {
  int destroyed = 0;
  int resumed = 0;
  std::optional<Loop> loop(std::in_place);
  const Script waiting = script(*loop, Witness(destroyed), resumed);
  loop.reset();
  EXPECT_EQ(destroyed, 0);
  waiting.frame.destroy();
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(resumed, 0);
}

TEST(LoopGone, destructors_may_drop_and_start_and_open_what_they_like) {
  int called = 0;
  Operation<void> held;
  struct Busy {
    Busy(Loop& loop, Operation<void>& held, int& called)
        : loop_(&loop), held_(&held), called_(&called) {}
    Busy(Busy&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), held_(other.held_), called_(other.called_) {}
    Busy& operator=(Busy&&) = delete;
    ~Busy() {
      if (loop_ == nullptr) return;
      *held_ = {};
      const auto count = [called = called_](const auto&...) { ++*called; };
      loop_->sleep(0s).detach(count);
      *held_ = loop_->sleep(1h);
      held_->start(count);
      StreamConnection connection = connect(*loop_, host("198.51.100.1", 9), tcp());
      connection.send("x").detach(count);
      connection.on_state(count);
      EXPECT_EQ(connection.receive().wait().error().kind(), ErrorKind::cancelled);
      EXPECT_FALSE(loop_->post(count));
      std::stop_source source;
      Operation<void> stopped = loop_->sleep(1h).stop_on(source.get_token());
      stopped.start(count);
      source.request_stop();
    }
    Loop* loop_;
    Operation<void>* held_;
    int* called_;
  };
  {
    Loop loop;
    held = loop.sleep(1h);
    held.start([&](const Result<void>&) { ++called; });
    const auto busy = [&] { return [busy = Busy(loop, held, called)](const auto&...) {}; };
    loop.sleep(2h).detach(busy());
    StreamConnection connection = connect(loop, host("198.51.100.1", 9), tcp());
    connection.receive().detach(busy());
    loop.post([busy = Busy(loop, held, called)] {});
  }
  EXPECT_EQ(called, 0);
}

TEST(LoopGone, what_is_started_later_is_dropped_and_wait_returns) {
  StreamConnection connection;
  int called = 0;
  int destroyed = 0;
  Operation<void> before;
  {
    Loop loop;
    connection = connect(loop, host("198.51.100.1", 9), tcp());
    before = loop.sleep(1ms);
  }
  Operation<Message> receive = connection.receive();
  receive.start([&, witness = Witness(destroyed)](const Result<Message>&) { ++called; });
  EXPECT_EQ(destroyed, 1);
  receive.cancel();
  before.start([&](const Result<void>&) { ++called; });
  connection.send("late").detach([&](const Result<void>&) { ++called; });
  EXPECT_EQ(connection.send("late").wait().error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(called, 0);
}

TEST(LoopGone, a_thread_that_waits_in_a_call_is_told) {
  std::optional<Loop> loop(std::in_place);
  std::optional<Result<void>> called;
  bool is_begun = false;
  {
    const std::jthread other([&, loop = &*loop] {
      called = loop->call([&] {
        is_begun = true;
        return loop->sleep(1h);
      });
    });
    while (!is_begun) loop->run_ready();
    loop.reset();
  }
  ASSERT_TRUE(called.has_value());
  EXPECT_EQ(called->error().kind(), ErrorKind::cancelled);
}

}  // namespace
}  // namespace bowline
