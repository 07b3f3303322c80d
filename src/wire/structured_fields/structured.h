#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <bowline/result.h>

namespace bowline::wire {

/// `123.456`, exact: a field has three digits behind the point at most.
struct StructuredDecimal {
  std::int64_t thousandths = 0;
  friend bool operator==(const StructuredDecimal&, const StructuredDecimal&) = default;
};
/// `text/html`, without quotes.
struct StructuredToken {
  std::string text;
  friend bool operator==(const StructuredToken&, const StructuredToken&) = default;
};
/// `:AQID:`
struct StructuredBytes {
  std::vector<std::byte> bytes;
  friend bool operator==(const StructuredBytes&, const StructuredBytes&) = default;
};
/// `@1659578233`, seconds since 1970 in UTC, which may be negative.
struct StructuredDate {
  std::int64_t seconds = 0;
  friend bool operator==(const StructuredDate&, const StructuredDate&) = default;
};
/// `%"f%c3%bc"`: text of any script, in UTF-8.
struct DisplayString {
  std::string text;
  friend bool operator==(const DisplayString&, const DisplayString&) = default;
};

/// A value without parameters. A plain string holds printable ASCII only; an integer has 15 digits at most.
using BareItem = std::variant<std::int64_t, StructuredDecimal, std::string, StructuredToken,
                              StructuredBytes, bool, StructuredDate, DisplayString>;

/// In order; no key twice.
using StructuredParameters = std::vector<std::pair<std::string, BareItem>>;

struct StructuredItem {
  BareItem value;
  StructuredParameters parameters = {};
  friend bool operator==(const StructuredItem&, const StructuredItem&) = default;
};
struct InnerList {
  std::vector<StructuredItem> items;
  StructuredParameters parameters = {};
  friend bool operator==(const InnerList&, const InnerList&) = default;
};
using StructuredMember = std::variant<StructuredItem, InnerList>;
using StructuredList = std::vector<StructuredMember>;
/// In order; no key twice.
using StructuredDictionary = std::vector<std::pair<std::string, StructuredMember>>;

/// The value of a key, or null. For dictionaries, parameters alike.
template <class Entries>
[[nodiscard]] auto find_key(const Entries& entries, std::string_view key)
    -> decltype(&entries.front().second) {
  for (const auto& entry : entries)
    if (entry.first == key) return &entry.second;
  return nullptr;
}
/// The value of a member that is an item of type `T`, or null.
template <class T>
[[nodiscard]] const T* value_as(const StructuredMember* member) {
  const auto* item = member != nullptr ? std::get_if<StructuredItem>(member) : nullptr;
  return item != nullptr ? std::get_if<T>(&item->value) : nullptr;
}

/// Above what RFC 9651 section 3 asks every parser to take.
struct StructuredLimits {
  std::size_t text_bytes_max = std::size_t{64} * 1024;
  std::size_t members_max = 1024;    ///< of a list or dictionary
  std::size_t items_max = 256;       ///< of an inner list
  std::size_t parameters_max = 256;  ///< of an item or inner list
};

/// One whole field value; an empty one is an empty list or dictionary, and no item.
///
/// errors    malformed with the rule and offset; limit_exceeded
/// source    RFC 9651 section 4.2
[[nodiscard]] Result<StructuredItem> parse_structured_item(std::string_view text,
                                                           const StructuredLimits& limits = {});
[[nodiscard]] Result<StructuredList> parse_structured_list(std::string_view text,
                                                           const StructuredLimits& limits = {});
/// Of a key that stands there twice the last value counts, in the place of the first.
[[nodiscard]] Result<StructuredDictionary> parse_structured_dictionary(
    std::string_view text, const StructuredLimits& limits = {});

/// The text of a field. An empty list or dictionary gives an empty one: such a field is not sent.
///
/// errors    invalid_argument: a number out of range, a key, token or string that the format cannot carry
/// source    RFC 9651 section 4.1
[[nodiscard]] Result<std::string> write_structured(const StructuredItem& item);
[[nodiscard]] Result<std::string> write_structured(const StructuredList& list);
[[nodiscard]] Result<std::string> write_structured(const StructuredDictionary& dictionary);

}  // namespace bowline::wire
