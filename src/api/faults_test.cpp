#include <gtest/gtest.h>

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/compose.h"
#include "linux/fault_system.h"
#include "wire/dns/message.h"

// Whole programs on this host's kernel, in which every system call fails once in every way that it may.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using linux_host::faults_per_call_max;
using linux_host::OneFault;

/// A program with all its ends on one loop: it succeeds, or says why not.
using Flow = Result<void> (*)(Loop&);

std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

constexpr const char* too_long = "nothing happened for a long time";

/// Runs the loop until the operation is done.
template <class T>
Result<T> within(Loop& loop, Duration limit, Operation<T> operation) {
  Result<T> outcome = Error(ErrorKind::internal, "test", too_long);
  Operation<void> timer = loop.sleep(limit);  // a limit, not a wait
  operation.start([&](Result<T> result) {
    outcome = std::move(result);
    timer.cancel();
  });
  (void)std::move(timer).wait().has_value();
  return outcome;
}
constexpr Duration limit = 20s;

Endpoint loopback(std::uint16_t port = 0) {
  return Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), port));
}

/// Answers every question for an A record with 127.0.0.1, over UDP always by "ask over TCP" if told.
std::vector<std::byte> dns_answer(std::span<const std::byte> query, bool truncated) {
  const auto asked = wire::DnsMessage::parse(query);
  if (!asked.has_value() || asked->questions.empty()) return {};
  wire::DnsMessage answer;
  answer.id = asked->id;
  answer.response = true;
  answer.recursion_available = true;
  answer.truncated = truncated;
  answer.questions = asked->questions;
  const wire::Question& question = asked->questions.front();
  if (question.type == wire::RecordType::a && !truncated) {
    wire::Record record;
    record.name = question.name;
    record.type = question.type;
    record.ttl_seconds = 60;
    record.data = IpAddress::loopback(Family::ipv4);
    answer.answers.push_back(record);
  }
  return answer.encode();
}

Task<> serve_dns(DatagramConnection flow, bool truncated) {
  for (;;) {
    const Result<Message> query = co_await flow.receive();
    if (!query.has_value() && flow.state() != ConnectionState::ready) break;
    if (!query.has_value()) continue;
    const std::vector<std::byte> answer = dns_answer(query->bytes(), truncated);
    const Result<void> sent = co_await flow.send(answer);
    static_cast<void>(sent.has_value());  // the network may lose it
  }
}

Task<> serve_dns(MessageConnection stream) {
  for (;;) {
    const Result<Message> query = co_await stream.receive();
    if (!query.has_value() || query->end_of_stream()) break;
    const std::vector<std::byte> answer = dns_answer(query->bytes(), false);
    const Result<void> sent = co_await stream.send(answer);
    if (!sent.has_value()) break;
  }
}

Task<> echo(StreamConnection connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->end_of_stream()) break;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) break;
  }
  const Result<void> closed = co_await connection.close();
  static_cast<void>(closed.has_value());
}

Task<> echo(DatagramConnection flow) {
  for (;;) {
    const Result<Message> received = co_await flow.receive();
    if (!received.has_value() && flow.state() != ConnectionState::ready) break;
    if (!received.has_value()) continue;
    const Result<void> sent = co_await flow.send(received->bytes());
    static_cast<void>(sent.has_value());
  }
}

/// An address has no way to say that the system did not tell it.
Error unknown_port() { return {ErrorKind::closed, "test", "the system does not say which port"}; }

Result<void> expect(std::string_view got, std::string_view wanted) {
  if (got == wanted) return {};
  return Error(ErrorKind::closed, "test", "the other end gave up");
}

/// Resolves by our own server, listens, accepts, connects by name, echoes and closes.
Result<void> tcp_by_name(Loop& loop) {
  BOWLINE_TRY(auto dns, listen(loop, loopback(), udp()));
  dns.on_connection([](DatagramConnection flow) { spawn(serve_dns(std::move(flow), false)); });
  BOWLINE_TRY(auto listener, listen(loop, loopback(), tcp()));
  listener.on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
  const Parameters parameters =
      Parameters().wait(false).connect_within(10s).resolver(dns.local_address());
  StreamConnection client =
      connect(loop, host("www.example.com", listener.local_address().port), tcp(), parameters);
  BOWLINE_TRY_VOID(within(loop, limit, client.ready()));
  BOWLINE_TRY_VOID(within(loop, limit, client.send("there and back")));
  BOWLINE_TRY_VOID(within(loop, limit, client.finish()));
  BOWLINE_TRY(const Message back, within(loop, limit, client.receive(14)));
  BOWLINE_TRY_VOID(expect(back.text(), "there and back"));
  BOWLINE_TRY(const Message end, within(loop, limit, client.receive()));
  BOWLINE_TRY_VOID(expect(end.text(), ""));
  BOWLINE_TRY_VOID(within(loop, limit, client.close()));
  return {};
}

