#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <bowline/result.h>

#include "base/bytes.h"
#include "wire/dns/name.h"

namespace bowline::wire {

/// What does not parse in a DNS message: `name: pointer does not point backwards at offset 12`.
[[nodiscard]] Error malformed_dns(std::string_view field, std::string_view rule,
                                  std::size_t offset);

/// Octets of a name on the wire, with its root label. RFC 1035 2.3.4.
inline constexpr std::size_t name_octets_max = 255;

enum class Pointers { follow, refuse };

/// Reads a name and leaves the reader behind it. Pointers lead anywhere in `reader.whole()` before the name.
///
/// source    RFC 1035 4.1.4
[[nodiscard]] Result<DnsName> read_name(ByteReader& reader, Pointers pointers);

/// Leaves the reader behind a name without following its pointer.
[[nodiscard]] Result<void> skip_name(ByteReader& reader);

/// Writes the names of one message, each suffix in full once; the names must outlive it.
class NameWriter {
 public:
  explicit NameWriter(ByteWriter& into) : into_(into) {}
  void write(const DnsName& name);

 private:
  ByteWriter& into_;
  std::unordered_map<std::string_view, std::uint16_t> offsets_;  // by suffix in wire form
};

}  // namespace bowline::wire
