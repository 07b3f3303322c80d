#include "crypto/gnutls/ticket/tickets.h"

#include <gnutls/crypto.h>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace bowline::crypto {

namespace {

constexpr std::uint16_t extension_early_data = 42;
constexpr std::uint32_t unlimited = 0xffff'ffff;
/// No ticket lives longer (RFC 8446 section 4.6.1).
constexpr std::uint32_t lifetime_seconds_max = 604'800;
/// What a ticket of TLS 1.2 without a hint is worth.
constexpr std::uint32_t lifetime_seconds_unsaid = 7'200;

constexpr std::size_t digest_bytes = 32;

std::array<std::byte, digest_bytes> digest_of(std::span<const std::byte> state);
void append_field(std::string_view field, ByteWriter& writer);
std::string_view selected_protocol(const ports::TlsConfiguration& configuration,
                                   const ClientHello& hello);
std::size_t early_bytes_in(ByteReader reader);

}  // namespace

std::array<std::byte, ticket_key_bytes> derive_ticket_key(
    const ports::TlsConfiguration& configuration, const ClientHello& hello) {
  std::vector<std::byte> context;
  ByteWriter writer(context);
  append_field("bowline ticket 1", writer);
  append_field(configuration.ticket_keys->policy_id, writer);
  append_field(hello.server_name, writer);
  append_field(selected_protocol(configuration, hello), writer);
  writer.u8(static_cast<std::uint8_t>(configuration.client_certificate));
  for (const ports::TlsVersion version : configuration.versions)
    writer.u8(static_cast<std::uint8_t>(version));
  // Browsers mix in random versions that do not exist (RFC 8701); those must not keep tickets from opening.
  for (const int known : {0x0304, 0x0303, 0xfefd})
    writer.u8(std::ranges::count(hello.versions, known) > 0 ? 1 : 0);

  std::array<std::byte, ticket_key_bytes> made{};
  const auto& master = configuration.ticket_keys->master;
  const int code = gnutls_hmac_fast(GNUTLS_MAC_SHA512, master.data(), master.size(), context.data(),
                                    context.size(), made.data());
  assert(code >= 0);
  static_cast<void>(code);
  return made;
}

std::optional<TicketOffer> parse_ticket_offer(std::span<const std::byte> body, bool is_tls_1_3) {
  ByteReader reader(body);
  const auto seconds = reader.u32();
  if (!seconds.has_value()) return std::nullopt;
  TicketOffer made;
  const std::uint32_t said = !is_tls_1_3 && *seconds == 0 ? lifetime_seconds_unsaid : *seconds;
  made.lifetime = std::chrono::seconds(std::min(said, lifetime_seconds_max));
  if (!is_tls_1_3) return made;
  if (!reader.u32().has_value()) return std::nullopt;  // what is added to its age
  const auto nonce = reader.u8();
  if (!nonce.has_value() || !reader.bytes(*nonce).has_value()) return std::nullopt;
  const auto ticket = reader.u16();
  if (!ticket.has_value() || !reader.bytes(*ticket).has_value()) return std::nullopt;
  const auto extensions = reader.u16();
  if (!extensions.has_value()) return std::nullopt;
  const auto list = reader.bytes(*extensions);
  if (!list.has_value()) return std::nullopt;
  made.early_bytes_max = early_bytes_in(ByteReader(*list));
  return made;
}

std::vector<std::byte> sealed(std::span<const std::byte> state) {
  const auto digest = digest_of(state);
  std::vector<std::byte> made(digest.begin(), digest.end());
  made.insert(made.end(), state.begin(), state.end());
  return made;
}

std::optional<std::span<const std::byte>> unsealed(std::span<const std::byte> stored) {
  if (stored.size() < digest_bytes) return std::nullopt;
  const auto state = stored.subspan(digest_bytes);
  if (!std::ranges::equal(digest_of(state), stored.first(digest_bytes))) return std::nullopt;
  return state;
}

namespace {

std::array<std::byte, digest_bytes> digest_of(std::span<const std::byte> state) {
  std::vector<std::byte> all;
  ByteWriter writer(all);
  append_field(gnutls_check_version(nullptr), writer);
  writer.bytes(state);
  std::array<std::byte, digest_bytes> made{};
  const int code = gnutls_hash_fast(GNUTLS_DIG_SHA256, all.data(), all.size(), made.data());
  assert(code >= 0);
  static_cast<void>(code);
  return made;
}

void append_field(std::string_view field, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(field.size()));
  writer.bytes(as_bytes(field));
}

// The protocol that this server will choose; only what was sent for the same one may arrive early.
std::string_view selected_protocol(const ports::TlsConfiguration& configuration,
                                   const ClientHello& hello) {
  for (const std::string& ours : configuration.alpn)
    if (std::ranges::count(hello.alpn, ours) > 0) return ours;
  return {};
}

std::size_t early_bytes_in(ByteReader reader) {
  while (const auto kind = reader.u16()) {
    const auto size = reader.u16();
    if (!size.has_value()) return 0;
    const auto content = reader.bytes(*size);
    if (!content.has_value()) return 0;
    if (*kind != extension_early_data) continue;
    const auto most = ByteReader(*content).u32();
    return most.has_value() && *most != unlimited ? *most : 0;
  }
  return 0;
}

}  // namespace

}  // namespace bowline::crypto
