#include "peers/hello.h"

#include <algorithm>

#include "peers/peer_id.h"

namespace bowline::peers {

namespace {

constexpr std::byte hello_version{1};

Error bad_hello(const char* what) { return Error(ErrorKind::malformed, "peer link", what); }

void append_text(std::vector<std::byte>& into, std::string_view text) {
  into.push_back(static_cast<std::byte>(text.size()));
  const auto octets = std::as_bytes(std::span(text));
  into.insert(into.end(), octets.begin(), octets.end());
}

Result<std::string> take_text(std::span<const std::byte>& bytes, std::size_t bytes_max) {
  if (bytes.empty()) return bad_hello("an introduction is cut off");
  const auto size = std::to_integer<std::size_t>(bytes.front());
  bytes = bytes.subspan(1);
  if (size > bytes_max || size > bytes.size())
    return bad_hello("an introduction with a bad length");
  std::string text(reinterpret_cast<const char*>(bytes.data()), size);
  bytes = bytes.subspan(size);
  return text;
}

}  // namespace

std::vector<std::byte> write_hello(const Hello& hello) {
  std::vector<std::byte> bytes = {hello_version};
  append_text(bytes, hello.id);
  append_text(bytes, hello.name);
  bytes.insert(bytes.end(), hello.instance.begin(), hello.instance.end());
  return bytes;
}

Result<Hello> read_hello(std::span<const std::byte> bytes) {
  if (bytes.empty()) return bad_hello("an empty introduction");
  if (bytes.front() != hello_version)
    return Error(ErrorKind::unsupported, "peer link", "the peer speaks another version");
  bytes = bytes.subspan(1);
  Hello hello;
  BOWLINE_TRY(const std::string id, take_text(bytes, 64));
  hello.id = canonical_peer_id(id);
  if (hello.id.empty()) return bad_hello("an introduction without an id");
  BOWLINE_TRY(hello.name, take_text(bytes, hello_name_bytes_max));
  // What a later version adds stands behind.
  if (bytes.size() < hello.instance.size()) return bad_hello("an introduction is cut off");
  std::ranges::copy(bytes.first(hello.instance.size()), hello.instance.begin());
  return hello;
}

std::vector<std::byte> write_place(const DatagramPlace& place) {
  std::vector<std::byte> bytes = {static_cast<std::byte>(place.port >> 8),
                                  static_cast<std::byte>(place.port & 0xff)};
  bytes.insert(bytes.end(), place.key.begin(), place.key.end());
  return bytes;
}

Result<DatagramPlace> read_place(std::span<const std::byte> bytes) {
  DatagramPlace place;
  if (bytes.size() < 2 + place.key.size()) return bad_hello("a place for datagrams is cut off");
  place.port = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 |
                                          std::to_integer<unsigned>(bytes[1]));
  std::ranges::copy(bytes.subspan(2, place.key.size()), place.key.begin());
  return place;
}

}  // namespace bowline::peers
