#include <gtest/gtest.h>

#include <bowline/stack.h>

#include "story.h"

// The meanings that are decided, one by one: what a user may rely on whatever the network does.

namespace bowline::test {
namespace {

using enum ConnectionState;
using States = std::vector<ConnectionState>;

TEST(States, come_in_order_and_cancelled_is_the_last) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  EXPECT_EQ(connection.state(), setup);
  Story story;
  story.follow(connection, scene.sim);
  ASSERT_TRUE(connection.ready().wait().has_value());
  ASSERT_TRUE(connection.close().wait().has_value());
  EXPECT_EQ(connection.state(), cancelled);
  connection.cancel();
  connection.abort();
  connection.restart();
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{preparing, ready, cancelled}));
}

TEST(States, failed_is_followed_only_by_cancelled) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.server.abort();
  Outcome received(scene.client.receive());
  ASSERT_TRUE(scene.sim.run_until([&] { return story.has(failed); }));
  EXPECT_EQ(received.error(), ErrorKind::reset);
  EXPECT_EQ(scene.client.error()->kind(), ErrorKind::reset);
  scene.client.restart();
  scene.client.cancel();
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{failed, cancelled}));
  EXPECT_EQ(story.changes.front().error, ErrorKind::reset);
}

TEST(States, are_told_outside_of_the_call_that_changes_them) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.client.cancel();
  EXPECT_EQ(scene.client.state(), cancelled);
  EXPECT_TRUE(story.changes.empty());
  scene.loop->run();
  EXPECT_EQ(story.states(), States{cancelled}) << "run() returned with a change untold";
}

TEST(States, preparing_and_waiting_alternate_until_the_server_is_back) {
  Scene scene;
  const SocketAddress address = scene.listener.local_address();
  scene.listener.close();
  StreamConnection connection = scene.connect_to_web(Parameters().wait(Waiting::for_peer));
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.after(5s, [&] {
    scene.listener = *listen(*scene.web_loop, Endpoint(address), tcp());
    scene.listener.on_connection([](StreamConnection) {});
  });
  ASSERT_TRUE(connection.ready().wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_GE(story.changes.size(), 6U);
  for (std::size_t i = 0; i + 1 < story.changes.size(); ++i)
    EXPECT_EQ(story.changes[i].state, i % 2 == 0 ? preparing : waiting);
  EXPECT_EQ(story.changes.back().state, ready);
  for (const Story::Change& change : story.changes) {
    if (change.state == waiting) {
      EXPECT_EQ(change.error, ErrorKind::refused);
    }
  }
}

/// How long each pause in `waiting` was.
std::vector<Duration> pauses(const Story& story) {
  std::vector<Duration> pauses;
  for (std::size_t i = 0; i + 1 < story.changes.size(); ++i)
    if (story.changes[i].state == waiting)
      pauses.push_back(story.changes[i + 1].at - story.changes[i].at);
  return pauses;
}

TEST(Waiting, doubles_its_pause_from_one_second_to_sixty_for_a_server_that_refuses) {
  Scene scene;
  scene.listener.close();
  StreamConnection connection =
      scene.connect_to_web(Parameters().wait(Waiting::for_peer).connect_without_limit());
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.run_for(10min);
  const std::vector<Duration> all = pauses(story);
  ASSERT_GE(all.size(), 9U);
  Duration longest = 1s;
  for (const Duration pause : all) {
    EXPECT_LE(pause, longest);
    EXPECT_GE(pause, longest / 2);
    longest = std::min<Duration>(longest * 2, 60s);
  }
}

TEST(Waiting, tries_a_silent_server_again_too) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).attempt_timeout(2s);
  StreamConnection connection = scene.connect_to_web(parameters);
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.run_for(20s);
  ASSERT_TRUE(story.has(waiting));
  EXPECT_EQ(story.changes[1].error, ErrorKind::timed_out);
  scene.internet.clear_rules();
  ASSERT_TRUE(connection.ready().wait().has_value());
}

TEST(Waiting, ends_at_once_by_restart) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).retry_delay(1h, 1h);
  StreamConnection connection = scene.connect_to_web(parameters);
  ASSERT_TRUE(scene.sim.run_until([&] { return connection.state() == waiting; }));
  scene.internet.clear_rules();
  const Instant restarted = scene.sim.now();
  connection.restart();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_LE(scene.sim.now() - restarted, 100ms);
}