/// Bulk under a framer: blocked writes and the high-water mark take part.
Result<void> framed_bulk(Loop& loop) {
  const auto stack =
      length_prefixed(tcp().send_buffer_bytes(64 * 1024).receive_buffer_bytes(64 * 1024));
  BOWLINE_TRY(auto listener, listen(loop, loopback(), stack));
  if (listener.local_address().port == 0) return unknown_port();
  MessageConnection client = connect(loop, Endpoint(listener.local_address()), stack,
                                     Parameters().wait(false).connect_within(10s));
  BOWLINE_TRY_VOID(within(loop, limit, client.ready()));
  const std::string large(1'000'000, 'l');
  client.send(large).detach();
  client.send("small").detach();
  BOWLINE_TRY(MessageConnection server, within(loop, limit, listener.accept()));
  BOWLINE_TRY(const Message first, within(loop, limit, server.receive()));
  BOWLINE_TRY_VOID(expect(first.text(), large));
  BOWLINE_TRY(const Message second, within(loop, limit, server.receive()));
  BOWLINE_TRY_VOID(expect(second.text(), "small"));
  server.abort();
  const Result<Message> broken = within(loop, limit, client.receive());
  return broken.has_value() ? expect(broken->text(), "") : Result<void>();
}

/// Datagrams may get lost: then they are sent again, as every program over UDP does.
Result<void> udp_echo(Loop& loop) {
  BOWLINE_TRY(auto listener, listen(loop, loopback(), udp()));
  listener.on_connection([](DatagramConnection flow) { spawn(echo(std::move(flow))); });
  DatagramConnection client = connect(loop, Endpoint(listener.local_address()), udp(),
                                      Parameters().wait(false).connect_within(10s));
  BOWLINE_TRY_VOID(within(loop, limit, client.ready()));
  Result<void> last;
  for (int i = 0; i < 5; ++i) {
    last = within(loop, limit, client.send_batch(std::as_bytes(std::span("one two three", 13)), 4));
    if (!last.has_value()) continue;
    const Result<Message> back = within(loop, 200ms, client.receive());
    if (back.has_value()) return within(loop, limit, client.close());
    last = back.error();
  }
  return last;
}

/// One port for both transports: the system knows it of one of them, and of the other whether it is free.
struct DnsPort {
  Listener<DatagramConnection> udp;
  Listener<MessageConnection> tcp;
};
Result<DnsPort> open_dns_port(Loop& loop) {
  const auto stack = length_prefixed(tcp(), LengthPrefix().bytes(2));
  for (;;) {
    BOWLINE_TRY(auto dns, listen(loop, loopback(), udp()));
    if (dns.local_address().port == 0) return unknown_port();
    auto over_tcp = listen(loop, loopback(dns.local_address().port), stack);
    if (over_tcp.has_value()) return DnsPort{std::move(dns), *std::move(over_tcp)};
    if (over_tcp.error().kind() != ErrorKind::address_in_use) return over_tcp.error();
  }
}

/// A lookup whose answer does not fit into a datagram, and one of a name in the hosts file.
Result<void> look_up(Loop& loop) {
  BOWLINE_TRY(DnsPort dns_port, open_dns_port(loop));
  auto& [dns, dns_over_tcp] = dns_port;
  dns.on_connection([](DatagramConnection flow) { spawn(serve_dns(std::move(flow), true)); });
  dns_over_tcp.on_connection([](MessageConnection stream) { spawn(serve_dns(std::move(stream))); });
  const LookupOptions options = LookupOptions().server(dns.local_address());
  BOWLINE_TRY(Lookup lookup, resolve(loop, "www.example.com", {"A"}, options));
  BOWLINE_TRY(const auto answer, within(loop, limit, lookup.next()));
  if (!answer || answer->addresses.size() != 1)
    return answer && answer->error ? *answer->error : Error(ErrorKind::closed, "test", "no answer");
  BOWLINE_TRY(Lookup local, resolve(loop, "localhost", {"A"}, options));
  BOWLINE_TRY(const auto own, within(loop, limit, local.next()));
  if (!own || own->addresses.empty()) return Error(ErrorKind::closed, "test", "no localhost");
  BOWLINE_TRY(const Path path, loop.path());
  return path.interfaces.empty() ? Error(ErrorKind::closed, "test", "no path") : Result<void>();
}

