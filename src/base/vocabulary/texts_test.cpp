#include <bowline/detail/facts.h>
#include <bowline/ostream.h>

#include <gtest/gtest.h>

#include <sstream>

namespace bowline {
namespace {

using std::chrono::milliseconds;

template <class T>
std::string streamed(const T& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

SocketAddress web() { return SocketAddress::parse("192.0.2.80:443").value(); }

Attempt attempt() {
  Attempt::Facts facts;
  facts.id = "C8.1.2";
  facts.remote = web();
  facts.protocol = "tcp";
  facts.started = milliseconds(5);
  facts.ended = milliseconds(25);
  facts.outcome = AttemptOutcome::won;
  return Attempt(std::move(facts));
}

Report::Facts report() {
  Report::Facts facts;
  facts.id = "C8";
  facts.endpoint = host("example.com", 443);
  facts.remote = web();
  facts.total = milliseconds(250);
  facts.attempts.push_back(attempt());
  return facts;
}

Interface interface(const char* name) {
  Interface::Facts facts;
  facts.index = 2;
  facts.name = name;
  facts.type = InterfaceType::wired;
  facts.up = facts.running = true;
  facts.mtu = 1500;
  const IpAddress address = IpAddress::parse("192.0.2.10").value();
  facts.addresses.emplace_back(
      InterfaceAddress::Facts{IpPrefix(address, 24), address, true, false, false});
  return Interface(std::move(facts));
}

TEST(Texts, of_attempts_and_reports_are_one_line) {
  EXPECT_EQ(to_string(attempt()), "C8.1.2 tcp 192.0.2.80:443: won after 20 ms");
  EXPECT_EQ(to_string(Report(report())),
            "C8 example.com:443: connected to 192.0.2.80:443 after 250 ms, 1 attempt");
  Report::Facts failed = report();
  failed.error = Error(ErrorKind::timed_out, "connect", "too late");
  EXPECT_EQ(to_string(Report(std::move(failed))),
            "C8 example.com:443: connect: timed out: too late");
}

TEST(Texts, of_answers_tell_each_record_and_its_ttl) {
  Resolution::Facts facts;
  facts.type = "A";
  facts.name = "www.example.com";
  facts.duration = milliseconds(12);
  facts.records.emplace_back(ResolvedRecord::Facts{
      .data = "192.0.2.1", .address = std::nullopt, .ttl_seconds = 300, .name = {}, .type = {}});
  facts.records.emplace_back(ResolvedRecord::Facts{
      .data = "192.0.2.2", .address = std::nullopt, .ttl_seconds = 60, .name = {}, .type = {}});
  EXPECT_EQ(to_string(Resolution(Resolution::Facts(facts))),
            "A www.example.com: 192.0.2.1 (300 s), 192.0.2.2 (60 s), from query in 12 ms");
  facts.status = ResolutionStatus::nxdomain;
  facts.source = ResolutionSource::cache;
  EXPECT_EQ(to_string(Resolution(std::move(facts))), "A www.example.com: nxdomain, from cache");
}

TEST(Texts, of_the_network) {
  EXPECT_EQ(to_string(interface("eth0")), "eth0 (wired): up, mtu 1500, 192.0.2.10/24 deprecated");
  EXPECT_EQ(to_string(Route(Route::Facts{IpPrefix(IpAddress(), 0), web().ip, 2, 100})),
            "0.0.0.0/0 via 192.0.2.80 on interface 2, metric 100");
  EXPECT_EQ(to_string(Path()), "not satisfied");
  Path::Facts path;
  path.satisfied = path.supports_ipv4 = path.supports_dns = true;
  EXPECT_EQ(to_string(Path(std::move(path))), "satisfied: ipv4, dns");
}

TEST(Texts, escape_what_came_from_outside) {
  EXPECT_EQ(to_string(interface("e\x1b[0m")).find('\x1b'), std::string::npos);
}

TEST(Texts, of_bytes_count_them) {
  const std::string_view text = "hello";
  const Buffer buffer = Buffer::copy_of(std::as_bytes(std::span(text)));
  EXPECT_EQ(to_string(buffer), "5 bytes");
  EXPECT_EQ(to_string(Message(buffer, true, false)), "5 bytes");
  EXPECT_EQ(to_string(MessageBatch(buffer, 1)), "5 messages of 1 byte");
}

TEST(Texts, go_to_streams) {
  EXPECT_EQ(streamed(any(80)), "[::]:80");
  EXPECT_EQ(streamed(loopback(80)), "127.0.0.1:80");
  EXPECT_EQ(streamed(loopback(80, Family::ipv6)), "[::1]:80");
  EXPECT_EQ(streamed(ErrorKind::refused), "refused");
  EXPECT_EQ(streamed(attempt()), to_string(attempt()));
  EXPECT_EQ(streamed(ResidentKind::lookup), "lookup");
}

TEST(Facts, a_value_that_was_never_filled_or_is_moved_from_tells_the_defaults) {
  EXPECT_TRUE(Report().attempts().empty());
  EXPECT_EQ(Attempt().outcome(), AttemptOutcome::running);
  Report moved(report());
  const Report kept = std::move(moved);
  EXPECT_EQ(moved.id(), "");  // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_EQ(kept.id(), "C8");
}

TEST(Facts, lists_of_a_temporary_can_be_walked_through) {
  std::size_t count = 0;
  for (const Attempt& one : Report(report()).attempts()) count += one.id() == "C8.1.2" ? 1U : 0U;
  EXPECT_EQ(count, 1U);
}

}  // namespace
}  // namespace bowline
