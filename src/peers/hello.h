#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <bowline/result.h>

namespace bowline::peers {

/// Types of the messages that peers say before, and beside, those of their programs.
enum class Word : std::uint32_t {
  hello = 240,      ///< who I am
  link = 241,       ///< this connection is our link: said by the smaller id
  duplicate = 242,  ///< we have one already: said by the smaller id
  datagrams = 243,  ///< where datagrams go, and by which key: said by the one that was connected to
};

using Octets16 = std::array<std::byte, 16>;
using Octets32 = std::array<std::byte, 32>;

struct Hello {
  std::string id;
  std::string name;
  Octets16 instance{};  ///< another one for each time that a program is started
};
constexpr std::size_t hello_name_bytes_max = 128;
[[nodiscard]] std::vector<std::byte> write_hello(const Hello& hello);
/// errors    malformed; unsupported for another version
[[nodiscard]] Result<Hello> read_hello(std::span<const std::byte> bytes);

struct DatagramPlace {
  std::uint16_t port = 0;  ///< 0: there are none
  Octets32 key{};
};
[[nodiscard]] std::vector<std::byte> write_place(const DatagramPlace& place);
[[nodiscard]] Result<DatagramPlace> read_place(std::span<const std::byte> bytes);

}  // namespace bowline::peers
