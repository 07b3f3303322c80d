#include <gtest/gtest.h>

#include <csignal>

#include <memory>
#include <string>
#include <vector>

#include "story.h"

// How a server ends: its listener closes, its connections end, and its loop has nothing left to do.

namespace bowline::test {
namespace {

/// A server with `count` connections; the clients' ends stay with the test.
struct Serving : Scene {
  explicit Serving(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      clients.push_back(connect(*loop, host("www.example.com", 80), tcp()));
    connected = sim.run_until([&] { return accepted.size() == count; });
  }

  std::vector<StreamConnection> clients;
  bool connected = false;
};

TEST(EndingAServer, with_a_hundred_connections) {
  Serving scene(100);
  ASSERT_TRUE(scene.connected);
  const std::string text(1000, 'x');
  const std::string much(4'000'000, 'y');
  // The first thirty are idle; the next have something to send that is read; the last is never read from.
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 30; i < 99; ++i) {
    scene.accepted[i].send(text).detach();
    readers.push_back(std::make_unique<Reader>(scene.clients[i]));
  }
  const auto stuck = scene.accepted.back().remote_address();
  for (std::size_t i = 0; i < 100; ++i)
    if (scene.accepted[i].remote_address() == stuck) scene.accepted[i].send(much).detach();
  scene.sim.run_for(1s);
  Outcome pending(scene.accepted[3].receive());

  const Instant start = scene.sim.now();
  Outcome ended(scene.listener.close_all(10s));
  scene.sim.run_for(5s);
  EXPECT_FALSE(ended.is_done());
  EXPECT_EQ(scene.listener.open_count(), 1U) << "one peer does not read";
  EXPECT_EQ(pending.error(), ErrorKind::cancelled);
  ASSERT_TRUE(scene.sim.run_until([&] { return ended.is_done(); }));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(scene.sim.now() - start, 10s);
  EXPECT_EQ(scene.listener.open_count(), 0U);
  for (const StreamConnection& connection : scene.accepted)
    EXPECT_EQ(connection.state(), ConnectionState::cancelled);
  scene.web_loop->run();
  EXPECT_FALSE(scene.web_loop->has_work());
  EXPECT_LE(scene.sim.now() - start, 10s) << "what lingers keeps to the same limit";
  scene.sim.run_for(1s);
  std::size_t whole = 0;
  for (const auto& reader : readers) whole += reader->text == text && reader->ended ? 1 : 0;
  EXPECT_EQ(whole, readers.size());
}

TEST(EndingAServer, with_nothing_open_takes_no_time) {
  Scene scene;
  Outcome ended(scene.listener.close_all(10s));
  const Instant start = scene.sim.now();
  scene.web_loop->run();
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(scene.sim.now(), start);
  Outcome again(scene.listener.close_all(10s));
  scene.web_loop->run();
  EXPECT_TRUE(again.is_ok());
}

TEST(EndingAServer, aborts_at_once_without_patience) {
  Serving scene(2);
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.clients[0]);
  Outcome ended(scene.listener.close_all(Duration::zero()));
  scene.sim.run_for(1s);
  EXPECT_TRUE(ended.is_ok());
  ASSERT_TRUE(reader.error.has_value());
  EXPECT_EQ(reader.error->kind(), ErrorKind::reset);
}

TEST(EndingAServer, may_lose_its_patience) {
  Serving scene(1);
  ASSERT_TRUE(scene.connected);
  const std::string much(4'000'000, 'y');
  scene.accepted[0].send(much).detach();
  scene.accepted[0].close().detach();
  const Instant start = scene.sim.now();
  Outcome first(scene.listener.close_all(20s));
  Outcome dropped(scene.listener.close_all(20s));
  dropped.operation = {};
  scene.sim.run_for(2s);
  Outcome second(scene.listener.close_all(1s));
  ASSERT_TRUE(scene.sim.run_until([&] { return first.is_done() && second.is_done(); }));
  EXPECT_EQ(scene.sim.now() - start, 3s);
  EXPECT_FALSE(dropped.is_done());
}

TEST(EndingAServer, never_gives_more_time_than_before) {
  Serving scene(1);
  ASSERT_TRUE(scene.connected);
  const std::string much(4'000'000, 'y');
  scene.accepted[0].send(much).detach();
  const Instant start = scene.sim.now();
  Outcome first(scene.listener.close_all(2s));
  Outcome second(scene.listener.close_all(20s));
  ASSERT_TRUE(scene.sim.run_until([&] { return second.is_done(); }));
  EXPECT_EQ(scene.sim.now() - start, 2s);
}

TEST(EndingAServer, forgets_connections_that_have_ended) {
  Serving scene(3);
  ASSERT_TRUE(scene.connected);
  scene.accepted[1].abort();
  scene.accepted.erase(scene.accepted.begin());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.listener.open_count(), 1U);
  Outcome ended(scene.listener.close_all(10s));
  scene.sim.run_for(1s);
  EXPECT_TRUE(ended.is_ok());
}

TEST(EndingAServer, ends_with_its_loop) {
  Serving scene(1);
  ASSERT_TRUE(scene.connected);
  const std::string much(4'000'000, 'y');
  scene.accepted[0].send(much).detach();
  Outcome ended(scene.listener.close_all(20s));
  scene.sim.run_for(1s);
  scene.web_loop.reset();
  EXPECT_EQ(scene.listener.open_count(), 0U);
  EXPECT_LE(ended.calls, 1);
}