/// What one run of a flow came to.
struct Run {
  bool had_the_call = false;
  int fault = 0;
  Result<void> result;
};

Run run(Flow flow, std::size_t index, std::size_t variant) {
  OneFault fault(index, variant);
  Run run;
  run.result = [&]() -> Result<void> {
    BOWLINE_TRY(auto host, linux_host::make_host(fault));
    Loop loop = make_loop(std::move(host));
    return flow(loop);
  }();
  const auto outcome = fault.outcome();
  run.had_the_call = outcome.has_value();
  run.fault = outcome ? outcome->fault : 0;
  if (!run.result.has_value() && run.result.error().message() == too_long && run.fault != 0) {
    ADD_FAILURE() << "hangs after call " << index << ", " << to_string(outcome->call)
                  << ", failed with " << run.fault;
  }
  return run;
}

/// What the workers of one torture share.
struct Tally {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> fired = 0;
  std::atomic<bool> done = false;
};

/// Takes calls and faults in turn until there is no such call.
void run_on(Flow flow, Tally& tally) {
  while (!tally.done) {
    const std::size_t number = tally.next++;
    const Run one = run(flow, number / faults_per_call_max, number % faults_per_call_max);
    if (one.fault != 0) ++tally.fired;
    if (one.had_the_call) continue;
    tally.done = true;
    EXPECT_TRUE(one.result.has_value()) << "without any fault: " << to_string(one.result.error());
  }
}

/// Runs the flow with each fault at each call, many at a time: they mostly wait for their repetitions.
///
/// returns   how many faults fired
std::size_t torture(Flow flow) {
  const std::ptrdiff_t descriptors = count_descriptors();
  Tally tally;
  std::vector<std::thread> workers;
  for (int i = 0; i < 16; ++i) workers.emplace_back([&] { run_on(flow, tally); });
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(count_descriptors(), descriptors);
  testing::Test::RecordProperty("faults", static_cast<int>(tally.fired));
  return tally.fired;
}

TEST(Faults, threat_15_a_connection_by_name_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(tcp_by_name), 150U);
}

TEST(Faults, threat_15_framed_bulk_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(framed_bulk), 150U);
}

TEST(Faults, threat_15_a_udp_exchange_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(udp_echo), 80U);
}

TEST(Faults, threat_15_a_lookup_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(look_up), 120U);
}

TEST(Faults, threat_14_a_listener_out_of_descriptors_pauses_and_recovers_within_a_second) {
  linux_host::CallFault fault(linux_host::Call::accept);
  Loop loop = make_loop(linux_host::make_host(fault).value());
  auto listener = listen(loop, loopback(), tcp()).value();
  int accepted = 0;
  listener.on_connection([&](const StreamConnection&) { ++accepted; });
  int pauses = 0;
  loop.trace([&](const TraceEvent& event) { pauses += event.kind == "accept_paused" ? 1 : 0; });
  fault.fail_with(EMFILE);
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  ASSERT_TRUE(within(loop, limit, client.ready()).has_value());
  Operation<Message> never = client.receive();
  EXPECT_EQ(within(loop, 1s, std::move(never)).error().message(), too_long);
  EXPECT_EQ(accepted, 0);
  EXPECT_GE(pauses, 2);
  EXPECT_LE(pauses, 12) << "it burns time instead of waiting";
  fault.fail_with(0);
  const Instant back = loop.now();
  const Result<Message> end = within(loop, limit, client.receive());
  EXPECT_EQ(accepted, 1);
  EXPECT_LE(loop.now() - back, 1s);
  EXPECT_TRUE(end.has_value() && end->end_of_stream());
}

TEST(Races, threat_7_by_the_hundred_on_real_sockets_leave_no_descriptor) {
  const std::ptrdiff_t descriptors = count_descriptors();
  {
    Loop loop;
    auto listener = listen(loop, Endpoint(), tcp()).value();
    listener.on_connection([](const StreamConnection&) {});
    const std::uint16_t port = listener.local_address().port;
    for (int i = 0; i < 300; ++i) {
      StreamConnection connection = connect(loop, host("localhost", port), tcp(),
                                            Parameters().attempt_delay(Duration(i % 7)));
      if (i % 5 == 0) continue;
      EXPECT_TRUE(within(loop, limit, connection.ready()).has_value());
      if (i % 5 == 1) connection.abort();
    }
  }
  EXPECT_EQ(count_descriptors(), descriptors);
}

}  // namespace
}  // namespace bowline
