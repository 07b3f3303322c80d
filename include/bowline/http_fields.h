#pragma once

#include <bowline/export.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

/// One field of a message: `Content-Type: text/html`.
struct HttpField {
  std::string_view name;
  std::string_view value;
};

/// The fields of a request or response, or its trailers: in order, names compared without case.
///
/// What is in it can be sent: a name or value that would end its line, or that HTTP does not allow, never
/// gets in.
///
/// size      one text and 12 bytes for each field; a list that is read holds what the limits of its reader
/// allow
/// lifetime  views are valid until the list changes
/// thread    any, like a vector
/// source    RFC 9110 section 5
class HttpFields {
 public:
  HttpFields() = default;
  /// A list in which nothing is wrong: the same as `add` for each, whose errors end the program.
  HttpFields(std::initializer_list<HttpField> fields);

  /// Puts a field behind all others. White space around the value is dropped.
  ///
  /// errors    invalid_argument: a name that is no token; a value with a control character other than the tab
  Result<void> add(std::string_view name, std::string_view value);
  /// Puts the value in the place of the first field of that name and drops the others; adds it if there is
  /// none.
  Result<void> set(std::string_view name, std::string_view value);
  /// Drops all fields of that name, and says how many there were.
  std::size_t remove(std::string_view name);
  void clear();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] HttpField operator[](std::size_t index) const;
  [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }
  /// The value of the first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The values of all fields of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// The same joined by `, `, as HTTP reads lists (RFC 9110 5.3); not for `Set-Cookie`. Empty if there is
  /// none.
  [[nodiscard]] std::string combined(std::string_view name) const;
  /// True if one of the comma-separated members of that name's values is `member`, compared without case.
  [[nodiscard]] bool has_member(std::string_view name, std::string_view member) const;

  /// All fields as HTTP/1 writes them: `Name: value`, CR and LF for each.
  [[nodiscard]] const std::string& lines() const { return lines_; }

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = HttpField;
    Iterator() = default;
    Iterator(const HttpFields* fields, std::size_t index) : fields_(fields), index_(index) {}
    HttpField operator*() const { return (*fields_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {fields_, index_++}; }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const HttpFields* fields_ = nullptr;
    std::size_t index_ = 0;
  };
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, size()}; }

  /// The same names, without case, with the same values in the same order.
  friend bool operator==(const HttpFields& a, const HttpFields& b);

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  void erase(std::size_t index);
  void insert(std::size_t index, std::string_view name, std::string_view value);
  [[nodiscard]] std::size_t index_of(std::string_view name, std::size_t from) const;

  std::string lines_;
  std::vector<Entry> entries_;
};

}  // namespace BOWLINE_API bowline
