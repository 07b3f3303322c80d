#pragma once

#include <cassert>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/gnutls/engine.h"
#include "crypto/gnutls/testing/test_certificates.h"

namespace bowline::crypto::testing {

[[nodiscard]] inline ports::TlsParameters parameters_for(ports::TlsRole role) {
  ports::TlsParameters made;
  made.role = role;
  return made;
}

/// A day in 2026, until it is set.
class TestWallClock final : public ports::WallClock {
 public:
  [[nodiscard]] ports::WallTime now() const override { return time; }
  ports::WallTime time{std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)};
};

/// Answers as it is told, at once or when the test says so, and remembers what it was asked.
class TestVerifier final : public ports::TlsVerifier {
 public:
  std::optional<ports::TlsVerdict> verify(ports::TlsSession&, const ports::TlsQuestion& question,
                                          ports::WallTime) override {
    questions.push_back(question);
    if (answers_later) return std::nullopt;
    return verdict;
  }
  void forget(ports::TlsSession&) override { ++forgotten; }

  static ports::TlsVerdict trusted() { return {.trusted = true, .reason = {}, .alert = 42}; }
  static ports::TlsVerdict refused(std::uint8_t alert = 42) {
    return {.trusted = false,
            .reason = Error(ErrorKind::untrusted, ErrorDomain::tls, alert, "judge", "not today"),
            .alert = alert};
  }

  std::vector<ports::TlsQuestion> questions;
  ports::TlsVerdict verdict = trusted();
  bool answers_later = false;
  int forgotten = 0;
};

/// One end under test, with everything that it has received.
struct TestEnd {
  std::unique_ptr<ports::TlsSession> session;
  std::string received;
  std::string early;
  std::vector<std::byte> unread;  ///< ciphertext that it did not consume yet
  bool write_side_is_closed = false;
};

/// An engine, two configurations that fit, and a client and a server that are connected by memory.
class SessionScene {
 public:
  SessionScene() {
    client_configuration.verifier = client_verifier;
    server_configuration.verifier = server_verifier;
    server_configuration.identities = {identity_for({"a.test"})};
  }

  [[nodiscard]] std::shared_ptr<ports::TlsIdentity> identity_for(
      const std::vector<std::string>& names, TestKey kind = TestKey::ec,
      unsigned rsa_bits = 2048) const {
    const TestCertificate leaf = root.issue(names, kind, rsa_bits);
    auto made = engine->make_identity(as_bytes(leaf.pem), as_bytes(leaf.key_pem), {});
    assert(made.has_value());
    return *made;
  }

  /// Makes both ends; the client knows the server by this name.
  void make(const std::string& name = "a.test") {
    ports::TlsParameters parameters;
    parameters.peer_name = name;
    make(std::move(parameters));
  }
  void make(ports::TlsParameters of_client, std::vector<std::byte> quic_parameters_of_server = {}) {
    of_client.role = ports::TlsRole::client;
    ports::TlsParameters of_server;
    of_server.role = ports::TlsRole::server;
    of_server.quic_parameters = std::move(quic_parameters_of_server);
    client = end(client_configuration, std::move(of_client));
    server = end(server_configuration, std::move(of_server));
  }
  void start() {
    client.session->start(now);
    server.session->start(now);
  }
  /// Moves ciphertext both ways until nothing moves, in pieces of at most `piece` bytes.
  void pump(std::size_t piece = 100'000) {
    while (pump_one(client, server, piece) | pump_one(server, client, piece)) {
    }
  }
  void connect(std::size_t piece = 100'000) {
    start();
    pump(piece);
  }
  /// Writes all of it, and leaves the ciphertext with the session for pump().
  void write(TestEnd& from, std::string_view text) {
    std::vector<std::byte> room;
    while (!text.empty()) {
      room.resize(from.session->ciphertext_bytes_max(text.size()));
      const auto moved = from.session->write_plaintext(as_bytes(text), room);
      assert(moved.has_value());
      room.resize(moved->produced);
      TestEnd& to = &from == &client ? server : client;
      to.unread.insert(to.unread.end(), room.begin(), room.end());
      text.remove_prefix(moved->consumed);
      if (moved->consumed == 0) break;
    }
  }

  [[nodiscard]] bool both_are(ports::TlsState state) const {
    return client.session->state() == state && server.session->state() == state;
  }

  TestWallClock wall_clock;
  SeededRandom random{1};
  std::unique_ptr<ports::TlsEngine> engine = make_engine(wall_clock, random);
  TestRoot root;
  std::shared_ptr<TestVerifier> client_verifier = std::make_shared<TestVerifier>();
  std::shared_ptr<TestVerifier> server_verifier = std::make_shared<TestVerifier>();
  ports::TlsConfiguration client_configuration;
  ports::TlsConfiguration server_configuration;
  TestEnd client;
  TestEnd server;
  Instant now{std::chrono::seconds(1000)};

 private:
  TestEnd end(const ports::TlsConfiguration& configuration, ports::TlsParameters parameters) {
    auto made = engine->make_session(std::make_shared<ports::TlsConfiguration>(configuration),
                                     std::move(parameters));
    assert(made.has_value());
    TestEnd fresh;
    fresh.session = *std::move(made);
    return fresh;
  }
  bool pump_one(TestEnd& from, TestEnd& to, std::size_t piece) {
    bool moved = false;
    std::vector<std::byte> block(piece);
    if (to.unread.empty()) {
      const std::size_t count = from.session->give_ciphertext(block);
      to.unread.insert(to.unread.end(), block.begin(), block.begin() + static_cast<long>(count));
      moved = count > 0;
    }
    while (!to.unread.empty()) {
      const std::size_t size = std::min(piece, to.unread.size());
      const auto taken = to.session->take_ciphertext(std::span(to.unread).first(size), now);
      if (!taken.has_value()) {
        to.unread.clear();
        break;
      }
      to.unread.erase(to.unread.begin(), to.unread.begin() + static_cast<long>(*taken));
      const bool has_read = read(to);
      if (*taken == 0 && !has_read) break;
      moved = true;
    }
    return read(to) || moved;
  }
  static bool read(TestEnd& to) {
    std::vector<std::byte> block(20'000);
    bool any = false;
    while (true) {
      const auto early = to.session->read_early_data(block);
      if (!early.has_value() || *early == 0) break;
      to.early += as_text(std::span(block).first(*early));
      any = true;
    }
    while (true) {
      const auto count = to.session->read_plaintext(block);
      if (!count.has_value() || *count == 0) return any;
      to.received += as_text(std::span(block).first(*count));
      any = true;
    }
  }
};

}  // namespace bowline::crypto::testing
