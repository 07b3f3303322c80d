#pragma once

#include <cstddef>
#include <cstdint>

#include <bowline/export.h>
#include <bowline/time.h>

namespace bowline {
namespace BOWLINE_API sim {

/// What happens to a packet that is larger than a link's MTU.
enum class Oversize : std::uint8_t {
  report,  ///< its sender gets an ICMP "packet too big" and can send smaller ones
  drop,    ///< it vanishes: a path MTU black hole
};

/// What one direction of a link does to packets. The default is perfect: no delay, no limit, no fault.
///
/// Chances are from 0 to 1 and hold for each packet on its own.
class LinkOptions {
 public:
  LinkOptions() = default;

  /// Time from the last bit sent to the last bit received.
  LinkOptions& delay(Duration delay);
  /// Adds between nothing and this much, evenly spread, to the delay of each packet; never changes their
  /// order.
  LinkOptions& jitter(Duration jitter_max);
  /// Bits per second; 0 = no limit. Packets behind one another wait in a queue.
  LinkOptions& rate(std::uint64_t bits_per_second);
  /// Bytes that may wait because of the rate; what comes when they do is dropped. 256 KiB unless told.
  LinkOptions& queue(std::size_t bytes_max);
  LinkOptions& loss(double chance);
  LinkOptions& duplication(double chance);
  /// Flips one bit; the receiver's checksums find it.
  LinkOptions& corruption(double chance);
  /// Holds a packet back by up to `held_back_max`, so that later ones overtake it.
  LinkOptions& reordering(double chance, Duration held_back_max = std::chrono::milliseconds(10));
  /// A congested router marks packets whose sender understands that (ECT) as "congestion experienced" (RFC
  /// 3168); all others pass unmarked.
  LinkOptions& congestion_marks(double chance);
  /// The largest IP packet; 0 = no limit besides the interface's own.
  LinkOptions& mtu(std::size_t packet_bytes_max, Oversize oversize = Oversize::report);

  [[nodiscard]] Duration delay() const { return delay_; }
  [[nodiscard]] Duration jitter() const { return jitter_; }
  [[nodiscard]] std::uint64_t rate() const { return rate_; }
  [[nodiscard]] std::size_t queue() const { return queue_bytes_max_; }
  [[nodiscard]] double loss() const { return loss_; }
  [[nodiscard]] double duplication() const { return duplication_; }
  [[nodiscard]] double corruption() const { return corruption_; }
  [[nodiscard]] double reordering() const { return reordering_; }
  [[nodiscard]] double congestion_marks() const { return congestion_marks_; }
  [[nodiscard]] Duration held_back_max() const { return held_back_max_; }
  [[nodiscard]] std::size_t mtu() const { return mtu_; }
  [[nodiscard]] Oversize oversize() const { return oversize_; }

 private:
  Duration delay_{};
  Duration jitter_{};
  std::uint64_t rate_ = 0;
  std::size_t queue_bytes_max_ = 256 * 1024;
  double loss_ = 0;
  double duplication_ = 0;
  double corruption_ = 0;
  double reordering_ = 0;
  double congestion_marks_ = 0;
  Duration held_back_max_{};
  std::size_t mtu_ = 0;
  Oversize oversize_ = Oversize::report;
};

}  // namespace sim
}  // namespace bowline
