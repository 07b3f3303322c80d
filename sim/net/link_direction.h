#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/sim/link.h>

#include "sim/net/world.h"

namespace bowline::sim {

/// One direction of a link: takes packets at one end, and gives them out at the other, if and when its
/// options say so.
class LinkDirection {
 public:
  struct Ends {
    std::function<void(Packet)> deliver;
    /// A packet was larger than the MTU, and its sender is to know.
    std::function<void(const Packet&, std::size_t mtu)> report_too_big;
  };

  /// `name` is what the transcript calls it: "home.eth0 out".
  LinkDirection(World& world, std::string name, LinkOptions options, Ends ends);

  void set_options(const LinkOptions& options) { options_ = options; }
  void send(Packet packet);

 private:
  void lose(const Packet& packet, std::string_view why);
  void mark(Packet& packet);
  void corrupt(Packet& packet);
  [[nodiscard]] bool happens(double chance);
  /// When a packet that is given in now has left the queue whole; nothing if there is no room.
  [[nodiscard]] std::optional<Instant> enqueue(std::size_t bytes);
  [[nodiscard]] Duration up_to(Duration most);
  [[nodiscard]] Instant arrival(Instant sent_at);

  World& world_;
  std::string name_;
  LinkOptions options_;
  Ends ends_;
  SeededRandom random_;
  Instant free_at_{};  ///< the last packet in the queue has left
  Instant last_arrival_{};
};

}  // namespace bowline::sim
