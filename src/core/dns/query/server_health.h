#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <bowline/address.h>
#include <bowline/time.h>

#include "base/random.h"

namespace bowline::core {

/// Which servers answer, and how fast: in which order to ask them, and how long to wait for each.
///
/// A server that stayed silent is parked: asked only after all others. Once its time is over, a tenth of the
/// queries tries it first, with the shortest patience, until it answers.
class ServerHealth {
 public:
  struct Options {
    Duration timeout_initial = std::chrono::seconds(2);
    Duration timeout_min = std::chrono::milliseconds(250);
    Duration timeout_max = std::chrono::seconds(5);
    Duration parked = std::chrono::seconds(5);
    Duration habits_kept =
        std::chrono::minutes(10);  ///< then a server is asked in the usual way again
    std::size_t servers_max =
        256;  ///< remembered; beyond that the one heard of least lately is forgotten
  };
  /// A server as one network knows it: another may not reach it.
  struct Server {
    Server(const SocketAddress& address_given, std::uint32_t interface_given = 0)  // NOLINT
        : address(address_given), interface_index(interface_given) {}
    SocketAddress address;
    std::uint32_t interface_index;  ///< 0 = any
    friend auto operator<=>(const Server&, const Server&) = default;
  };
  struct Choice {
    SocketAddress server;
    bool probe = false;  ///< believed dead, tried again ahead of servers that work
  };

  /// How a server has to be asked, as far as it is known.
  enum class Edns : std::uint8_t { unknown, works, fails };
  struct Habits {
    Edns edns = Edns::unknown;
    bool only_tcp = false;  ///< it was silent over UDP, and answered over TCP
  };

  ServerHealth(Options options, Random& random) : options_(options), random_(random) {}

  /// For servers of which nothing is known.
  void set_timeout_initial(Duration timeout) { options_.timeout_initial = timeout; }

  [[nodiscard]] std::vector<Choice> order(std::span<const SocketAddress> servers, Instant now,
                                          std::uint32_t interface_index = 0);
  /// How long to wait for a reply in the given pass (0, 1, ...) over the servers: five times the
  /// average round trip, doubled each pass, within the bounds.
  [[nodiscard]] Duration timeout(const Server& server, unsigned pass) const;
  [[nodiscard]] Duration probe_timeout() const { return options_.timeout_min; }

  /// `round_trip` is unknown for answers over a stream.
  void record_reply(const Server& server, std::optional<Duration> round_trip, Instant now);
  /// True if this was news: the server counted as alive until now.
  bool record_silence(const Server& server, Instant now);

  [[nodiscard]] Habits habits(const Server& server, Instant now) const;
  /// A question with EDNS was answered; or only one without was.
  void record_edns(const Server& server, bool works, Instant now);
  void record_only_tcp(const Server& server, Instant now);

 private:
  struct Record {
    std::optional<Duration> average;
    std::optional<Instant> parked_until;
    Habits habits;
    Instant habits_until{};
    Instant updated{};
  };
  [[nodiscard]] const Record* find(const Server& server) const;
  Record& touch(const Server& server, Instant now);

  Options options_;
  Random& random_;
  std::map<Server, Record> records_;
};

}  // namespace bowline::core
