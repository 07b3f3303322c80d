#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace BOWLINE_API bowline {

/// What came back for a probe.
enum class ProbeOutcome : std::uint8_t {
  reached,       ///< the host itself answered
  hop_exceeded,  ///< a router says that the probe had passed as many routers as it may
  unreachable,   ///< a router, or this host, says that it cannot get there
  prohibited,    ///< somebody on the way does not let it pass
  too_large,     ///< the path carries only smaller packets
};
[[nodiscard]] std::string to_string(ProbeOutcome outcome);  // "hop_exceeded"

/// The answer to one probe. A value.
class ProbeReply {
 public:
  struct Facts;  ///< the library's own; may grow
  ProbeReply() = default;
  explicit ProbeReply(Facts&& facts);

  [[nodiscard]] ProbeOutcome outcome() const;
  /// Who answered: the host, or a router on the way; nothing where this host itself did.
  [[nodiscard]] const std::optional<IpAddress>& from() const;
  [[nodiscard]] Duration round_trip() const;
  /// The hop limit that an answer of the host had left; nothing where that is not known.
  [[nodiscard]] const std::optional<std::uint8_t>& hop_limit() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// `192.0.2.1 reached in 1.2 ms`
[[nodiscard]] std::string to_string(const ProbeReply& reply);

}  // namespace BOWLINE_API bowline
