#pragma once

#include <bowline/transfer_report.h>

#include <optional>
#include <string>

#include <bowline/detail/ref.h>

#include "base/intrusive_list.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// One measurement of what a connection transfers: from when it began, or the connection was ready, until it
/// is collected, or the connection ends. It costs nothing in between, as the system counts anyway.
class TransferMeasure final : public detail::RefCounted<TransferMeasure>,
                              public ListHook<TransferMeasure> {
 public:
  /// The connection is ready: from here on it counts.
  void begin(const ports::StreamStatistics& now, Instant at);
  /// Ends it. The first end counts.
  void end(const ports::StreamStatistics& now, Instant at, std::string interface);
  [[nodiscard]] bool has_begun() const { return start_.has_value(); }
  [[nodiscard]] const std::optional<DataTransferReport>& report() const { return report_; }

 private:
  friend RefCounted;
  ~TransferMeasure() = default;
  std::optional<ports::StreamStatistics> start_;
  Instant started_{};
  std::optional<DataTransferReport> report_;
};

}  // namespace bowline::drive
