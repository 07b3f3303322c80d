#include "crypto/gnutls/certificates/making/der_writer.h"

#include <charconv>
#include <string>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/der_reader.h"

namespace bowline::crypto {

namespace {

std::string time_digits(std::chrono::sys_seconds time, bool with_century);

DerBytes base_128(std::uint64_t value) {
  DerBytes octets{static_cast<std::byte>(value & 0x7f)};
  while ((value >>= 7) != 0)
    octets.insert(octets.begin(), static_cast<std::byte>(0x80 | (value & 0x7f)));
  return octets;
}

}  // namespace

DerBytes der_item(std::uint8_t tag, std::span<const std::byte> content) {
  DerBytes item{static_cast<std::byte>(tag)};
  if (content.size() < 0x80) {
    item.push_back(static_cast<std::byte>(content.size()));
  } else {
    DerBytes length;
    for (std::size_t rest = content.size(); rest != 0; rest >>= 8)
      length.insert(length.begin(), static_cast<std::byte>(rest & 0xff));
    item.push_back(static_cast<std::byte>(0x80 | length.size()));
    append(item, length);
  }
  append(item, content);
  return item;
}

DerBytes der_text(std::uint8_t tag, std::string_view content) {
  return der_item(tag, as_bytes(content));
}

DerBytes der_group(std::uint8_t tag, std::initializer_list<DerBytes> items) {
  DerBytes content;
  for (const DerBytes& item : items) append(content, item);
  return der_item(tag, content);
}

DerBytes der_sequence(std::initializer_list<DerBytes> items) {
  return der_group(der_tag::sequence, items);
}

DerBytes der_number(std::uint64_t value) {
  DerBytes octets;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto octet = static_cast<std::byte>(value >> shift & 0xff);
    if (!octets.empty() || octet != std::byte{0} || shift == 0) octets.push_back(octet);
  }
  return der_number(octets);
}

DerBytes der_number(std::span<const std::byte> octets) {
  while (octets.size() > 1 && octets.front() == std::byte{0}) octets = octets.subspan(1);
  DerBytes content;
  if (octets.empty() || (octets.front() & std::byte{0x80}) != std::byte{0})
    content.push_back(std::byte{0});
  append(content, octets);
  return der_item(der_tag::integer, content);
}

DerBytes der_true() { return der_text(der_tag::boolean, "\xff"); }

std::optional<DerBytes> der_oid(std::string_view text) {
  std::vector<std::uint64_t> parts;
  while (true) {
    std::uint64_t part = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (failure != std::errc() || part >> 32 != 0) return std::nullopt;
    parts.push_back(part);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) break;
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (parts.size() < 2 || parts[0] > 2 || (parts[0] < 2 && parts[1] > 39)) return std::nullopt;
  DerBytes content = base_128(parts[0] * 40 + parts[1]);
  for (std::size_t i = 2; i < parts.size(); ++i) append(content, base_128(parts[i]));
  return der_item(der_tag::oid, content);
}

DerBytes der_time(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  const bool is_early =
      date.year() < std::chrono::year(2050) && date.year() >= std::chrono::year(1950);
  return is_early ? der_text(der_tag::utc_time, time_digits(time, false))
                  : der_generalized_time(time);
}

DerBytes der_generalized_time(std::chrono::sys_seconds time) {
  return der_text(der_tag::generalized_time, time_digits(time, true));
}

DerBytes der_bits(std::span<const std::byte> octets) {
  DerBytes content{std::byte{0}};
  append(content, octets);
  return der_item(der_tag::bits, content);
}

void append(DerBytes& to, std::span<const std::byte> more) {
  to.insert(to.end(), more.begin(), more.end());
}

namespace {

std::string time_digits(std::chrono::sys_seconds time, bool with_century) {
  const auto two_digits = [](auto value) {
    const std::string text = std::to_string(value);
    return text.size() < 2 ? "0" + text : text;
  };
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  return (with_century ? two_digits(year / 100) : "") + two_digits(year % 100) +
         two_digits(static_cast<unsigned>(date.month())) +
         two_digits(static_cast<unsigned>(date.day())) + two_digits(clock.hours().count()) +
         two_digits(clock.minutes().count()) + two_digits(clock.seconds().count()) + "Z";
}

}  // namespace

}  // namespace bowline::crypto
