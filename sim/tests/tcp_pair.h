#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "sim/tcp/connection.h"

namespace bowline::sim {

using namespace std::chrono_literals;

/// Chances in per mille that a segment meets an accident.
struct TcpFaults {
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t delayed = 0;
};

/// Two connections and the wire between them, in virtual time.
class TcpPair {
 public:
  explicit TcpPair(TcpOptions options = {}, TcpFaults faults = {}, std::uint64_t seed = 1)
      : options_(options),
        faults_(faults),
        random_(seed),
        client(TcpConnection::open(options, 0xfffffff0, now)) {
    drain(client, true);
  }

  /// Runs until nothing more is going to happen before `limit`.
  void run_for(Duration limit) {
    const Instant until = now + limit;
    while (step(until)) {
    }
    now = until;
  }
  /// Takes the next segment or timeout; false if there is none before `until`.
  bool step(Instant until) {
    std::optional<Instant> next;
    const auto consider = [&](std::optional<Instant> at) {
      if (at && *at <= until && (!next || *at < *next)) next = at;
    };
    if (!flying_.empty()) consider(flying_.begin()->first.first);
    consider(client.deadline());
    if (server) consider(server->deadline());
    if (!next) return false;
    now = std::max(now, *next);
    deliver();
    client.handle_timeout(now);
    if (server) server->handle_timeout(now);
    drain_both();
    return true;
  }
  void drain_both() {
    drain(client, true);
    if (server) drain(*server, false);
  }
  void establish() {
    while (client.is_connecting() && step(now + 300s)) {
    }
    run_for(1s);
  }

  Instant now{1ms};
  Duration delay = 10ms;
  bool cut = false;  ///< nothing arrives any more
  bool server_listens = true;
  std::size_t payload_bytes_max = SIZE_MAX;  ///< larger ones vanish
  int segments = 0;

 private:
  /// A segment on its way: it owns what it carries.
  struct Flight {
    wire::TcpSegment segment;
    std::vector<std::byte> payload;
  };

  void drain(TcpConnection& from, bool from_client) {
    while (const auto segment = from.poll(now)) {
      ++segments;
      if (cut || random_.below(1000) < faults_.lost || segment->payload.size() > payload_bytes_max)
        continue;
      launch(*segment, from_client);
      if (random_.below(1000) < faults_.doubled) launch(*segment, from_client);
    }
  }
  void launch(const wire::TcpSegment& segment, bool from_client) {
    const Duration more =
        random_.below(1000) < faults_.delayed ? Duration(random_.below(30'000'000)) : 0ms;
    flying_[{now + delay + more, sequence_++}] = {
        from_client, Flight{segment, {segment.payload.begin(), segment.payload.end()}}};
  }
  void deliver() {
    while (!flying_.empty() && flying_.begin()->first.first <= now) {
      auto [from_client, flight] = flying_.begin()->second;
      flying_.erase(flying_.begin());
      flight.segment.payload = flight.payload;
      if (!from_client)
        client.handle(flight.segment, now);
      else if (server)
        server->handle(flight.segment, now);
      else if (server_listens && flight.segment.syn)
        server = TcpConnection::answer(options_, 7, flight.segment, now);
      drain_both();
    }
  }

  TcpOptions options_;
  TcpFaults faults_;
  SeededRandom random_;
  std::map<std::pair<Instant, std::uint64_t>, std::pair<bool, Flight>> flying_;
  std::uint64_t sequence_ = 0;

 public:
  TcpConnection client;
  std::optional<TcpConnection> server;
};

[[nodiscard]] inline std::string read_all(TcpConnection& connection) {
  std::string text;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const auto count = connection.read(buffer);
    if (!count.has_value() || *count == 0) return text;
    text += as_text(std::span(buffer).first(*count));
  }
}

}  // namespace bowline::sim
