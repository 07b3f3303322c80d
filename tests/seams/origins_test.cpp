#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/sim/simulation.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "drive/connection/origin.h"
#include "drive/stream/stream_connection.h"

namespace bowline::test {
namespace {

/// One stream of a session that keeps what is written, and has something to read.
class SessionStream final : public ports::ByteStream {
 public:
  SessionStream(std::string incoming, std::string& written, int& aborts)
      : incoming_(std::move(incoming)), written_(written), aborts_(aborts) {}

  void observe(ports::SocketObserver& /*observer*/) override {}
  Result<ports::Transfer> read(std::span<std::byte> into) override {
    ports::Transfer transfer;
    transfer.bytes = std::min(into.size(), incoming_.size());
    std::memcpy(into.data(), incoming_.data(), transfer.bytes);
    incoming_.erase(0, transfer.bytes);
    transfer.blocked = transfer.bytes == 0;
    return transfer;
  }
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override {
    ports::Transfer transfer;
    for (const auto& piece : pieces) {
      written_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      transfer.bytes += piece.size();
    }
    return transfer;
  }
  Result<ports::Transfer> finish() override { return ports::Transfer{}; }
  Result<void> check() override { return {}; }
  [[nodiscard]] bool has_unacknowledged() const override { return false; }
  void abort() noexcept override { ++aborts_; }
  [[nodiscard]] SocketAddress local_address() const override { return {}; }
  [[nodiscard]] SocketAddress remote_address() const override {
    return SocketAddress(IpAddress::any(Family::ipv4), 4433);
  }
  [[nodiscard]] ports::StreamStatistics statistics() const override { return {}; }
  void append_facts(std::vector<ports::LayerFacts>& layers) const override {
    layers.push_back({"session", {}, {}, {}, {}});
  }

 private:
  std::string incoming_;
  std::string& written_;
  int& aborts_;
};

/// A session as the origin of its streams: it counts them, and knows how it came to be itself.
class SessionOrigin final : public drive::Origin {
 public:
  using Origin::Origin;
  [[nodiscard]] bool describe(Report::Facts& report,
                              std::vector<ports::LayerFacts> /*layers*/) const override {
    report.endpoint = host("session.example.com", 443);
    report.previous_attempts = 7;
    return true;
  }
  void opened(drive::AcceptedHook& /*connection*/) override { ++open; }
  void closed(drive::AcceptedHook& /*connection*/) override { --open; }
  int open = 0;
};

struct SessionScene {
  StreamConnection next(std::string incoming) {
    auto made = drive::make_connection<drive::StreamConnection>(
        loop.core(), detail::Ref<drive::Origin>(origin),
        std::make_unique<SessionStream>(std::move(incoming), written, aborts));
    StreamConnection connection(*made);
    made->count_in();
    return connection;
  }

  sim::Simulation sim{1};
  sim::Host& home = sim.add_host("home");
  Loop loop{home};
  detail::Ref<SessionOrigin> origin{new SessionOrigin(tcp().plan(), Parameters())};
  std::string written;
  int aborts = 0;
};

TEST(Origins, a_stream_of_a_session_is_a_connection_that_was_neither_raced_nor_accepted) {
  SessionScene scene;
  StreamConnection first = scene.next("");
  StreamConnection second = scene.next("");
  EXPECT_EQ(first.state(), ConnectionState::ready);
  EXPECT_EQ(scene.origin->open, 2);
  ASSERT_TRUE(first.send("to the peer").wait().has_value());
  EXPECT_EQ(scene.written, "to the peer");
  ASSERT_TRUE(first.close().wait().has_value());
  EXPECT_EQ(scene.origin->open, 1);
  second.abort();
  EXPECT_EQ(scene.aborts, 1);
  EXPECT_EQ(scene.origin->open, 0);
}

TEST(Origins, the_report_of_a_connection_says_what_its_origin_knows) {
  SessionScene scene;
  const StreamConnection connection = scene.next("");
  const Report report = connection.report();
  EXPECT_EQ(to_string(report.endpoint()), "session.example.com:443");
  EXPECT_EQ(report.previous_attempts(), 7U);
  EXPECT_TRUE(report.attempts().empty());
}

TEST(Origins, restart_means_nothing_to_a_connection_that_came_ready) {
  SessionScene scene;
  StreamConnection connection = scene.next("");
  connection.restart();
  EXPECT_EQ(connection.state(), ConnectionState::ready);
}

}  // namespace
}  // namespace bowline::test
