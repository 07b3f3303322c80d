#include "crypto/gnutls/datagram/hello_cookie.h"

#include <gnutls/dtls.h>

#include "base/bytes.h"
#include "crypto/gnutls/datagram/datagram_records.h"
#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/library/handles.h"

namespace bowline::crypto {

namespace {

constexpr const char* answering = "answer dtls hello";

bool is_whole_hello(std::span<const std::byte> datagram);

}  // namespace

Result<std::optional<std::vector<std::byte>>> answer_without_memory(
    std::span<const std::byte> datagram, std::span<const std::byte> cookie_key,
    std::span<const std::byte> peer) {
  if (!is_whole_hello(datagram))
    return Error(ErrorKind::malformed, ErrorDomain::tls, 0, answering,
                 "the datagram is no whole ClientHello");
  gnutls_datum_t key = lend(cookie_key);
  gnutls_datum_t client = lend(peer);
  gnutls_datum_t hello = lend(datagram);
  gnutls_dtls_prestate_st state{};
  const int code =
      gnutls_dtls_cookie_verify(&key, client.data, client.size, hello.data, hello.size, &state);
  if (code >= 0) return std::optional<std::vector<std::byte>>();
  if (code != GNUTLS_E_BAD_COOKIE) return failure_of(code, answering);

  std::vector<std::byte> answer;
  // The answer carries the number of the record that it answers (RFC 6347 section 4.2.1).
  state.record_seq = std::to_integer<unsigned>(datagram[10]);
  const int sent = gnutls_dtls_cookie_send(
      &key, client.data, client.size, &state, &answer,
      [](gnutls_transport_ptr_t into, const void* data, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(data);
        static_cast<std::vector<std::byte>*>(into)->assign(first, first + size);
        return static_cast<ssize_t>(size);
      });
  if (sent < 0) return failure_of(sent, answering);
  return std::optional(std::move(answer));
}

namespace {

bool is_whole_hello(std::span<const std::byte> datagram) {
  constexpr std::uint8_t client_hello = 1;
  const auto records = split_datagram(datagram);
  if (records.size() != 1) return false;
  const DatagramRecord& record = records.front();
  if (record.kind != record_handshake || record.epoch != 0) return false;
  ByteReader reader(record.body);
  const auto kind_and_length = reader.u32();
  const auto message = reader.u16();
  const auto offset_high = reader.u8();
  const auto offset_low = reader.u16();
  const auto size_high = reader.u8();
  const auto size_low = reader.u16();
  if (!size_low.has_value() || *kind_and_length >> 24 != client_hello) return false;
  const std::uint32_t length = *kind_and_length & 0xff'ffff;
  const std::uint32_t size = std::uint32_t{*size_high} << 16 | *size_low;
  const bool is_whole = *offset_high == 0 && *offset_low == 0 && size == length;
  return is_whole && message.has_value() && reader.remaining() == length;
}

}  // namespace

}  // namespace bowline::crypto
