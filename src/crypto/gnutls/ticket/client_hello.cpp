#include "crypto/gnutls/ticket/client_hello.h"

#include "base/bytes.h"

namespace bowline::crypto {

namespace {

constexpr std::uint16_t extension_server_name = 0;
constexpr std::uint16_t extension_alpn = 16;
constexpr std::uint16_t extension_supported_versions = 43;

bool skip(ByteReader& reader, bool has_long_length);
std::optional<std::span<const std::byte>> take_list(ByteReader& reader);
void take_extension(std::uint16_t kind, std::span<const std::byte> body, ClientHello& into);
void take_server_name(std::span<const std::byte> body, ClientHello& into);
void take_alpn(std::span<const std::byte> body, ClientHello& into);
void take_versions(std::span<const std::byte> body, ClientHello& into);

}  // namespace

std::optional<ClientHello> parse_client_hello(std::span<const std::byte> body, bool has_cookie) {
  ByteReader reader(body);
  ClientHello made;
  const auto version = reader.u16();
  constexpr std::size_t random_bytes = 32;
  if (!version.has_value() || !reader.bytes(random_bytes).has_value()) return std::nullopt;
  if (!skip(reader, false) || (has_cookie && !skip(reader, false))) return std::nullopt;
  if (!skip(reader, true) || !skip(reader, false)) return std::nullopt;
  if (!reader.empty()) {
    const auto extensions = take_list(reader);
    if (!extensions.has_value()) return std::nullopt;
    ByteReader list(*extensions);
    while (!list.empty()) {
      const auto kind = list.u16();
      const auto content = take_list(list);
      if (!kind.has_value() || !content.has_value()) return std::nullopt;
      take_extension(*kind, *content, made);
    }
  }
  if (made.versions.empty()) made.versions.push_back(*version);
  return made;
}

namespace {

bool skip(ByteReader& reader, bool has_long_length) {
  std::optional<std::size_t> size;
  if (has_long_length) {
    if (const auto read = reader.u16(); read.has_value()) size = *read;
  } else if (const auto read = reader.u8(); read.has_value()) {
    size = *read;
  }
  return size.has_value() && reader.bytes(*size).has_value();
}

std::optional<std::span<const std::byte>> take_list(ByteReader& reader) {
  const auto size = reader.u16();
  if (!size.has_value()) return std::nullopt;
  return reader.bytes(*size);
}

void take_extension(std::uint16_t kind, std::span<const std::byte> body, ClientHello& into) {
  if (kind == extension_server_name) take_server_name(body, into);
  if (kind == extension_alpn) take_alpn(body, into);
  if (kind == extension_supported_versions) take_versions(body, into);
}

void take_server_name(std::span<const std::byte> body, ClientHello& into) {
  ByteReader reader(body);
  const auto list = take_list(reader);
  if (!list.has_value()) return;
  ByteReader names(*list);
  const auto kind = names.u8();
  const auto name = take_list(names);
  if (!kind.has_value() || *kind != 0 || !name.has_value()) return;
  into.server_name = as_text(*name);
  for (char& letter : into.server_name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
}

void take_alpn(std::span<const std::byte> body, ClientHello& into) {
  ByteReader reader(body);
  const auto list = take_list(reader);
  if (!list.has_value()) return;
  ByteReader names(*list);
  while (!names.empty()) {
    const auto size = names.u8();
    if (!size.has_value()) return;
    const auto name = names.bytes(*size);
    if (!name.has_value()) return;
    into.alpn.emplace_back(as_text(*name));
  }
}

void take_versions(std::span<const std::byte> body, ClientHello& into) {
  ByteReader reader(body);
  const auto size = reader.u8();
  if (!size.has_value()) return;
  while (const auto version = reader.u16()) into.versions.push_back(*version);
}

}  // namespace

}  // namespace bowline::crypto
