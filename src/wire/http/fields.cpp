#include <bowline/http_fields.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/escape.h"
#include "wire/http/characters.h"
#include "wire/http/list.h"

namespace bowline {

namespace {

constexpr std::size_t separator_size = 2;  // colon and space; CR and LF
constexpr std::size_t lines_bytes_max = std::numeric_limits<std::uint32_t>::max();

Result<void> check_field(std::string_view name, std::string_view value) {
  const auto unfit = [name](const char* rule) {
    return Error(ErrorKind::invalid_argument, "http fields", rule).about(escape(name, 256));
  };
  if (!wire::is_http_token(name)) return unfit("the name of a field is no token");
  if (!wire::is_http_value(value)) return unfit("the value of a field holds a control character");
  return {};
}

}  // namespace

HttpFields::HttpFields(std::initializer_list<HttpField> fields) {
  for (const HttpField& field : fields) {
    const auto added = add(field.name, field.value);
    assert(added.has_value() && "a field that cannot be sent");
  }
}

Result<void> HttpFields::add(std::string_view name, std::string_view value) {
  BOWLINE_TRY_VOID(check_field(name, value));
  if (name.size() + value.size() + 2 * separator_size > lines_bytes_max - lines_.size())
    return Error(ErrorKind::limit_exceeded, "http fields", "fields of 4 GiB");
  insert(entries_.size(), name, wire::trim_blanks(value));
  return {};
}

Result<void> HttpFields::set(std::string_view name, std::string_view value) {
  const std::size_t index = index_of(name, 0);
  if (index == size()) return add(name, value);
  BOWLINE_TRY_VOID(check_field(name, value));
  // What is passed in may be a view of what is dropped.
  const std::string own_name(name), own_value(wire::trim_blanks(value));
  remove(own_name);
  insert(index, own_name, own_value);
  return {};
}

std::size_t HttpFields::remove(std::string_view name) {
  const std::string own_name(name);
  std::size_t count = 0;
  for (std::size_t at = index_of(own_name, 0); at < size(); at = index_of(own_name, at)) {
    erase(at);
    ++count;
  }
  return count;
}

void HttpFields::clear() {
  lines_.clear();
  entries_.clear();
}

HttpField HttpFields::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view line = std::string_view(lines_).substr(entry.begin);
  return {line.substr(0, entry.name_size),
          line.substr(entry.name_size + separator_size, entry.value_size)};
}

std::optional<std::string_view> HttpFields::find(std::string_view name) const {
  const std::size_t index = index_of(name, 0);
  if (index == size()) return std::nullopt;
  return (*this)[index].value;
}

std::vector<std::string_view> HttpFields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (std::size_t at = index_of(name, 0); at < size(); at = index_of(name, at + 1))
    values.push_back((*this)[at].value);
  return values;
}

std::string HttpFields::combined(std::string_view name) const {
  std::string joined;
  for (const std::string_view value : all(name)) {
    if (!joined.empty() && !value.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

bool HttpFields::has_member(std::string_view name, std::string_view member) const {
  for (std::size_t at = index_of(name, 0); at < size(); at = index_of(name, at + 1))
    for (const std::string_view one : wire::split_http_list((*this)[at].value))
      if (wire::equal_without_case(one, member)) return true;
  return false;
}

bool operator==(const HttpFields& a, const HttpFields& b) {
  return std::ranges::equal(a, b, [](const HttpField& one, const HttpField& other) {
    return wire::equal_without_case(one.name, other.name) && one.value == other.value;
  });
}

std::size_t HttpFields::index_of(std::string_view name, std::size_t from) const {
  while (from < size() && !wire::equal_without_case((*this)[from].name, name)) ++from;
  return from;
}

void HttpFields::insert(std::size_t index, std::string_view name, std::string_view value) {
  const std::size_t line_size = name.size() + value.size() + 2 * separator_size;
  // A name or value that is a view of this very list would be lost when it grows.
  std::string line;
  if (lines_.capacity() - lines_.size() < line_size || index < size()) {
    line.reserve(line_size);
    line.append(name).append(value);
    name = std::string_view(line).substr(0, name.size());
    value = std::string_view(line).substr(name.size());
  }
  const std::size_t begin = index == size() ? lines_.size() : entries_[index].begin;
  if (index == size()) {
    lines_.append(name).append(": ").append(value).append("\r\n");
  } else {
    lines_.insert(begin, std::string(name) + ": " + std::string(value) + "\r\n");
  }
  for (std::size_t at = index; at < size(); ++at)
    entries_[at].begin += static_cast<std::uint32_t>(line_size);
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(index),
                  {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size()),
                   static_cast<std::uint32_t>(value.size())});
}

void HttpFields::erase(std::size_t index) {
  const Entry entry = entries_[index];
  const std::size_t line_size = entry.name_size + entry.value_size + 2 * separator_size;
  lines_.erase(entry.begin, line_size);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  for (std::size_t at = index; at < size(); ++at)
    entries_[at].begin -= static_cast<std::uint32_t>(line_size);
}

}  // namespace bowline