TEST(Waiting, ends_at_once_when_the_local_network_changes_in_any_way) {
  using Change = void (*)(sim::Host&);
  const std::vector<std::pair<const char*, Change>> changes{
      {"an address", [](sim::Host& host) { host.interface("eth0").add_address("192.0.2.99/24"); }},
      {"a carrier", [](sim::Host& host) { host.interface("eth0").set_running(false); }},
      {"a route", [](sim::Host& host) { host.add_route("10.0.0.0/8", host.interface("eth0")); }},
  };
  for (const auto& [what, change] : changes) {
    Scene scene;
    scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
    Parameters parameters;
    parameters.wait(Waiting::for_peer).retry_delay(1h, 1h);
    StreamConnection connection = scene.connect_to_web(parameters);
    ASSERT_TRUE(scene.sim.run_until([&] { return connection.state() == waiting; }));
    Story story;
    story.follow(connection, scene.sim);
    change(scene.home);
    scene.sim.run_for(100ms);
    ASSERT_FALSE(story.changes.empty()) << what;
    EXPECT_EQ(story.changes.front().state, preparing) << what;
  }
}

TEST(FailFast, waiting_turned_off_fails_after_one_round) {
  Scene scene;
  scene.listener.close();
  Parameters parameters;
  parameters.wait(Waiting::never);
  StreamConnection connection = scene.connect_to_web(parameters);
  Story story;
  story.follow(connection, scene.sim);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::refused);
  EXPECT_EQ(result.error().attempts().size(), 2U);
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{preparing, failed}));
}

TEST(FailFast, connect_within_is_a_deadline_over_all_rounds) {
  Scene scene;
  scene.listener.close();
  Parameters parameters;
  parameters.wait(Waiting::for_peer).connect_within(10s);
  StreamConnection connection = scene.connect_to_web(parameters);
  const Instant start = scene.sim.now();
  Story story;
  story.follow(connection, scene.sim);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(scene.sim.now() - start, 10s);
  EXPECT_EQ(result.error().kind(), ErrorKind::refused) << "it was in a pause, for that reason";
  EXPECT_FALSE(result.error().attempts().empty());
  EXPECT_GE(connection.report().previous_attempts(), 3U);
  scene.sim.run_for(2min);
  EXPECT_EQ(story.changes.back().state, failed);
}

TEST(FailFast,
     a_refusal_or_an_unknown_name_ends_a_connection_at_once_unless_the_peer_is_waited_for) {
  for (const Waiting waiting : {Waiting::never, Waiting::for_network, Waiting::for_peer}) {
    Scene scene;
    scene.listener.close();
    StreamConnection refused = scene.connect_to_web(Parameters().wait(waiting));
    StreamConnection unknown =
        connect(*scene.loop, host("nowhere.example.com", 80), tcp(), Parameters().wait(waiting));
    scene.sim.run_for(1s);
    EXPECT_EQ(refused.state() == failed, waiting != Waiting::for_peer) << to_string(waiting);
    EXPECT_EQ(unknown.state() == failed, waiting != Waiting::for_peer) << to_string(waiting);
    if (waiting == Waiting::for_peer) continue;
    EXPECT_EQ(refused.error()->kind(), ErrorKind::refused);
    EXPECT_EQ(unknown.error()->kind(), ErrorKind::name_not_found);
  }
}

TEST(FailFast, nothing_waits_longer_than_a_minute_unasked) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection silent = scene.connect_to_web();
  StreamConnection patient = scene.connect_to_web(Parameters().connect_without_limit());
  scene.sim.run_for(59s);
  EXPECT_EQ(silent.state(), preparing);
  scene.sim.run_for(1s);
  EXPECT_EQ(silent.state(), failed);
  EXPECT_EQ(silent.error()->kind(), ErrorKind::timed_out);
  EXPECT_FALSE(silent.error()->reason());
  EXPECT_EQ(patient.state(), preparing);
}

TEST(FailFast, a_time_out_says_what_it_met_before) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp().family(Family::ipv6), sim::Verdict::reset);
  scene.internet.add_rule(sim::Match().tcp().family(Family::ipv4), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web(Parameters().connect_within(5s));
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(result.error().reason(), ErrorKind::refused);
  EXPECT_EQ(result.error().attempts().size(), 2U);
}

TEST(FailFast, a_deadline_after_hundreds_of_attempts_is_as_good_as_one_after_two) {
  Scene scene;
  for (int i = 1; i <= 60; ++i)
    scene.dns->add("many.example.com", "A", "203.0.113." + std::to_string(100 + i));
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).attempt_timeout(5s).retry_delay(1s, 1s).connect_within(10min);
  StreamConnection connection =
      connect(*scene.loop, host("many.example.com", 80), tcp(), parameters);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(connection.report().attempts().size(), 256U);
}

