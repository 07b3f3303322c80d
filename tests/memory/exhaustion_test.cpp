#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <filesystem>
#include <functional>
#include <iterator>
#include <string>

#include "allocations.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

Endpoint loopback() { return Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)); }

/// Gives back what it received until the end. Its memory is its own, so that callbacks allocate nothing.
class Echo {
 public:
  explicit Echo(StreamConnection connection) : connection_(std::move(connection)) { next(); }

 private:
  void next() {
    receive_ = connection_.receive();
    receive_.start([this](Result<Message> message) {
      if (!message.has_value()) return;
      kept_ = *std::move(message);
      send_ = connection_.send(kept_.bytes(), kept_.end_of_stream() ? Last::yes : Last::no);
      send_.start([this](const Result<void>& sent) {
        if (sent.has_value() && !kept_.end_of_stream()) next();
      });
    });
  }
  StreamConnection connection_;
  Operation<Message> receive_;
  Operation<void> send_;
  Message kept_;
};

void stream_echo() {
  Loop loop = Loop::open().value();
  auto listener = listen(loop, loopback(), tcp()).value();
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  StreamConnection accepted = listener.accept().wait().value();
  const Echo server(std::move(accepted));
  client.send("there and back").wait().value();
  client.finish().wait().value();
  EXPECT_EQ(client.receive(14).wait().value().text(), "there and back");
  EXPECT_TRUE(client.receive().wait().value().end_of_stream());
  client.close().wait().value();
}

