#include <gtest/gtest.h>
#include <bowline/stack.h>

#include <functional>

#include "framers.h"
#include "story.h"

// A close loses nothing that was handed over, waits for no more than that, and says what it could not do.

namespace bowline::test {
namespace {

using enum ConnectionState;
using States = std::vector<ConnectionState>;

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

TEST(Close, that_the_end_of_the_loop_cut_short_is_dropped) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string much(8 * 1024 * 1024, 'm');
  Outcome sent(scene.client.send(much));
  Outcome closed(scene.client.close());
  scene.sim.run_for(1s);
  EXPECT_FALSE(closed.is_done());
  scene.loop.reset();
  EXPECT_FALSE(sent.is_done());
  EXPECT_FALSE(closed.is_done()) << "says that the system has taken all";
}

TEST(Close, that_an_abort_cut_short_is_cancelled) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string much(8 * 1024 * 1024, 'm');
  Outcome sent(scene.client.send(much));
  Outcome closed(scene.client.close());
  scene.sim.run_for(1s);
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(sent.error(), ErrorKind::cancelled);
  EXPECT_FALSE(closed.is_ok());
}

TEST(Close, of_a_broken_connection_tells_why_it_broke) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string piece(4 * 1024, 'm');
  std::function<void(Result<void>)> next = [&](const Result<void>& result) {
    if (!result.has_value()) return;
    scene.client.send(piece).detach(next);
  };
  scene.client.send(piece).detach(next);
  scene.sim.run_for(5s);
  scene.server.abort();
  scene.sim.run_for(5s);
  EXPECT_EQ(scene.client.state(), failed);
  const Result<void> closed = scene.client.close().wait();
  EXPECT_FALSE(closed.has_value()) << "what was taken over has not been sent";
}

TEST(Close, ends_when_the_last_message_is_withdrawn) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), framed(Silent::make, tcp()));
  std::optional<Outcome<void>> sent;
  sent.emplace(client.send("never"));
  Outcome closed(client.close());
  scene.sim.run_for(100ms);
  EXPECT_FALSE(closed.is_done());
  sent.reset();
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok());
}

TEST(Close, drops_however_much_the_peer_still_says) {
  Served scene(tcp().receive_buffer_bytes(4 * 1024 * 1024));
  ASSERT_TRUE(scene.connected);
  const std::string request(20 * 1024 * 1024, 'r');
  const std::string answer(300 * 1024, 'a');
  Outcome answered(scene.server.send(answer));
  Outcome sent(scene.client.send(request));
  scene.sim.run_for(5s);
  EXPECT_TRUE(answered.is_ok());
  Outcome closed(scene.server.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok()) << "else it is not about the lingering socket";
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  EXPECT_TRUE(sent.is_ok()) << "what the client sends is not read any more";
  Reader reader(scene.client);
  scene.sim.run_for(2min);
  EXPECT_EQ(reader.text.size(), answer.size());
}

TEST(Close, before_ready_waits_for_it_and_sends_what_was_handed_over) {
  Scene scene;
  StreamConnection client = scene.connect_to_web();
  Outcome sent(client.send("hello"));
  Outcome closed(client.close());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  Reader reader(scene.accepted.front());
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, "hello");
  EXPECT_TRUE(reader.ended);
  EXPECT_TRUE(sent.is_ok());
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(client.state(), cancelled);
}

TEST(Close, with_nothing_to_send_does_not_wait_for_ready) {
  Scene scene;
  StreamConnection client = scene.connect_to_web();
  Outcome closed(client.close());
  scene.sim.run_for(0ms);
  EXPECT_TRUE(closed.is_ok());
}

TEST(Close, by_the_last_handle_sends_what_was_handed_over_before_ready) {
  Scene scene;
  connect(*scene.loop, host("www.example.com", 80), tcp()).send("bytes").detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  EXPECT_EQ(scene.accepted.front().receive(5).wait()->text(), "bytes");

  auto messages = *listen(*scene.web_loop, everywhere(81), length_prefixed(tcp()));
  Outcome message_peer(messages.accept());
  connect(*scene.loop, host("www.example.com", 81), length_prefixed(tcp()))
      .send("message")
      .detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return message_peer.is_done(); }));
  EXPECT_EQ((*message_peer.result)->receive().wait()->text(), "message");

  auto flows = *listen(*scene.web_loop, everywhere(82), udp());
  Outcome flow(flows.accept());
  connect(*scene.loop, host("www.example.com", 82), udp()).send("datagram").detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return flow.is_done(); }));
  EXPECT_EQ((*flow.result)->receive().wait()->text(), "datagram");
}

