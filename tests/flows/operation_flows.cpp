#include <bowline/async.h>

#include <coroutine>
#include <exception>
#include <stop_token>
#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// The ways to start an operation, to wait for it and to end it.

namespace bowline::flows {

namespace {

/// A coroutine of somebody else's kind: it starts at once, and keeps what it returns or throws.
class Script {
 public:
  struct promise_type {
    Script get_return_object() { return Script(*this); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(Result<void> value) { result = std::move(value); }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }
    Result<void> result;
    std::exception_ptr thrown;
  };
  explicit Script(promise_type& promise)
      : frame_(std::coroutine_handle<promise_type>::from_promise(promise)) {}
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script() { frame_.destroy(); }

  Result<void> run(Loop& loop) {
    BOWLINE_TRY_VOID(until(loop, [this] { return frame_.done(); }));
    if (frame_.promise().thrown) std::rethrow_exception(frame_.promise().thrown);
    return frame_.promise().result;
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

Script converse(StreamConnection client, StreamConnection server) {
  const Result<void> asked = co_await client.send("question", Last::yes);
  if (!asked.has_value()) co_return asked;
  const Result<Message> question = co_await server.receive(8);
  if (!question.has_value()) co_return question.error();
  const Result<void> answered = co_await server.send("answer");
  if (!answered.has_value()) co_return answered;
  const Result<Message> answer = co_await client.receive(6);
  if (!answer.has_value()) co_return answer.error();
  co_return check(answer->text() == "answer", "other bytes came");
}

Script wait_for_ever(StreamConnection client, bool& resumed) {
  const Result<Message> never = co_await client.receive();
  resumed = true;
  co_return never.has_value() ? Result<void>() : never.error();
}

Script try_both_ends_of_time(Loop& loop) {
  std::stop_source source;
  Operation<void> hour = loop.sleep(1h).stop_on(source.get_token());
  source.request_stop();
  const Result<void> stopped = co_await std::move(hour);
  const Result<void> at_last = co_await loop.sleep(100us);
  if (!at_last.has_value()) co_return at_last;
  co_return fails(stopped, ErrorKind::cancelled);
}

/// Tasks of the library's own end the program if an exception leaves them: so none does.
Task<std::size_t> count_bytes(StreamConnection connection) {
  std::size_t count = 0;
  try {
    for (;;) {
      const Result<Message> message = co_await connection.receive();
      if (!message.has_value() || message->empty()) break;
      count += message->size();
    }
  } catch (const std::bad_alloc&) {
    count = 0;
  }
  co_return count;
}
Task<> count_into(StreamConnection connection, std::shared_ptr<std::optional<std::size_t>> into) {
  try {
    const std::size_t count = co_await count_bytes(std::move(connection));
    *into = count;
  } catch (const std::bad_alloc&) {
    *into = 0;
  }
}

/// What a sender is connected to.
struct Receiver {
  void set_value(Message message) && { *outcome = std::move(message); }
  void set_error(Error error) && { *outcome = std::move(error); }
  void set_stopped() && { *outcome = unexpected("stopped"); }
  std::optional<Result<Message>>* outcome;
};

constexpr Flow operation_rows[] = {
    {"a_sleep_ends",
     [](Loop& loop) -> Result<void> { return std::move(loop.sleep(100us)).wait(); }},
    {"a_stop_token_ends_a_sleep",
     [](Loop& loop) -> Result<void> {
       std::stop_source source;
       Operation<void> hour = loop.sleep(1h).stop_on(source.get_token());
       std::optional<Result<void>> ended;
       hour.start([&](const Result<void>& result) { ended = result; });
       loop.run_ready();
       source.request_stop();
       BOWLINE_TRY_VOID(until(loop, [&] { return ended.has_value(); }));
       return fails(*ended, ErrorKind::cancelled);
     }},
    {"a_stop_token_ends_what_was_not_started",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       std::stop_source source;
       source.request_stop();
       return fails(done(loop, pair.client.receive().stop_on(source.get_token())),
                    ErrorKind::cancelled);
     }},
    {"one_stop_token_ends_many",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       std::stop_source source;
       const auto ended = std::make_shared<int>(0);
       for (int i = 0; i < 4; ++i)
         pair.client.receive().stop_on(source.get_token()).detach([ended](const Result<Message>&) {
           ++*ended;
         });
       loop.run_ready();
       source.request_stop();
       BOWLINE_TRY_VOID(until(loop, [&] { return *ended == 4; }));
       return carry(loop, pair.server, pair.client, "goes on");
     }},
    {"a_sender_is_connected_and_started",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       std::optional<Result<Message>> outcome;
       auto state = pair.server.receive().connect(Receiver{&outcome});
       state.start();
       BOWLINE_TRY_VOID(done(loop, pair.client.send("sent")));
       BOWLINE_TRY_VOID(until(loop, [&] { return outcome.has_value(); }));
       BOWLINE_TRY(const Message message, *std::move(outcome));
       return check(message.text() == "sent", "something else came");
     }},
    {"an_operation_is_never_started",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       {
         const Operation<void> unsent = pair.client.send("unsent");
       }
       return carry(loop, pair.client, pair.server, "sent");
     }},
    {"an_operation_is_dropped",
     [](Loop& loop) -> Result<void> {
       bool called = false;
       {
         Operation<void> dropped = loop.sleep(Duration());
         dropped.start([&](const Result<void>&) { called = true; });
       }
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       return check(!called, "it is called nevertheless");
     }},
    {"an_operation_is_moved_while_it_runs",
     [](Loop& loop) -> Result<void> {
       bool called = false;
       Operation<void> first = loop.sleep(100us);
       first.start([&](const Result<void>&) { called = true; });
       const Operation<void> second = std::move(first);
       return until(loop, [&] { return called; });
     }},
    {"an_operation_is_replaced_in_its_own_completion",
     [](Loop& loop) -> Result<void> {
       int count = 0;
       Operation<void> sleep;
       std::function<void()> again = [&] {
         sleep = loop.sleep(Duration());
         sleep.start([&](const Result<void>&) {
           if (++count < 5) again();
         });
       };
       again();
       return until(loop, [&] { return count == 5; });
     }},
    {"operations_are_detached",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       listener.on_connection([](StreamConnection connection) {
         connection.send("hello", Last::yes).detach([connection](const Result<void>&) {});
       });
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       const auto heard = std::make_shared<std::string>();
       client.receive(5, 5).detach([heard, &loop](const Result<Message>& message) {
         if (message.has_value()) *heard = message->text();
         loop.stop();
       });
       loop.run();
       return check(*heard == "hello", "other bytes came");
     }},
    {"coroutines_converse",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Script script = converse(std::move(pair.client), std::move(pair.server));
       return script.run(loop);
     }},
    {"a_coroutine_is_destroyed_while_it_waits",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       bool resumed = false;
       {
         const Script script = wait_for_ever(pair.client, resumed);
         loop.run_ready();
       }
       BOWLINE_TRY_VOID(carry(loop, pair.server, pair.client, "for others"));
       return check(!resumed, "it goes on");
     }},
    {"a_coroutine_is_stopped_and_sleeps",
     [](Loop& loop) -> Result<void> { return try_both_ends_of_time(loop).run(loop); }},
    {"a_task_awaits_a_task",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       const auto count = std::make_shared<std::optional<std::size_t>>();
       spawn(count_into(std::move(pair.server), count));
       BOWLINE_TRY_VOID(done(loop, pair.client.send(std::string(1000, 't'), Last::yes)));
       BOWLINE_TRY_VOID(until(loop, [&] { return count->has_value(); }));
       return check(*count == std::optional<std::size_t>(1000), "another count");
     }},
};

}  // namespace

std::span<const Flow> operation_flows() { return operation_rows; }

}  // namespace bowline::flows