TEST(Close, sends_what_was_handed_over_and_then_closes) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  const std::string text(700'000, 'x');
  Outcome sent(scene.client.send(text));
  Outcome closed(scene.client.close());
  EXPECT_EQ(scene.client.state(), ready);
  Reader reader(scene.server);
  ASSERT_TRUE(scene.sim.run_until([&] { return reader.ended && closed.is_done(); }));
  EXPECT_EQ(reader.text.size(), text.size());
  EXPECT_TRUE(sent.is_ok());
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(story.states(), States{cancelled});
}

TEST(Close, keeps_run_going_until_everything_is_sent) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string text(200'000, 'x');
  scene.client.send(text).detach();
  scene.client = {};
  Reader reader(scene.server);
  scene.loop->run();
  scene.loop.reset();
  ASSERT_TRUE(scene.sim.run_until([&] { return reader.ended || reader.error; }));
  EXPECT_FALSE(reader.error.has_value()) << to_string(*reader.error);
  EXPECT_EQ(reader.text.size(), text.size());
}

TEST(Close, ends_pending_receives_with_cancelled_and_later_calls_with_closed) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.client.receive());
  Outcome closed(scene.client.close());
  Outcome late(scene.client.send("late"));
  scene.sim.run_for(1s);
  EXPECT_EQ(received.error(), ErrorKind::cancelled);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(late.error(), ErrorKind::closed);
  Outcome again(scene.client.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(again.is_ok());
}

TEST(Close, cuts_off_a_peer_that_does_not_read) {
  Connected scene(Parameters().close_within(3s));
  ASSERT_TRUE(scene.connected);
  const std::string text(4'000'000, 'x');
  Outcome sent(scene.client.send(text));
  const Instant start = scene.sim.now();
  const Result<void> closed = scene.client.close().wait();
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(scene.sim.now() - start, 3s);
  EXPECT_EQ(sent.error(), ErrorKind::cancelled);
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_FALSE(reader.ended);
  ASSERT_TRUE(reader.error.has_value());
  EXPECT_EQ(reader.error->kind(), ErrorKind::reset);
}

TEST(Abort, is_a_reset_at_the_peer) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.server.receive());
  scene.client.abort();
  EXPECT_EQ(scene.client.state(), cancelled);
  scene.sim.run_for(100ms);
  EXPECT_EQ(received.error(), ErrorKind::reset);
}

TEST(Cancel, is_an_orderly_end_at_the_peer) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  scene.client.cancel();
  scene.sim.run_for(100ms);
  EXPECT_TRUE(reader.ended);
}

TEST(Cancel, completes_every_pending_operation_before_the_last_state) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::vector<std::string> order;
  const auto note = [&order](const char* what) {
    return [&order, what](const auto&) { order.emplace_back(what); };
  };
  const std::string text(4'000'000, 'x');
  scene.client.on_state(
      [&](ConnectionState state, const Error*) { order.emplace_back(to_string(state)); });
  scene.client.receive().detach(note("operation"));
  scene.client.receive().detach(note("operation"));
  scene.client.send(text).detach(note("operation"));
  scene.client.send(text).detach(note("operation"));
  scene.sim.run_for(1s);
  scene.client.cancel();
  EXPECT_TRUE(order.empty());
  scene.sim.run_for(1s);
  EXPECT_EQ(order, (std::vector<std::string>{"operation", "operation", "operation", "operation",
                                             "cancelled"}));
}

TEST(EndOfStream, leaves_the_state_ready_and_our_side_open) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  scene.server.send("bye", Last::yes).detach();
  Reader reader(scene.client);
  ASSERT_TRUE(scene.sim.run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.text, "bye");
  EXPECT_EQ(scene.client.state(), ready);
  Reader far(scene.server);
  ASSERT_TRUE(scene.client.send("still here", Last::yes).wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return far.ended; }));
  EXPECT_EQ(far.text, "still here");
  EXPECT_EQ(scene.client.state(), ready);
  const Result<void> sent = scene.client.send("more").wait();
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind(), ErrorKind::closed);
}

