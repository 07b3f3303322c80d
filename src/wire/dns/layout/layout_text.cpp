#include <array>
#include <chrono>
#include <cstdio>

#include "base/bytes.h"
#include "wire/dns/layout/record_layout.h"
#include "wire/dns/name_wire.h"
#include "wire/dns/octet_text.h"

namespace bowline::wire {

namespace {

using Octets = std::span<const std::byte>;

/// Appends fields to one line; each says whether the data had what it needs.
class LayoutWriter {
 public:
  explicit LayoutWriter(Octets data) : reader_(data) {}
  bool write(Field field);
  [[nodiscard]] bool is_at_end() const { return reader_.empty(); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <class Number>
  bool number(std::optional<Number> value);
  bool name();
  bool counted(Field field);
  bool strings();
  bool rest(Field field);
  bool time();
  bool types();
  bool location();
  void quoted(std::string_view octets);
  void space() {
    if (!text_.empty()) text_ += ' ';
  }
  Octets remaining() { return reader_.bytes(reader_.remaining()).value_or(Octets()); }

  ByteReader reader_;
  std::string text_;
};

void append_hex(std::string& text, Octets octets);
void append_groups(std::string& text, Octets octets, unsigned bits, std::string_view alphabet);
void append_types(std::string& text, std::uint8_t window, Octets bits);
std::string size_text(std::uint8_t size);
std::string angle_text(std::uint32_t value, char positive, char negative);

}  // namespace

std::string layout_text(std::string_view fields, Octets data) {
  LayoutWriter writer(data);
  for (const char field : fields)
    if (!writer.write(static_cast<Field>(field))) return {};
  return writer.is_at_end() ? writer.take() : std::string();
}

namespace {

bool LayoutWriter::write(Field field) {
  space();
  switch (field) {
    case Field::u8: return number(reader_.u8());
    case Field::u16: return number(reader_.u16());
    case Field::u32: return number(reader_.u32());
    case Field::name: return name();
    case Field::string:
    case Field::keyword:
    case Field::salt:
    case Field::hash: return counted(field);
    case Field::strings: return strings();
    case Field::text:
    case Field::hex:
    case Field::base64:
    case Field::octets: return rest(field);
    case Field::type: {
      const auto type = reader_.u16();
      if (type) text_ += to_string(static_cast<RecordType>(*type));
      return type.has_value();
    }
    case Field::time: return time();
    case Field::types: return types();
    case Field::location: return location();
  }
  return false;
}

template <class Number>
bool LayoutWriter::number(std::optional<Number> value) {
  if (value) text_ += std::to_string(*value);
  return value.has_value();
}

bool LayoutWriter::name() {
  const auto name = read_name(reader_, Pointers::refuse);
  if (name.has_value()) text_ += to_string(*name);
  return name.has_value();
}

bool LayoutWriter::counted(Field field) {
  constexpr std::string_view base32hex = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  const auto length = reader_.u8();
  const auto octets = length ? reader_.bytes(*length) : std::nullopt;
  if (!octets) return false;
  if (field == Field::string)
    quoted(as_text(*octets));
  else if (field == Field::keyword)
    for (const char octet : as_text(*octets))
      append_octet(text_, octet, {.quoted = "\"\\", .plain_min = '!'});
  else if (field == Field::hash)
    append_groups(text_, *octets, 5, base32hex);
  else if (octets->empty())
    text_ += '-';
  else
    append_hex(text_, *octets);
  return field != Field::keyword || !octets->empty();
}

bool LayoutWriter::strings() {
  do {
    if (!counted(Field::string)) return false;
    if (!reader_.empty()) space();
  } while (!reader_.empty());
  return true;
}

bool LayoutWriter::rest(Field field) {
  constexpr std::string_view base64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const Octets octets = remaining();
  if (field == Field::text) {
    quoted(as_text(octets));
  } else if (octets.empty()) {
    if (text_.ends_with(' ')) text_.pop_back();
  } else if (field == Field::base64) {
    append_groups(text_, octets, 6, base64);
    text_.append((3 - octets.size() % 3) % 3, '=');
  } else if (field == Field::hex) {
    append_hex(text_, octets);
  } else {
    for (std::size_t i = 0; i < octets.size(); ++i) {
      if (i != 0) text_ += '-';
      append_hex(text_, octets.subspan(i, 1));
    }
  }
  return true;
}

bool LayoutWriter::time() {
  const auto seconds = reader_.u32();
  if (!seconds) return false;
  using namespace std::chrono;
  const sys_seconds when{std::chrono::seconds(*seconds)};
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss clock(when - day);
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  text_ += text.data();
  return true;
}

bool LayoutWriter::types() {
  if (text_.ends_with(' ')) text_.pop_back();
  while (!reader_.empty()) {
    const auto window = reader_.u8();
    const auto length = reader_.u8();
    const auto bits = length && *length <= 32 ? reader_.bytes(*length) : std::nullopt;
    if (!bits) return false;
    append_types(text_, *window, *bits);
  }
  return true;
}

// RFC 1876 3: latitude 2^31 is the equator; altitude 0 is 100,000 m below the spheroid.
bool LayoutWriter::location() {
  const auto version = reader_.u8();
  const auto size = reader_.u8();
  const auto horizontal = reader_.u8();
  const auto vertical = reader_.u8();
  const auto latitude = reader_.u32();
  const auto longitude = reader_.u32();
  const auto altitude = reader_.u32();
  if (!altitude || *version != 0) return false;
  const auto centimetres = std::int64_t{*altitude} - 10'000'000;
  const auto height = static_cast<std::uint64_t>(centimetres < 0 ? -centimetres : centimetres);
  std::array<char, 40> metres;
  std::snprintf(metres.data(), metres.size(), "%s%llu.%02llum", centimetres < 0 ? "-" : "",
                static_cast<unsigned long long>(height / 100),
                static_cast<unsigned long long>(height % 100));
  text_ += angle_text(*latitude, 'N', 'S') + ' ' + angle_text(*longitude, 'E', 'W') + ' ' +
           metres.data() + ' ' + size_text(*size) + ' ' + size_text(*horizontal) + ' ' +
           size_text(*vertical);
  return true;
}

void LayoutWriter::quoted(std::string_view octets) {
  text_ += '"';
  for (const char octet : octets) append_octet(text_, octet, {.quoted = "\"\\", .plain_min = ' '});
  text_ += '"';
}

void append_hex(std::string& text, Octets octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::byte byte : octets) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{0xf})];
  }
}

