#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/address.h>
#include <bowline/url.h>

namespace bowline {

/// The parts of a URL while it is put together, each encoded already.
struct UrlRecord {
  std::string scheme;
  std::string username;
  std::string password;
  std::optional<std::string> host;
  std::optional<IpAddress> address;  ///< what the host is, if it is one
  std::optional<std::uint16_t> port;
  /// A slash and a segment for each segment, so that an empty list is an empty string; or an opaque path.
  std::string path;
  bool has_opaque_path = false;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  [[nodiscard]] bool is_special() const;
};

/// Between records and URLs: the one friend that `Url` has.
class UrlWriter {
 public:
  [[nodiscard]] static Url write(const UrlRecord& record);
  [[nodiscard]] static UrlRecord read(const Url& url);
};

namespace wire {

struct SpecialScheme {
  std::string_view name;
  std::optional<std::uint16_t> port;
};
/// The entry of a special scheme, written in lower case; null for others.
[[nodiscard]] const SpecialScheme* special_scheme(std::string_view scheme);

/// `text` as seen from `base`, which is null for an absolute URL.
[[nodiscard]] Result<UrlRecord> parse_url(std::string_view text, const UrlRecord* base);

}  // namespace wire

}  // namespace bowline
