#include "wire/url/domain.h"

#include <algorithm>
#include <memory>

#include <idn2.h>

#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

// Mapping is done by code that takes more than linear time for absurd names; none that long is one.
constexpr std::size_t mapped_octets_max = 4096;

bool is_ascii(std::string_view text);

}  // namespace

Result<std::string> domain_to_ascii(std::string_view domain) {
  std::string lower = ascii_lower(domain);
  // Mapping would change nothing more. A label that claims to be encoded is asked for as it stands.
  if (is_ascii(lower)) return lower;
  const auto refuse = [](std::string why) {
    return Error(ErrorKind::malformed, "parse url", std::move(why));
  };
  if (domain.size() > mapped_octets_max) return refuse("the host is too long");
  if (domain.contains('\0')) return refuse("the host holds a NUL");
  char* found = nullptr;
  const std::string terminated(domain);
  const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(terminated.c_str()),
                                  reinterpret_cast<std::uint8_t**>(&found),
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(found, idn2_free);
  if (code != IDN2_OK)
    return refuse(std::string("the host is no domain name: ") + idn2_strerror_name(code));
  return std::string(found);
}

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

}  // namespace bowline::wire
