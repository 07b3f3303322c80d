#include <poll.h>

#include <exception>
#include <string>
#include <thread>

#include "flows/ends.h"
#include "flows/flow.h"

// What a loop is used for beside connections, from other threads, and inside of other programs.

namespace bowline::flows {

namespace {

/// Runs the loop while another thread does something, and then tells what that threw.
template <class Act>
void run_beside(Loop& loop, Act act) {
  std::exception_ptr thrown;
  {
    const Loop::Hold hold = loop.hold();
    std::jthread other([&] {
      try {
        act();
      } catch (...) {
        thrown = std::current_exception();
      }
      loop.stop();
    });
    loop.run();
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// A loop of the flow's own with both ends of a connection on it, all ready.
struct Whole {
  Loop loop;
  Pair<StreamConnection> pair;
};
Result<Whole> open_whole() {
  BOWLINE_TRY(Loop loop, Loop::open());
  BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
  return Whole{std::move(loop), std::move(pair)};
}

Result<void> talk_in_messages(Loop& loop) {
  BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(tcp())));
  BOWLINE_TRY_VOID(carry(loop, pair.client, pair.server, "text"));
  return done(loop, pair.client.close());
}

constexpr Flow loop_rows[] = {
    {"tasks_are_run_in_the_order_of_posting",
     [](Loop& loop) -> Result<void> {
       std::string order;
       loop.post([&] {
         order += "1";
         loop.post([&] { order += "3"; });
       });
       loop.post([&] { order += "2"; });
       BOWLINE_TRY_VOID(until(loop, [&] { return order.size() == 3; }));
       return check(order == "123", "another order");
     }},
    {"timers_fire_in_their_order",
     [](Loop& loop) -> Result<void> {
       std::string order;
       Operation<void> sleeps[3];
       for (int i = 0; i < 3; ++i) {
         sleeps[i] = loop.sleep((3 - i) * 100us);
         sleeps[i].start([&order, i](const Result<void>&) { order += static_cast<char>('0' + i); });
       }
       BOWLINE_TRY_VOID(until(loop, [&] { return order.size() == 3; }));
       return check(order == "210", "another order");
     }},
    {"a_loop_is_stopped_and_runs_again",
     [](Loop& loop) -> Result<void> {
       int runs = 0;
       for (int i = 0; i < 3; ++i) {
         const Loop::Hold hold = loop.hold();
         loop.post([&] {
           ++runs;
           loop.stop();
         });
         loop.run();
       }
       return check(runs == 3, "another count");
     }},
    {"a_loop_runs_until_nothing_is_left",
     [](Loop& loop) -> Result<void> {
       const auto count = std::make_shared<int>(0);
       loop.sleep(100us).detach([count](const Result<void>&) { ++*count; });
       loop.post([count] { ++*count; });
       loop.run();
       return check(*count == 2, "something is left");
     }},
    {"a_loop_runs_inside_of_another",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       const Responders<StreamConnection> echo(listener, repeated);
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       std::optional<Result<Message>> back;
       client.send("embedded").detach();
       Operation<Message> receive = client.receive(8, 8);
       receive.start([&](Result<Message> message) { back = std::move(message); });
       pollfd waited{loop.descriptor(), POLLIN, 0};
       while (!back.has_value()) {
         if (poll(&waited, 1, 20'000) == 0) return Error(ErrorKind::internal, "flow", too_long);
         loop.run_ready();
       }
       BOWLINE_TRY(const Message heard, *std::move(back));
       return check(heard.text() == "embedded", "other bytes came");
     }},
    {"another_thread_posts",
     [](Loop& loop) -> Result<void> {
       bool ran = false;
       run_beside(loop, [&] { loop.post([&] { ran = true; }); });
       loop.run_ready();
       return check(ran, "it was not run");
     }},
    {"another_thread_calls_and_waits",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Result<void> sent = unexpected("never called");
       run_beside(loop, [&] { sent = loop.call([&] { return pair.client.send("called"); }); });
       BOWLINE_TRY_VOID(sent);
       return hear(loop, pair.server, "called");
     }},
    {"another_thread_stops_a_receive",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       std::stop_source source;
       Result<Message> received = unexpected("never done");
       Operation<Message> receive = pair.client.receive().stop_on(source.get_token());
       receive.start([&](Result<Message> result) { received = std::move(result); });
       loop.run_ready();
       run_beside(loop, [&] { source.request_stop(); });
       BOWLINE_TRY_VOID(done(loop, loop.sleep(Duration())));
       return fails(received, ErrorKind::cancelled);
     }},
    {"the_path_is_read",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const Path path, loop.path());
       return check(!path.interfaces().empty(), "no interface");
     }},
    {"everything_is_traced",
     [](Loop& loop) -> Result<void> {
       const auto lines = std::make_shared<std::string>();
       Tracing tracing = loop.trace([lines, start = loop.now()](const TraceEvent& event) {
         *lines += to_string(event, start) + '\n';
       });
       const Result<void> talked = talk_in_messages(loop);
       tracing.stop();
       BOWLINE_TRY_VOID(talked);
       return check(lines->contains("attempt_started"), "no attempt is traced");
     }},
    {"a_loop_goes_with_all_that_is_open",
     [](Loop&) -> Result<void> {
       BOWLINE_TRY(Whole whole, open_whole());
       bool called = false;
       Operation<Message> receive = whole.pair.client.receive();
       receive.start([&](const Result<Message>&) { called = true; });
       whole.loop.run_ready();
       {
         const Loop gone = std::move(whole.loop);
       }
       BOWLINE_TRY_VOID(check(!called, "it is called"));
       return check(whole.pair.client.state() == ConnectionState::cancelled, "it goes on");
     }},
    {"handles_outlive_their_loop",
     [](Loop&) -> Result<void> {
       BOWLINE_TRY(Whole whole, open_whole());
       {
         const Loop gone = std::move(whole.loop);
       }
       whole.pair.client.restart();
       whole.pair.client.abort();
       whole.pair.listener.close();
       BOWLINE_TRY_VOID(
           check(!std::move(whole.pair.client.send("late")).wait().has_value(), "it is sent"));
       return check(!whole.pair.client.report().attempts().empty(), "its report is gone");
     }},
    {"bytes_outlive_their_loop",
     [](Loop&) -> Result<void> {
       Message kept;
       {
         BOWLINE_TRY(Whole whole, open_whole());
         BOWLINE_TRY_VOID(done(whole.loop, whole.pair.server.send("kept")));
         BOWLINE_TRY(kept, done(whole.loop, whole.pair.client.receive(4)));
       }
       return check(kept.text() == "kept", "other bytes are there");
     }},
    {"two_loops_talk",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       const Responders<StreamConnection> echo(listener, repeated);
       BOWLINE_TRY(Loop other, Loop::open());
       StreamConnection client = connect(other, endpoint_of(listener), tcp(), at_once());
       client.send("there and back").detach();
       std::optional<Result<Message>> back;
       Operation<Message> receive = client.receive(14, 14);
       receive.start([&](Result<Message> message) { back = std::move(message); });
       BOWLINE_TRY_VOID(until(loop, [&] {
         other.run_ready();
         return back.has_value();
       }));
       BOWLINE_TRY(const Message heard, *std::move(back));
       return check(heard.text() == "there and back", "other bytes came");
     }},
};

}  // namespace

std::span<const Flow> loop_flows() { return loop_rows; }

}  // namespace bowline::flows