TEST(EndOfStream, is_given_again_to_every_receive_that_follows) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.finish().wait().has_value());
  for (int i = 0; i < 3; ++i) {
    const Result<Message> end = scene.client.receive(10, 20).wait();
    ASSERT_TRUE(end.has_value());
    EXPECT_TRUE(end->empty());
    EXPECT_TRUE(end->end_of_stream());
  }
}

TEST(Receive, gives_never_more_than_max) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("abcdefghij").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_EQ(scene.client.receive(1, 4).wait()->text(), "abcd");
  EXPECT_EQ(scene.client.receive(3, 3).wait()->text(), "efg");
  EXPECT_EQ(scene.client.receive().wait()->text(), "hij");
}

TEST(Receive, gives_less_than_min_only_at_the_end) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Outcome ten(scene.client.receive(10, 20));
  ASSERT_TRUE(scene.server.send("abcdefghi").wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_FALSE(ten.is_done());
  ASSERT_TRUE(scene.server.send("jklm").wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_TRUE(ten.is_ok());
  EXPECT_EQ((*ten.result)->text(), "abcdefghijklm");
  Outcome rest(scene.client.receive(100, 200));
  ASSERT_TRUE(scene.server.send("tail", Last::yes).wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_TRUE(rest.is_ok());
  EXPECT_EQ((*rest.result)->text(), "tail");
  EXPECT_TRUE((*rest.result)->end_of_stream());
}

TEST(Receive, takes_a_min_larger_than_any_block) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string text(300'000, 'x');
  Outcome sent(scene.server.send(text));
  const Result<Message> all = scene.client.receive(300'000, 400'000).wait();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->size(), 300'000U);
}

TEST(Receive, delivers_data_before_the_error_behind_it) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("last words").wait().has_value());
  scene.sim.run_for(100ms);
  scene.server.abort();
  scene.sim.run_for(100ms);
  const Result<Message> data = scene.client.receive(100, 200).wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "last words");
  EXPECT_FALSE(data->end_of_stream());
  const Result<Message> error = scene.client.receive().wait();
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().kind(), ErrorKind::reset);
}

TEST(Receive, delivers_what_came_before_a_send_found_the_connection_broken) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("413 too large").wait().has_value());
  scene.sim.run_for(100ms);
  scene.server.abort();
  scene.sim.run_for(100ms);
  const Result<void> sent = scene.client.send("more").wait();
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind(), ErrorKind::reset);
  const Result<Message> data = scene.client.receive(1, 3).wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "413");
  std::string rest(100, '\0');
  const Result<std::size_t> size =
      scene.client.receive_into(std::as_writable_bytes(std::span(rest)), 50).wait();
  ASSERT_TRUE(size.has_value()) << to_string(size.error());
  EXPECT_EQ(rest.substr(0, *size), " too large");
  const Result<Message> error = scene.client.receive().wait();
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().kind(), ErrorKind::reset);
}

TEST(Receive, delivers_messages_before_the_malformed_one_behind_them) {
  Scene scene;
  auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
  StreamConnection server;
  listener.on_connection([&](StreamConnection connection) { server = std::move(connection); });
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 81), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
  const std::string bytes("\0\0\0\3one\0\0\0\3two\xff\xff\xff\xff", 18);
  ASSERT_TRUE(server.send(bytes).wait().has_value());
  scene.sim.run_for(100ms);
  for (const char* expected : {"one", "two"}) {
    const Result<Message> message = client.receive().wait();
    ASSERT_TRUE(message.has_value()) << to_string(message.error());
    EXPECT_EQ(message->text(), expected);
  }
  const Result<Message> bad = client.receive().wait();
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().kind(), ErrorKind::limit_exceeded);
}

TEST(Receive, loses_nothing_when_a_receive_is_cancelled_half_way) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::string memory(100, '\0');
  const auto room = std::as_writable_bytes(std::span(memory));
  ASSERT_TRUE(scene.server.send("one ").wait().has_value());
  {
    Outcome half(scene.client.receive(50, 60));
    scene.sim.run_for(100ms);
  }
  ASSERT_TRUE(scene.server.send("two ").wait().has_value());
  {
    Outcome half(scene.client.receive_into(room, 50));
    scene.sim.run_for(100ms);
  }
  ASSERT_TRUE(scene.server.send("three").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_EQ(scene.client.receive(2, 2).wait()->text(), "on");
  EXPECT_EQ(*scene.client.receive_into(room.first(4), 4).wait(), 4U);
  EXPECT_EQ(memory.substr(0, 4), "e tw");
  EXPECT_EQ(scene.client.receive(7, 60).wait()->text(), "o three");
}

