#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/stack.h>

#include <cstdint>
#include <new>
#include <optional>

#include "allocations.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

// Moments without memory that no flow comes to by itself.

TEST(Shortage, ends_a_receive_once_whose_bytes_cannot_be_taken_back) {
  Loop loop = Loop::open().value();
  auto listener =
      *listen(loop, Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)), tcp());
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  StreamConnection server = *listener.accept().wait();
  ASSERT_TRUE(server.send("xabcdef").wait().has_value());
  ASSERT_EQ(client.receive(1, 1).wait()->text(), "x");
  int calls = 0;
  std::optional<Operation<Message>> first(client.receive(1, 3));
  Operation<Message> second = client.receive(1, 3);
  Operation<Message> third = client.receive(1, 3);
  first->start([](const Result<Message>&) { ADD_FAILURE() << "dropped"; });
  second.start([&](const Result<Message>&) { ++calls; });
  third.start([&](const Result<Message>&) { ++calls; });
  fail_allocations(0, SIZE_MAX / 2);
  first.reset();
  stop_failing();
  loop.run_ready();
  loop.run_ready();
  EXPECT_EQ(calls, 2);
}

TEST(Shortage, ends_the_datagrams_of_closing_flows_once) {
  for (std::size_t index = 0;; ++index) {
    Loop loop = Loop::open().value();
    auto listener =
        *listen(loop, Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)), udp());
    const auto make_flow = [&] {
      DatagramConnection client = connect(loop, Endpoint(listener.local_address()), udp());
      client.send("hello").detach();
      DatagramConnection flow = *listener.accept().wait();
      return std::pair(client, flow);
    };
    auto [one_client, one] = make_flow();
    auto [two_client, two] = make_flow();
    int calls = 0;
    const auto count = [&](const Result<void>&) { ++calls; };
    one.send("a").detach(count);
    one.send("b").detach(count);
    two.send("c").detach(count);
    Operation<void> close_one = one.close();
    Operation<void> close_two = two.close();
    fail_allocations(1, 1);  // of the plan: it closes, and its datagrams are still queued
    try {
      close_one.start([](const Result<void>&) {});
    } catch (const std::bad_alloc&) {  // for want of memory
    }
    stop_failing();
    fail_allocations(index, 1);
    try {
      close_two.start([](const Result<void>&) {});
    } catch (const std::bad_alloc&) {  // for want of memory
    }
    const bool failed = stop_failing();
    for (int i = 0; i < 10; ++i) loop.run_ready();
    EXPECT_EQ(calls, 3) << "after allocation " << index;
    if (!failed) break;
  }
}

}  // namespace
}  // namespace bowline::test