// Groups of `bits`, the last one filled up with zeros (RFC 4648).
void append_groups(std::string& text, Octets octets, unsigned bits, std::string_view alphabet) {
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const std::byte byte : octets) {
    held = (held << 8 | std::to_integer<unsigned>(byte)) & 0xffff;
    held_bits += 8;
    while (held_bits >= bits) {
      held_bits -= bits;
      text += alphabet[held >> held_bits & ((1U << bits) - 1)];
    }
  }
  if (held_bits > 0) text += alphabet[held << (bits - held_bits) & ((1U << bits) - 1)];
}

void append_types(std::string& text, std::uint8_t window, Octets bits) {
  for (std::size_t i = 0; i < bits.size() * 8; ++i)
    if ((std::to_integer<unsigned>(bits[i / 8]) >> (7 - i % 8) & 1) != 0)
      text.append(" ").append(to_string(static_cast<RecordType>(window << 8 | i)));
}

/// A digit and a power of ten, in centimetres.
std::string size_text(std::uint8_t size) {
  std::uint64_t centimetres = size >> 4;
  for (unsigned power = size & 0xf; power > 0; --power) centimetres *= 10;
  std::array<char, 40> text;
  if (centimetres >= 100)
    std::snprintf(text.data(), text.size(), "%llum",
                  static_cast<unsigned long long>(centimetres / 100));
  else
    std::snprintf(text.data(), text.size(), "0.%02llum",
                  static_cast<unsigned long long>(centimetres));
  return text.data();
}

/// Thousandths of a second of arc, 2^31 being none.
std::string angle_text(std::uint32_t value, char positive, char negative) {
  constexpr std::uint32_t middle = 1U << 31;
  const std::uint32_t arc = value >= middle ? value - middle : middle - value;
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%u %u %u.%03u %c", arc / 3'600'000, arc / 60'000 % 60,
                arc / 1000 % 60, arc % 1000, value >= middle ? positive : negative);
  return text.data();
}

}  // namespace

}  // namespace bowline::wire