TEST(Receive, hands_what_a_cancelled_one_had_gathered_to_the_next_in_line) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::optional<Outcome<Message>> first;
  first.emplace(scene.client.receive(50, 60));
  Outcome second(scene.client.receive(1, 60));
  ASSERT_TRUE(scene.server.send("gathered").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_FALSE(second.is_done());
  first.reset();
  scene.sim.run_for(100ms);
  ASSERT_TRUE(second.is_ok());
  EXPECT_EQ((*second.result)->text(), "gathered");
}

TEST(Send, completes_when_the_stack_has_taken_it_and_is_withheld_above_256_kib) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string piece(32 * 1024, 'p');
  std::size_t taken = 0;
  std::function<void(Result<void>)> next = [&](const Result<void>& result) {
    if (!result.has_value()) return;
    ++taken;
    scene.client.send(piece).detach(next);
  };
  scene.client.send(piece).detach(next);
  scene.sim.run_for(10s);
  const std::size_t while_blocked = taken;
  scene.sim.run_for(10s);
  EXPECT_EQ(taken, while_blocked) << "a peer that does not read is sent to without end";
  EXPECT_GE(while_blocked * piece.size(), 256U * 1024);
  EXPECT_LE(while_blocked * piece.size(), 8U * 1024 * 1024);
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_GT(taken, while_blocked);
  scene.client.abort();
  scene.sim.run_for(1s);
}

TEST(Send, cancelled_half_way_aborts_because_the_peer_must_not_see_half) {
  Connected scene(Parameters().high_water_bytes(0));
  ASSERT_TRUE(scene.connected);
  const std::string text(8'000'000, 'x');
  std::optional<Outcome<void>> send;
  send.emplace(scene.client.send(text));
  scene.sim.run_for(1s);
  ASSERT_FALSE(send->is_done());
  send.reset();
  EXPECT_EQ(scene.client.state(), cancelled);
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_FALSE(reader.ended);
  ASSERT_TRUE(reader.error.has_value());
  EXPECT_EQ(reader.error->kind(), ErrorKind::reset);
}

TEST(LastHandle, closes_when_it_goes) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  StreamConnection copy = scene.client;
  scene.client = {};
  scene.sim.run_for(100ms);
  EXPECT_FALSE(reader.ended);
  copy = {};
  scene.sim.run_for(100ms);
  EXPECT_TRUE(reader.ended);
}

TEST(LastHandle, is_the_end_of_state_reports) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.client.cancel();
  scene.client = {};
  scene.sim.run_for(1s);
  EXPECT_TRUE(story.changes.empty());
}

TEST(LastHandle, of_a_listener_ends_its_accepts_and_leaves_its_connections) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  scene.listener.on_connection(nullptr);
  Outcome accepted(scene.listener.accept());
  scene.listener = {};
  scene.sim.run_for(100ms);
  EXPECT_EQ(accepted.error(), ErrorKind::closed);
  ASSERT_TRUE(scene.server.send("alive").wait().has_value());
  EXPECT_EQ(scene.client.receive(5).wait()->text(), "alive");
}

TEST(LoopEnd, calls_nothing_back_and_leaves_inert_handles) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  int calls = 0;
  scene.loop->sleep(1h).detach([&](const Result<void>&) { ++calls; });
  scene.client.receive().detach([&](const Result<Message>&) { ++calls; });
  scene.loop.reset();
  EXPECT_EQ(scene.client.state(), cancelled);
  scene.client.send("late").detach([&](const Result<void>&) { ++calls; });
  EXPECT_EQ(scene.client.close().wait().error().kind(), ErrorKind::cancelled);
  EXPECT_FALSE(scene.client.ready().wait().has_value());
  EXPECT_EQ(calls, 0);
  scene.client.restart();
  scene.client.abort();
  EXPECT_FALSE(scene.client.local_address().has_value());
  EXPECT_EQ(scene.client.report().attempts().size(), 1U);
}

TEST(LoopEnd, does_not_run_callbacks_that_start_again_and_again) {
  Scene scene;
  int calls = 0;
  Operation<void> tick;
  std::function<void(Result<void>)> again = [&](const Result<void>&) {
    ++calls;
    tick = scene.loop->sleep(1s);
    tick.start(again);
  };
  tick = scene.loop->sleep(1s);
  tick.start(again);
  scene.sim.run_for(10s);
  EXPECT_EQ(calls, 10);
  Loop going = std::move(*scene.loop);
  scene.loop.emplace(scene.home);
  {
    const Loop gone = std::move(going);
  }
  EXPECT_EQ(calls, 10);
  tick = {};
}

