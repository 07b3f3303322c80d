#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::session {

/// Writes the parts of a record one behind the other, each with its length in front: "5:hello".
class RecordWriter {
 public:
  RecordWriter& add(std::string_view part) {
    text_ += std::to_string(part.size()) + ":";
    text_ += part;
    return *this;
  }
  RecordWriter& add(std::int64_t number) { return add(std::string_view(std::to_string(number))); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads them back. What does not parse gives empty parts, and is_good() is false from then on.
class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : rest_(text) {}

  std::string_view text() {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
    const auto used = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || used >= rest_.size() || *end != ':' ||
        size > rest_.size() - used - 1) {
      is_good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view part = rest_.substr(used + 1, size);
    rest_.remove_prefix(used + 1 + size);
    return part;
  }
  std::int64_t number() {
    const std::string_view digits = text();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) is_good_ = false;
    return number;
  }
  [[nodiscard]] bool is_good() const { return is_good_; }
  [[nodiscard]] bool is_at_end() const { return is_good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace bowline::session
