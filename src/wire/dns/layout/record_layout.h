#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/dns/record.h"

namespace bowline::wire {

/// One piece of a record's data. The letters are what the table of types is written in.
enum class Field : char {
  u8 = '1',
  u16 = '2',
  u32 = '4',
  name = 'n',
  string = 's',    ///< a length octet and text, quoted
  keyword = 'k',   ///< the same, written without quotes
  strings = 't',   ///< strings up to the end
  text = 'v',      ///< text up to the end, quoted
  hex = 'x',       ///< up to the end
  base64 = 'b',    ///< up to the end
  type = 'y',      ///< a record type
  time = 'd',      ///< seconds since 1970, written as YYYYMMDDHHmmSS (RFC 4034 3.2)
  types = 'm',     ///< bitmap of types up to the end (RFC 4034 4.1.2)
  salt = 'h',      ///< a length octet and octets in hex, "-" if none (RFC 5155 3.3)
  hash = '3',      ///< a length octet and octets in base32hex (RFC 5155 3.3)
  location = 'L',  ///< RFC 1876
  octets = 'e',    ///< up to the end, as 00-00-5e (RFC 7043)
};

/// What is known of a record type.
struct TypeLayout {
  RecordType type;
  std::string_view name;
  std::string_view fields;  ///< letters of Field; empty: written as RFC 3597 5 says
  bool has_names = false;   ///< that may come compressed, and are kept in full (RFC 3597 4)
  bool is_record =
      true;  ///< false for what is a question or a transfer only, or belongs to one message
};

/// Null for types without a name.
[[nodiscard]] const TypeLayout* layout_of(RecordType type);
[[nodiscard]] const TypeLayout* layout_named(std::string_view name);  ///< in either case

/// Raw data in the presentation form of its type; empty if it has none, or the data do not fit it.
[[nodiscard]] std::string layout_text(std::string_view fields, std::span<const std::byte> data);

}  // namespace bowline::wire
