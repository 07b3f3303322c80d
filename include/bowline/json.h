#pragma once

// Codecs for bowline/coded.h on top of nlohmann-json 3.10 or later, which is not needed for anything else:
// include this only where it is installed. A type of yours has to_json and from_json, as that library asks
// for.

#include <bowline/cbor.h>
#include <bowline/message.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bowline {

namespace detail {

[[nodiscard]] inline Error bad_value(const char* codec, const char* what) {
  return Error(ErrorKind::malformed, "decode", what).about(codec);
}

/// How deep brackets lie, outside of strings: enough to keep a reader from going too deep.
[[nodiscard]] inline bool is_json_deeper(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      if (++depth > depth_max) return true;
    } else if (!in_string && (c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

template <class T>
[[nodiscard]] Result<T> value_of(const nlohmann::json& json, const char* codec) {
  if (json.is_discarded()) return bad_value(codec, "the message does not parse");
  try {
    return json.get<T>();
  } catch (const nlohmann::json::exception&) {
    return bad_value(codec, "the message is not of the type that is expected");
  }
}

template <class T, class Write>
[[nodiscard]] Result<std::string> octets_of(const T& value, const char* codec, Write write) {
  try {
    return write(nlohmann::json(value));
  } catch (const nlohmann::json::exception&) {
    return Error(ErrorKind::invalid_argument, "encode", "the value cannot be written").about(codec);
  }
}

}  // namespace detail

/// Values as JSON text.
///
/// errors    malformed: no JSON, not the type that is expected, or deeper than 256
class JsonCodec final {
 public:
  static constexpr MessageKind kind = MessageKind::text;
  static constexpr std::size_t depth_max = 256;

  template <class T>
  [[nodiscard]] Result<std::string> encode(const T& value) const {
    return detail::octets_of(value, "json", [](const nlohmann::json& json) { return json.dump(); });
  }
  template <class T>
  [[nodiscard]] Result<T> decode(std::span<const std::byte> bytes) const {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (detail::is_json_deeper(text, depth_max))
      return detail::bad_value("json", "the message lies too deep");
    return detail::value_of<T>(nlohmann::json::parse(text, nullptr, false), "json");
  }
};

/// The same values as CBOR, which is shorter.
///
/// errors    as JsonCodec's; deeper than 64
/// source    RFC 8949
class CborCodec final {
 public:
  template <class T>
  [[nodiscard]] Result<std::string> encode(const T& value) const {
    return detail::octets_of(value, "cbor", [](const nlohmann::json& json) {
      std::string octets;
      nlohmann::json::to_cbor(json, octets);
      return octets;
    });
  }
  template <class T>
  [[nodiscard]] Result<T> decode(std::span<const std::byte> bytes) const {
    // That library reads nested items by calling itself.
    if (!check_cbor(bytes).has_value())
      return detail::bad_value("cbor", "the message is no CBOR, or lies too deep");
    const auto* const octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return detail::value_of<T>(
        nlohmann::json::from_cbor(octets, octets + bytes.size(), true, false), "cbor");
  }
};

}  // namespace bowline
