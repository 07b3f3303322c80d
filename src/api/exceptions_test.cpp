#include <gtest/gtest.h>
#include <bowline/bowline.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "flows/ends.h"

// An exception that leaves a callback leaves run(), and the next run() goes on with the rest.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::loopback;

/// Runs the loop until then, whatever it does.
void run_for(Loop& loop, Duration duration) {
  Operation<void> end = loop.sleep(duration);
  end.start([&](const Result<void>&) { loop.stop(); });
  loop.run();
}

TEST(Exceptions, leave_no_post_behind) {
  Loop loop;
  const auto hold = loop.hold();
  std::string done;
  loop.post([] { throw std::runtime_error("by the program"); });
  loop.post([&] { done += "B"; });
  EXPECT_THROW(loop.run(), std::runtime_error);
  loop.post([&] {
    done += "C";
    loop.stop();
  });
  const Instant before = loop.now();
  run_for(loop, 10s);
  EXPECT_LT(loop.now() - before, 5s) << "it slept with mail in its box";
  EXPECT_EQ(done, "BC");
}

TEST(Exceptions, leave_no_state_untold) {
  Loop loop;
  auto listener = listen(loop, loopback(), tcp()).value();
  listener.on_connection([](StreamConnection connection) { connection.abort(); });
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  std::string told;
  auto token = std::make_shared<int>();
  std::weak_ptr<int> alive = token;
  client.on_state([&, token = std::move(token)](ConnectionState state, const Error*) {
    told += to_string(state) + " ";
    if (state == ConnectionState::failed) throw std::runtime_error("by the program");
  });
  client.receive().detach([&](const Result<Message>&) { client.cancel(); });
  EXPECT_THROW(run_for(loop, 300ms), std::runtime_error);
  run_for(loop, 300ms);
  EXPECT_EQ(told, "failed cancelled ");
  EXPECT_TRUE(alive.expired());
}

TEST(Exceptions, of_a_handler_do_not_stop_its_listener) {
  Loop loop;
  auto listener = listen(loop, loopback(), tcp()).value();
  std::vector<StreamConnection> kept;
  listener.on_connection([&](StreamConnection connection) {
    kept.push_back(std::move(connection));
    if (kept.size() == 1) throw std::runtime_error("by the program");
  });
  std::vector<StreamConnection> clients;
  clients.push_back(connect(loop, Endpoint(listener.local_address()), tcp()));
  EXPECT_THROW(run_for(loop, 1s), std::runtime_error);
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect(loop, Endpoint(listener.local_address()), tcp()));
    run_for(loop, 300ms);
  }
  EXPECT_EQ(kept.size(), 4U);
}

TEST(Exceptions, do_not_stop_a_listener_of_datagrams) {
  Loop loop;
  auto listener = listen(loop, loopback(), udp()).value();
  int received = 0;
  std::function<void(DatagramConnection)> read = [&](DatagramConnection flow) {
    flow.receive().detach([&, flow](const Result<Message>& message) {
      if (!message.has_value()) return;
      read(flow);
      if (++received == 1) throw std::runtime_error("by the program");
    });
  };
  listener.on_connection(read);
  DatagramConnection client = connect(loop, Endpoint(listener.local_address()), udp());
  client.send("one").detach();
  EXPECT_THROW(run_for(loop, 1s), std::runtime_error);
  for (int i = 0; i < 3; ++i) {
    client.send("more").detach();
    run_for(loop, 300ms);
  }
  EXPECT_EQ(received, 4);
}

TEST(Exceptions, of_a_handler_do_not_keep_framers_from_starting) {
  Loop loop;
  auto listener = listen(loop, loopback(), length_prefixed(tcp())).value();
  MessageConnection server;
  bool sent = false;
  listener.on_connection([&](MessageConnection connection) {
    server = std::move(connection);
    server.send("welcome").detach([&](const Result<void>&) { sent = true; });
    throw std::runtime_error("by the program");
  });
  MessageConnection client =
      connect(loop, Endpoint(listener.local_address()), length_prefixed(tcp()));
  bool received = false;
  client.receive().detach([&](const Result<Message>& m) { received = m.has_value(); });
  EXPECT_THROW(run_for(loop, 300ms), std::runtime_error);
  run_for(loop, 300ms);
  EXPECT_TRUE(sent);
  EXPECT_TRUE(received);
}

}  // namespace
}  // namespace bowline