struct Flows : Scene {
  explicit Flows(UdpOptions options = {}) {
    flows = *listen(*web_loop, everywhere(90), Udp(options));
  }
  [[nodiscard]] DatagramConnection connect_flow() {
    return connect(*loop, host("www.example.com", 90), udp());
  }
  void collect() {
    flows.on_connection([this](DatagramConnection flow) { servers.push_back(std::move(flow)); });
  }

  Listener<DatagramConnection> flows;
  std::vector<DatagramConnection> servers;
};

TEST(Datagrams, are_complete_and_not_an_end) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  client.send("one").detach();
  client.send("").detach();
  client.send("three").detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  for (const char* expected : {"one", "", "three"}) {
    const Result<Message> message = scene.servers.front().receive().wait();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->text(), expected);
    EXPECT_TRUE(message->is_complete());
    EXPECT_FALSE(message->end_of_stream());
  }
  EXPECT_EQ(scene.servers.front().state(), ready);
}

TEST(Datagrams, around_one_that_is_too_large_are_sent_all_the_same) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string large(70'000, 'l');
  Outcome before(client.send("before"));
  Outcome refused(client.send(large));
  Outcome after(client.send("after"));
  scene.sim.run_for(100ms);
  EXPECT_TRUE(before.is_ok() && after.is_ok());
  EXPECT_EQ(refused.error(), ErrorKind::message_too_large);
  for (const char* expected : {"before", "after"})
    EXPECT_EQ(scene.servers.front().receive().wait()->text(), expected);
}

TEST(Datagrams, that_somebody_waits_for_are_not_dropped_by_the_cap_of_the_queue) {
  for (const std::size_t queue_max : {0U, 1U, 256U}) {
    Flows scene(UdpOptions().queue_max(queue_max));
    scene.collect();
    DatagramConnection client = scene.connect_flow();
    ASSERT_TRUE(client.send("hello").wait().has_value());
    ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
    Outcome first(scene.servers.front().receive());
    Outcome second(scene.servers.front().receive());
    Outcome third(scene.servers.front().receive());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send("again").wait().has_value());
    scene.sim.run_for(100ms);
    EXPECT_TRUE(first.is_ok() && second.is_ok() && third.is_ok()) << queue_max;
  }
}

TEST(UdpFlows, that_nobody_takes_keep_no_more_than_a_quarter_of_a_megabyte) {
  Flows scene(UdpOptions().queue_max(100'000));
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  const std::string datagram(1000, 'x');
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client.send(datagram).wait().has_value());
  scene.sim.run_for(1s);
  std::size_t kept = 0;
  for (;;) {
    Outcome received(scene.servers.front().receive());
    scene.sim.run_for(1ms);
    if (!received.is_ok()) break;
    kept += (*received.result)->size();
  }
  EXPECT_GT(kept, 200U * 1024);
  EXPECT_LE(kept, 256U * 1024);
}

TEST(UdpFlows, without_credits_are_not_even_made) {
  Flows scene;
  scene.flows.limit_new(0);
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("lost").wait().has_value());
  scene.sim.run_for(1s);
  scene.collect();
  scene.flows.limit_new(1);
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.servers.empty());
  ASSERT_TRUE(client.send("found").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  EXPECT_EQ(scene.servers.front().receive().wait()->text(), "found");
}

TEST(UdpFlows, are_one_connection_for_each_four_tuple) {
  Flows scene;
  scene.collect();
  DatagramConnection first = scene.connect_flow();
  DatagramConnection second = scene.connect_flow();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(first.send("first").wait().has_value());
    ASSERT_TRUE(second.send("second").wait().has_value());
    scene.sim.run_for(100ms);
  }
  ASSERT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 2U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(scene.servers[0].receive().wait()->text(), "first");
    EXPECT_EQ(scene.servers[1].receive().wait()->text(), "second");
  }
  ASSERT_TRUE(scene.servers[1].send("to second").wait().has_value());
  EXPECT_EQ(second.receive().wait()->text(), "to second");
}