TEST(EndingAServer, of_udp_flows) {
  Scene scene;
  auto flows = *listen(*scene.web_loop, everywhere(81), udp());
  std::vector<DatagramConnection> served;
  flows.on_connection([&](DatagramConnection flow) { served.push_back(std::move(flow)); });
  std::vector<DatagramConnection> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(connect(*scene.loop, host("www.example.com", 81), udp()));
    clients.back().send("hello").detach();
  }
  ASSERT_TRUE(scene.sim.run_until([&] { return served.size() == 5; }));
  Outcome waits(served[0].receive());
  Outcome ended(flows.close_all(10s));
  Outcome others(scene.listener.close_all(10s));
  const Instant start = scene.sim.now();
  scene.web_loop->run();
  EXPECT_TRUE(ended.is_ok());
  EXPECT_TRUE(waits.is_done());
  EXPECT_EQ(scene.sim.now(), start);
  EXPECT_EQ(flows.open_count(), 0U);
}

TEST(EndingAServer, by_a_signal) {
  Serving scene(10);
  ASSERT_TRUE(scene.connected);
  Operation<void> closing;
  Operation<int> interrupted = scene.web_loop->signal({SIGINT});
  interrupted.start([&](const Result<int>&) {
    closing = scene.listener.close_all(10s);
    closing.start([](const Result<void>&) {});
  });
  scene.web.send_signal(SIGINT);
  scene.web_loop->run();
  EXPECT_EQ(scene.listener.open_count(), 0U);
}

TEST(LoopWork, is_what_run_waits_for) {
  sim::Simulation sim(1);
  Loop loop(sim.add_host("home"));
  EXPECT_FALSE(loop.has_work());
  Operation<void> timer = loop.sleep(1s);
  EXPECT_FALSE(loop.has_work()) << "it is not started";
  timer.start([](const Result<void>&) {});
  EXPECT_TRUE(loop.has_work());
  timer = {};
  EXPECT_FALSE(loop.has_work());
  loop.post([] {});
  EXPECT_TRUE(loop.has_work());
  loop.run();
  EXPECT_FALSE(loop.has_work());
}

TEST(IdleHandler, is_called_each_time_that_work_has_ended) {
  sim::Simulation sim(1);
  Loop loop(sim.add_host("home"));
  int calls = 0;
  loop.on_idle([&calls, owned = std::make_unique<int>(1)] { calls += *owned; });
  while (loop.run_ready()) continue;
  EXPECT_EQ(calls, 0) << "there never was any";
  for (int round = 1; round <= 3; ++round) {
    loop.post([] {});
    while (loop.run_ready()) continue;
    EXPECT_EQ(calls, round);
  }
}

TEST(IdleHandler, may_replace_itself) {
  sim::Simulation sim(1);
  Loop loop(sim.add_host("home"));
  std::string called;
  loop.on_idle([&, text = std::string("first ")] {
    loop.on_idle(nullptr);
    called += text;
  });
  for (int i = 0; i < 2; ++i) {
    loop.post([] {});
    while (loop.run_ready()) continue;
  }
  EXPECT_EQ(called, "first ");
}

/// A handler that cannot be copied, and says when it is destroyed.
struct Handler {
  explicit Handler(std::string& told, std::function<void()> then_do)
      : log(&told), then(std::move(then_do)), token(std::make_unique<int>(7)) {}
  Handler(Handler&& other) noexcept = default;
  Handler& operator=(Handler&&) = delete;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() {
    if (token) *log += "gone ";
  }
  void operator()(StreamConnection connection) {
    then();
    // What it owns is still there.
    *log += "ran " + std::to_string(*token) + " ";
    connections.push_back(std::move(connection));
  }

  std::string* log;
  std::function<void()> then;
  std::unique_ptr<int> token;
  std::vector<StreamConnection> connections;
};

std::string handle_one_with(const std::function<void(Scene&)>& then) {
  std::string log;
  Scene scene;
  scene.listener.on_connection(Handler(log, [&] { then(scene); }));
  const StreamConnection client = scene.connect_to_web();
  scene.sim.run_for(1s);
  return log;
}

TEST(ConnectionHandlers, are_called_in_place_and_never_copied) {
  std::string log;
  Scene scene;
  scene.listener.on_connection(Handler(log, [] {}));
  const StreamConnection one = scene.connect_to_web();
  const StreamConnection other = scene.connect_to_web();
  scene.sim.run_for(1s);
  EXPECT_EQ(log, "ran 7 ran 7 ");
  EXPECT_EQ(scene.listener.open_count(), 2U) << "it keeps them";
}

TEST(ConnectionHandlers, may_clear_themselves) {
  EXPECT_EQ(handle_one_with([](Scene& scene) { scene.listener.on_connection(nullptr); }),
            "ran 7 gone ");
}

TEST(ConnectionHandlers, may_replace_themselves) {
  EXPECT_EQ(handle_one_with(
                [](Scene& scene) { scene.listener.on_connection([](const StreamConnection&) {}); }),
            "ran 7 gone ");
}

TEST(ConnectionHandlers, may_close_their_listener) {
  EXPECT_EQ(handle_one_with([](Scene& scene) { scene.listener.close(); }), "ran 7 gone ");
}

TEST(ConnectionHandlers, may_drop_their_listener) {
  EXPECT_EQ(handle_one_with([](Scene& scene) { scene.listener = {}; }), "ran 7 gone ");
}

TEST(ConnectionHandlers, may_end_their_server) {
  EXPECT_EQ(
      handle_one_with([](Scene& scene) { scene.listener.close_all(Duration::zero()).detach(); }),
      "ran 7 gone ");
}

}  // namespace
}  // namespace bowline::test
