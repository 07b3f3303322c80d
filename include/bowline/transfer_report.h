#pragma once

#include <bowline/export.h>
#include <bowline/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace bowline::drive {
class TransferMeasure;
class StreamConnection;
}  // namespace bowline::drive

namespace BOWLINE_API bowline {

/// What a connection transferred while it was measured, as the transport counts. A value.
class DataTransferReport {
 public:
  struct Facts;  ///< the library's own; may grow
  DataTransferReport() = default;
  explicit DataTransferReport(Facts&& facts);

  /// The interface that was used at its end; empty if that is not known.
  [[nodiscard]] const std::string& interface() const;
  /// From the start of the measurement, or when the connection was ready, to its end.
  [[nodiscard]] Duration duration() const;
  /// Payload, that which was sent again included.
  [[nodiscard]] std::uint64_t bytes_sent() const;
  [[nodiscard]] std::uint64_t bytes_acknowledged() const;
  [[nodiscard]] std::uint64_t bytes_received() const;
  [[nodiscard]] std::uint64_t bytes_retransmitted() const;
  [[nodiscard]] std::uint64_t packets_sent() const;
  [[nodiscard]] std::uint64_t packets_received() const;
  [[nodiscard]] std::uint64_t packets_retransmitted() const;
  /// Packets that the peer said it got twice (RFC 2883).
  [[nodiscard]] std::uint64_t duplicates_reported() const;
  /// Received before an earlier one.
  [[nodiscard]] std::uint64_t packets_out_of_order() const;
  /// How often what we sent was seen to overtake.
  [[nodiscard]] std::uint64_t reorderings_seen() const;
  /// Of the connection so far, not of the measurement alone; nothing where nothing was measured.
  [[nodiscard]] std::optional<Duration> smoothed_rtt() const;
  [[nodiscard]] std::optional<Duration> minimum_rtt() const;
  [[nodiscard]] std::optional<Duration> rtt_variance() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// `12 packets (4100 bytes) sent, 9 packets (800 bytes) received in 2 s, 1 sent again, round trip 20 ms`
[[nodiscard]] std::string to_string(const DataTransferReport& report);

/// A measurement that goes on until it is collected, or the connection ends. Several of one connection do not
/// disturb each other. It costs nothing while bytes are moved.
///
/// thread    the connection's loop's
class TransferMeasurement {
 public:
  TransferMeasurement(TransferMeasurement&& other) noexcept;
  TransferMeasurement& operator=(TransferMeasurement&& other) noexcept;
  ~TransferMeasurement();

  /// Ends it; what was measured comes again each time. All zeros for a connection that was never ready.
  [[nodiscard]] DataTransferReport collect();

 private:
  friend class StreamConnection;
  TransferMeasurement(drive::TransferMeasure& measure, drive::StreamConnection& connection);
  drive::TransferMeasure* measure_ = nullptr;
  drive::StreamConnection* connection_ = nullptr;
};

}  // namespace BOWLINE_API bowline