TEST(UdpFlows, expire_after_five_minutes_of_silence) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  Story story;
  story.follow(scene.servers.front(), scene.sim);
  scene.sim.run_for(4min);
  scene.servers.front().send("our own traffic counts").detach();
  const Instant used = scene.sim.now();
  ASSERT_TRUE(scene.sim.run_until([&] { return !story.changes.empty(); }));
  EXPECT_EQ(story.changes.front().state, failed);
  EXPECT_EQ(story.changes.front().error, ErrorKind::timed_out);
  EXPECT_EQ(story.changes.front().at - used, 5min);
  EXPECT_EQ(scene.flows.open_count(), 0U);
  ASSERT_TRUE(client.send("again").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return scene.servers.size() == 2; }));
}

TEST(UdpFlows, expire_after_the_time_that_was_set) {
  Flows scene(UdpOptions().idle_timeout(2s));
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  scene.sim.run_for(1900ms);
  EXPECT_EQ(scene.servers.front().state(), ready);
  scene.sim.run_for(200ms);
  EXPECT_EQ(scene.servers.front().state(), failed);
}

TEST(UdpFlows, that_nobody_accepted_in_time_are_never_delivered) {
  Flows scene(UdpOptions().idle_timeout(2s));
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  scene.sim.run_for(10s);
  scene.collect();
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.servers.empty());
  ASSERT_TRUE(client.send("again").wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_EQ(scene.servers.size(), 1U);
  EXPECT_EQ(scene.servers.front().receive().wait()->text(), "again");
}

TEST(UdpFlows, keep_within_the_listeners_cap_and_go_on_when_one_closes) {
  Flows scene;
  scene.flows.limit_open(2);
  std::vector<DatagramConnection> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(scene.connect_flow());
    ASSERT_TRUE(clients.back().send(std::to_string(i)).wait().has_value());
  }
  scene.sim.run_for(1s);
  scene.collect();
  scene.sim.run_for(1s);
  ASSERT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.open_count(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 2U);
  scene.servers.erase(scene.servers.begin());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 3U);
}

TEST(Listeners, keep_a_cap_on_open_connections_and_serve_the_queue_when_one_closes) {
  Scene scene;
  scene.listener.limit_open(2);
  std::vector<StreamConnection> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(scene.connect_to_web());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  EXPECT_EQ(scene.listener.open_count(), 2U);
  // A handler may only be called by the loop: not while the vector that it appends to is being cleared.
  scene.accepted.clear();
  EXPECT_TRUE(scene.accepted.empty());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  EXPECT_EQ(scene.listener.accepted_count(), 4U);
  scene.listener.limit_open(100);
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 3U);
}

TEST(Listeners, deliver_only_as_many_as_they_have_credits_for) {
  Scene scene;
  scene.listener.limit_new(2);
  std::vector<StreamConnection> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(scene.connect_to_web());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  scene.accepted.clear();
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.accepted.empty()) << "credits are not a cap on open ones";
  scene.listener.limit_new(1);
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 1U);
}

TEST(Listeners, count_and_mark_connections_that_end_before_a_byte) {
  Scene scene;
  scene.connect_to_web().ready().wait().value();
  StreamConnection aborted = scene.connect_to_web();
  aborted.ready().wait().value();
  scene.sim.run_for(100ms);
  aborted.abort();
  StreamConnection real = scene.connect_to_web();
  ASSERT_TRUE(real.send("a byte").wait().has_value());
  real = {};
  ASSERT_TRUE(scene.sim.run_until([&] { return scene.accepted.size() == 3; }));
  std::vector<std::unique_ptr<Reader>> readers;
  for (const StreamConnection& connection : scene.accepted)
    readers.push_back(std::make_unique<Reader>(connection));
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.listener.also_ran_count(), 2U);
  EXPECT_TRUE(scene.accepted[0].is_also_ran());
  EXPECT_TRUE(scene.accepted[1].is_also_ran());
  EXPECT_FALSE(scene.accepted[2].is_also_ran());
}

