#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

namespace {

constexpr std::size_t header_bytes = 12;

std::uint16_t read_16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

/// Bytes of the question behind the header; 0 if it is not whole.
std::size_t question_bytes(std::span<const std::byte> query) {
  std::size_t at = header_bytes;
  while (at < query.size() && query[at] != std::byte{0})
    at += 1 + std::to_integer<std::size_t>(query[at]);
  const std::size_t end = at + 5;  // the root label, type and class
  return end <= query.size() ? end - header_bytes : 0;
}

void append(std::vector<std::byte>& message, std::initializer_list<unsigned> octets) {
  for (const unsigned octet : octets) message.push_back(static_cast<std::byte>(octet));
}

}  // namespace

std::vector<std::byte> answer_query(std::span<const std::byte> query,
                                    std::span<const IpAddress> addresses) {
  if (query.size() < header_bytes || read_16(query, 4) != 1) return {};
  const std::size_t question = question_bytes(query);
  if (question == 0) return {};
  const std::uint16_t type = read_16(query, header_bytes + question - 4);
  std::vector<std::byte> message(query.begin(), query.begin() + 2);
  std::vector<std::byte> answers;
  unsigned count = 0;
  for (const IpAddress& address : addresses) {
    if (type != (address.is_v4() ? 1 : 28)) continue;
    ++count;
    const auto octets = address.octets();
    // A pointer to the name in the question, type, class IN, 60 seconds, length.
    append(answers, {0xc0, header_bytes, 0, type, 0, 1, 0, 0, 0, 60, 0,
                     static_cast<unsigned>(octets.size())});
    std::ranges::transform(octets, std::back_inserter(answers),
                           [](std::uint8_t octet) { return std::byte{octet}; });
  }
  append(message, {0x85, 0x80, 0, 1, 0, count, 0, 0, 0,
                   0});  // a response, authoritative, recursion desired and there
  message.insert(message.end(), query.begin() + header_bytes,
                 query.begin() + static_cast<std::ptrdiff_t>(header_bytes + question));
  message.insert(message.end(), answers.begin(), answers.end());
  return message;
}

}  // namespace bowline::cli
