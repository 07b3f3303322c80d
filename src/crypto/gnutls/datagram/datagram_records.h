#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace bowline::crypto {

/// One record of DTLS 1.2 (RFC 6347 section 4.1), with what is legible of a handshake message in it.
struct DatagramRecord {
  std::uint8_t kind = 0;
  std::uint16_t epoch = 0;
  std::uint64_t number = 0;  ///< 48 bits
  std::span<const std::byte> body;
  std::span<const std::byte> whole;  ///< with its header
};

inline constexpr std::uint8_t record_change_cipher_spec = 20;
inline constexpr std::uint8_t record_handshake = 22;

/// The records of a datagram, if it holds whole records and nothing else; empty if not. GnuTLS would fail on
/// an empty datagram, and lose the next good one behind one that was cut short.
[[nodiscard]] std::vector<DatagramRecord> split_datagram(std::span<const std::byte> datagram);

/// Brings a handshake's records into the order in which they were sent: the library throws away what comes
/// too early, and then all waits for a timer.
///
/// What is next is given at once; what is early is kept, up to a limit, until the gap is filled or the timer
/// of a flight ran out.
class FlightOrder {
 public:
  static constexpr std::size_t kept_max = 16;

  /// Takes a record and gives all to `feed` that is in order now.
  void take(const DatagramRecord& record,
            const std::function<void(std::span<const std::byte>)>& feed);
  /// Gives up on the gap: all that was kept, in order.
  void release(const std::function<void(std::span<const std::byte>)>& feed);
  [[nodiscard]] bool has_kept() const { return !kept_.empty(); }
  void clear() { kept_.clear(); }
  /// Says that the peer's first message has this number: not 0 where its first one was answered elsewhere.
  void begin_at(std::uint32_t message) { next_message_ = message; }

 private:
  /// A place in the handshake: a message and an octet in it; change_cipher_spec is behind all of an epoch.
  struct Place {
    std::uint16_t epoch = 0;
    std::uint64_t number = 0;  ///< of the record, for those that do not show what is in them
    std::uint32_t message = 0;
    std::uint32_t offset = 0;
    std::uint32_t next_message = 0;
    std::uint32_t next_offset = 0;
    bool shows_message = false;
    bool is_cipher_change = false;
  };
  [[nodiscard]] static std::optional<Place> place_of(const DatagramRecord& record);
  [[nodiscard]] bool is_early(const Place& place) const;
  void note(const DatagramRecord& record);

  std::vector<std::vector<std::byte>> kept_;
  std::uint32_t next_message_ = 0;
  std::uint32_t next_offset_ = 0;
  std::uint64_t next_number_ = 0;
  bool changed_cipher_ = false;
};

}  // namespace bowline::crypto