TEST(Close, before_ready_gives_up_in_time) {
  Scene scene;
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp(),
                                    Parameters().wait(Waiting::for_peer).close_within(5s));
  Outcome sent(client.send("hello"));
  Outcome closed(client.close());
  scene.sim.run_for(4s);
  EXPECT_FALSE(closed.is_done());
  scene.sim.run_for(2s);
  EXPECT_EQ(sent.error(), ErrorKind::cancelled);
  EXPECT_EQ(closed.error(), ErrorKind::timed_out);
}

TEST(Close, reads_on_so_that_the_peer_reads) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string request(5 * 1024 * 1024, 'r');
  const std::string answer(2 * 1024 * 1024, 'a');
  Outcome answered(scene.server.send(answer));
  Outcome sent(scene.client.send(request));
  scene.sim.run_for(2s);
  EXPECT_FALSE(answered.is_done());
  Outcome closed(scene.server.close());
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  EXPECT_TRUE(sent.is_ok());
  Reader reader(scene.client);
  scene.sim.run_for(2min);
  EXPECT_EQ(reader.text.size(), answer.size());
  EXPECT_TRUE(reader.ended);
  EXPECT_TRUE(closed.is_ok());
}

TEST(Close, under_framers_reads_on_so_that_the_peer_reads) {
  Served scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  const std::string request(20 * 1024 * 1024, 'r');
  const std::string answer(2 * 1024 * 1024, 'a');
  Outcome answered(scene.server.send(answer));
  Outcome sent(scene.client.send(request));
  scene.sim.run_for(2s);
  Outcome closed(scene.server.close());
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  EXPECT_TRUE(sent.is_ok());
  Reader reader(scene.client);
  scene.sim.run_for(2min);
  EXPECT_EQ(reader.text.size(), 4 + answer.size());
  EXPECT_TRUE(closed.is_ok());
}

TEST(Close, of_a_flow_waits_until_the_system_has_taken_every_datagram) {
  Scene scene;
  const auto stack = udp().receive_buffer_bytes(16 * 1024 * 1024);
  auto flows = *listen(*scene.web_loop, everywhere(90), stack);
  std::size_t got = 0;
  std::function<void(DatagramConnection)> read = [&](DatagramConnection flow) {
    flow.receive().detach([&, flow](const Result<Message>& received) {
      if (!received.has_value()) return;
      ++got;
      read(flow);
    });
  };
  flows.on_connection(read);
  DatagramConnection client = connect(*scene.loop, host("www.example.com", 90), udp());
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string datagram(1200, 'd');
  int ok = 0;
  int bad = 0;
  for (int i = 0; i < 2000; ++i)
    client.send(datagram).detach(
        [&](const Result<void>& sent) { sent.has_value() ? ++ok : ++bad; });
  Outcome closed(client.close());
  scene.sim.run_for(1min);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(ok, 2000);
}

TEST(Close, reads_on_though_there_is_room_to_write_meanwhile) {
  Served scene(tcp().receive_buffer_bytes(4 * 1024 * 1024));
  ASSERT_TRUE(scene.connected);
  scene.server = {};
  scene.client =
      connect(*scene.loop, host("www.example.com", 81), tcp().receive_buffer_bytes(128 * 1024));
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(scene.server); }));
  const std::string request(20 * 1024 * 1024, 'r');
  const std::string answer(300 * 1024, 'a');
  Outcome sent(scene.client.send(request));
  scene.sim.run_for(10s);
  Outcome answered(scene.server.send(answer));
  // Room to write comes in a nanosecond, together with the time to drop more.
  scene.sim.run_for(60ms - 1ns);
  EXPECT_TRUE(answered.is_done());
  Outcome closed(scene.server.close());
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  EXPECT_TRUE(sent.is_ok());
  Reader reader(scene.client);
  scene.sim.run_for(2min);
  EXPECT_EQ(reader.text.size(), answer.size());
  EXPECT_TRUE(closed.is_ok());
}

}  // namespace
}  // namespace bowline::test