TEST(Settings, that_cannot_be_honoured_are_errors_that_name_them) {
  Scene scene;
  const auto fails = [&](const Parameters& parameters,
                         const Endpoint& endpoint = host("www.example.com", 80)) {
    StreamConnection connection =
        connect(*scene.loop, endpoint, tcp(), Parameters(parameters).wait(Waiting::never));
    const Result<void> result = connection.ready().wait();
    return result.has_value() ? std::string("connected") : to_string(result.error());
  };
  EXPECT_NE(fails(Parameters().interface("wlan7")).find("wlan7"), std::string::npos);
  EXPECT_NE(fails(Parameters().source(*IpAddress::parse("10.9.8.7"))).find("10.9.8.7"),
            std::string::npos)
      << fails(Parameters().source(*IpAddress::parse("10.9.8.7")));
  EXPECT_NE(fails({}, host("fe80::1%wlan7", 80)).find("wlan7"), std::string::npos);
  EXPECT_NE(fails({}, host("bad..name", 80)).find("bad..name"), std::string::npos);
  const auto listener = listen(*scene.loop, host("www.example.com", 80), tcp());
  ASSERT_FALSE(listener.has_value());
  EXPECT_NE(to_string(listener.error()).find("www.example.com"), std::string::npos);
  const auto elsewhere = listen(*scene.loop, Endpoint(*SocketAddress::parse("10.9.8.7:80")), tcp());
  ASSERT_FALSE(elsewhere.has_value());
  EXPECT_EQ(elsewhere.error().kind(), ErrorKind::address_unavailable);
  EXPECT_NE(to_string(elsewhere.error()).find("10.9.8.7:80"), std::string::npos);
  const auto lookup = resolve(*scene.loop, "www.example.com", {"BOGUS"});
  ASSERT_FALSE(lookup.has_value());
  EXPECT_NE(to_string(lookup.error()).find("BOGUS"), std::string::npos);
}

TEST(Settings, that_say_nothing_to_a_listener_are_refused_by_name) {
  Scene scene;
  const Endpoint local = everywhere(82);
  const auto refused = [&](const Parameters& parameters) {
    const auto over_tcp = listen(*scene.loop, local, tcp(), parameters);
    const auto over_udp = listen(*scene.loop, local, udp(), parameters);
    if (over_tcp.has_value() || over_udp.has_value()) return std::string("taken");
    EXPECT_EQ(over_tcp.error().kind(), ErrorKind::unsupported);
    EXPECT_EQ(over_udp.error().subject(), over_tcp.error().subject());
    return std::string(over_tcp.error().subject());
  };
  EXPECT_EQ(refused(Parameters().wait(Waiting::never)), "wait");
  EXPECT_EQ(refused(Parameters().connect_within(1s)), "connect_within");
  EXPECT_EQ(refused(Parameters().source(*IpAddress::parse("192.0.2.10"))), "source");
  EXPECT_EQ(refused(Parameters().source(IpAddress::any(Family::ipv4), 5)), "source");
  EXPECT_EQ(refused(Parameters().only(Family::ipv6)), "only");
  EXPECT_EQ(refused(Parameters().prefer(Family::ipv4)), "prefer");
  EXPECT_EQ(refused(Parameters().resolver(SocketAddress())), "resolver");
  EXPECT_EQ(refused(Parameters().expired_answers(true)), "expired_answers");
  EXPECT_EQ(refused(Parameters().resolution_delay(1s)), "resolution_delay");
  EXPECT_EQ(refused(Parameters().attempt_delay(1s)), "attempt_delay");
  EXPECT_EQ(refused(Parameters().attempt_timeout(1s)), "attempt_timeout");
  EXPECT_EQ(refused(Parameters().retry_delay(1s, 60s)), "taken") << "what it is unless set";
  EXPECT_EQ(refused(Parameters().retry_delay(1s, 5s)), "retry_delay");
  EXPECT_EQ(
      refused(
          Parameters().interface("eth0").reuse_local_address(true).high_water_bytes(5).close_within(
              1s)),
      "taken");
}

TEST(Settings, of_a_framer_that_make_no_sense_fail_both_ends_and_nothing_else) {
  Scene scene;
  const auto odd = length_prefixed(tcp(), LengthPrefix().bytes(3));
  auto listener = *listen(*scene.web_loop, everywhere(81), odd);
  std::vector<MessageConnection> accepted;
  listener.on_connection(
      [&](MessageConnection connection) { accepted.push_back(std::move(connection)); });
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 81), odd, Parameters().wait(Waiting::never));
  const Result<void> result = client.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::invalid_argument);
  scene.sim.run_for(1s);
  ASSERT_FALSE(accepted.empty());
  EXPECT_EQ(accepted.front().state(), failed);
  EXPECT_EQ(accepted.front().error()->kind(), ErrorKind::invalid_argument);
}

TEST(Settings, of_a_receive_that_make_no_sense_are_invalid_arguments) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.receive(5, 4).wait().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.receive(0, 0).wait().error().kind(), ErrorKind::invalid_argument);
  constexpr std::size_t four_gib = std::size_t{1} << 32;
  EXPECT_EQ(scene.client.receive(four_gib, four_gib).wait().error().kind(),
            ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.receive_into({}).wait().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.state(), ready);
}

}  // namespace
}  // namespace bowline::test