void many_receives_and_a_large_minimum() {
  Loop loop = Loop::open().value();
  auto listener = listen(loop, loopback(), tcp()).value();
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  StreamConnection server = listener.accept().wait().value();
  const std::string text(200'000, 't');
  Operation<void> send = server.send(text);
  send.start([](const Result<void>&) {});
  {
    Operation<Message> dropped = client.receive(150'000, 150'000);
    dropped.start([](const Result<Message>&) {});
  }
  EXPECT_EQ(client.receive(150'000, 150'000).wait().value().size(), 150'000U);
  EXPECT_EQ(client.receive(50'000, 60'000).wait().value().size(), 50'000U);
}

void blocked_sender() {
  Loop loop = Loop::open().value();

  const auto narrow = tcp().send_buffer_bytes(16 * 1024).receive_buffer_bytes(16 * 1024);
  auto listener = listen(loop, loopback(), narrow).value();
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), narrow);
  StreamConnection server = listener.accept().wait().value();
  const std::string text(40'000, 't');
  Operation<void> sends[6];
  for (Operation<void>& send : sends) {
    send = client.send(text);
    send.start([](const Result<void>&) {});
  }
  EXPECT_EQ(server.receive(240'000, 240'000).wait().value().size(), 240'000U);
}

void datagrams() {
  Loop loop = Loop::open().value();
  auto listener = listen(loop, loopback(), udp()).value();
  DatagramConnection client = connect(loop, Endpoint(listener.local_address()), udp());
  client.send("one").wait().value();
  DatagramConnection server = listener.accept().wait().value();
  EXPECT_EQ(server.receive().wait().value().text(), "one");
  const std::string run(1000, 'r');
  server.send_batch(std::as_bytes(std::span(run)), 100).wait().value();
  EXPECT_GE(client.receive_batch().wait().value().size(), 1U);
  server.close().wait().value();
}

void framed_messages() {
  Loop loop = Loop::open().value();
  const auto stack = length_prefixed(tcp());
  auto listener = listen(loop, loopback(), stack).value();
  MessageConnection client = connect(loop, Endpoint(listener.local_address()), stack);
  MessageConnection server = listener.accept().wait().value();
  client.send("message").wait().value();
  EXPECT_EQ(server.receive().wait().value().text(), "message");
  client.close().wait().value();
  EXPECT_TRUE(server.receive().wait().value().end_of_stream());
}

void refused_and_reported() {
  Loop loop = Loop::open().value();
  loop.trace([](const TraceEvent&) {});
  const Endpoint nobody(listen(loop, loopback(), tcp()).value().local_address());
  StreamConnection client = connect(loop, nobody, tcp(), Parameters().wait(false));
  int changes = 0;
  client.on_state([&](ConnectionState, const Error*) { ++changes; });
  const Result<void> ready = client.ready().wait();
  EXPECT_FALSE(ready.has_value());
  EXPECT_EQ(client.report().attempts.size(), 1U);
  EXPECT_FALSE(to_string(ready.error()).empty());
}

void localhost_by_name() {
  Loop loop = Loop::open().value();
  auto listener = listen(loop, loopback(), tcp()).value();
  StreamConnection client = connect(loop, host("localhost", listener.local_address().port), tcp());
  client.ready().wait().value();
}

void a_lookup() {
  Loop loop = Loop::open().value();
  Lookup lookup = resolve(loop, "localhost", {"A", "AAAA"}).value();
  while (lookup.next().wait().value()) {
  }
  EXPECT_FALSE(loop.path().value().interfaces.empty());
}

void a_detached_program() {
  Loop loop = Loop::open().value();
  auto listener = listen(loop, loopback(), tcp()).value();
  int done = 0;
  listener.on_connection([&](StreamConnection connection) {
    connection.send("hello", Last::yes).detach([&done, connection](const Result<void>&) {
      ++done;
    });
  });
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  client.receive(5).detach([&](const Result<Message>&) {
    ++done;
    loop.stop();
  });
  loop.post([&] { ++done; });
  loop.run();
}

void a_stopped_wait() {
  Loop loop = Loop::open().value();
  std::stop_source source;
  Operation<void> wait = loop.sleep(1h).stop_on(source.get_token());
  wait.start([&](const Result<void>&) { loop.stop(); });
  source.request_stop();
  loop.run();
}

/// Runs the program with memory short from allocation `index` on. True if it asked for that one.
bool run_short_of_memory(void (*program)(), std::size_t index, std::size_t count) {
  const std::ptrdiff_t descriptors = count_descriptors();
  const std::ptrdiff_t live = count_live();
  bool thrown = false;
  fail_allocations(index, count);
  try {
    program();
  } catch (const std::bad_alloc&) {
    thrown = true;
  } catch (const std::bad_expected_access<Error>& failure) {
    EXPECT_EQ(failure.error().kind(), ErrorKind::resources_exhausted);
  }
  const bool failed = stop_failing();
  EXPECT_TRUE(failed || !thrown);
  EXPECT_EQ(count_descriptors(), descriptors) << "after allocation " << index;
  EXPECT_EQ(count_live(), live) << "after allocation " << index;
  return failed;
}

/// Lets the first allocation of the program fail, then the second, and so on until none is left: that one
/// alone, and then with all that follow, among them those of destructors.
void exhaust(void (*program)()) {
  program();  // what the runtime allocates once is there from now on
  std::size_t index = 0;
  for (bool failed = true; failed && !testing::Test::HasFailure(); ++index)
    failed =
        run_short_of_memory(program, index, 1) && run_short_of_memory(program, index, SIZE_MAX / 2);
  testing::Test::RecordProperty("allocations", static_cast<int>(index - 1));
}

TEST(Exhaustion, threat_111_of_an_echo_is_told_or_survived) { exhaust(stream_echo); }
TEST(Exhaustion, threat_111_of_large_receives_is_told_or_survived) {
  exhaust(many_receives_and_a_large_minimum);
}
TEST(Exhaustion, threat_111_of_a_blocked_sender_is_told_or_survived) { exhaust(blocked_sender); }
TEST(Exhaustion, threat_111_of_datagrams_is_told_or_survived) { exhaust(datagrams); }
TEST(Exhaustion, threat_111_of_framed_messages_is_told_or_survived) { exhaust(framed_messages); }
TEST(Exhaustion, threat_111_of_a_refused_connection_is_told_or_survived) {
  exhaust(refused_and_reported);
}
TEST(Exhaustion, threat_111_of_a_connection_by_name_is_told_or_survived) {
  exhaust(localhost_by_name);
}
TEST(Exhaustion, threat_111_of_a_lookup_is_told_or_survived) { exhaust(a_lookup); }
TEST(Exhaustion, threat_111_of_detached_operations_is_told_or_survived) {
  exhaust(a_detached_program);
}
TEST(Exhaustion, threat_111_of_a_stopped_wait_is_told_or_survived) { exhaust(a_stopped_wait); }

}  // namespace
}  // namespace bowline::test
