#include "crypto/gnutls/certificates/making/staple_writer.h"

#include <gnutls/crypto.h>

#include <array>
#include <cassert>

#include "crypto/gnutls/certificates/der_reader.h"
#include "crypto/gnutls/certificates/layout.h"

namespace bowline::crypto {

namespace {

std::array<std::byte, 20> sha1_of(std::span<const std::byte> bytes) {
  std::array<std::byte, 20> digest;
  [[maybe_unused]] const int code =
      gnutls_hash_fast(GNUTLS_DIG_SHA1, bytes.data(), bytes.size(), digest.data());
  assert(code == GNUTLS_E_SUCCESS);
  return digest;
}

/// The octets of the key itself, without its algorithm: what OCSP names an authority by.
std::span<const std::byte> key_octets(std::span<const std::byte> public_key) {
  DerReader outside(public_key);
  const auto info = outside.expect(der_tag::sequence);
  if (!info) return {};
  DerReader parts(info->content);
  static_cast<void>(parts.next());
  const auto bits = parts.expect(der_tag::bits);
  return bits && !bits->content.empty() ? bits->content.subspan(1) : std::span<const std::byte>{};
}

DerBytes status_item(const ports::StaplePlan& plan) {
  switch (plan.status) {
    case ports::StaplePlan::Status::good: return der_item(der_tag::plain(0), {});
    case ports::StaplePlan::Status::revoked:
      return der_group(der_tag::around(1), {der_generalized_time(plan.from)});
    case ports::StaplePlan::Status::unknown: return der_item(der_tag::plain(2), {});
  }
  return {};
}

}  // namespace

Result<ports::Der> write_staple(const ports::StaplePlan& plan,
                                std::span<const std::byte> certificate,
                                std::span<const std::byte> issuer, const PrivateKey& issuer_key) {
  const auto about = read_layout(certificate);
  const auto by = read_layout(issuer);
  if (!about || !by)
    return Error(ErrorKind::malformed, "make OCSP response", "it needs two certificates");
  const auto key_hash = sha1_of(key_octets(by->public_key));
  const auto name_hash = sha1_of(by->subject);
  const DerBytes sha1 = der_sequence({*der_oid("1.3.14.3.2.26"), der_item(der_tag::null, {})});
  const DerBytes id =
      der_sequence({sha1, der_item(der_tag::octets, name_hash), der_item(der_tag::octets, key_hash),
                    der_item(der_tag::integer, about->serial)});
  DerBytes single = id;
  append(single, status_item(plan));
  append(single, der_generalized_time(plan.from));
  if (plan.until)
    append(single, der_group(der_tag::around(0), {der_generalized_time(*plan.until)}));
  const DerBytes data = der_sequence(
      {der_group(der_tag::around(2), {der_item(der_tag::octets, key_hash)}),
       der_generalized_time(plan.from), der_sequence({der_item(der_tag::sequence, single)})});
  BOWLINE_TRY(const SigningAlgorithm algorithm, algorithm_for(issuer_key, false));
  BOWLINE_TRY(DerBytes signature, sign(issuer_key, algorithm, data));
  if (plan.is_broken) signature.back() ^= std::byte{1};
  const DerBytes basic = der_sequence({data, algorithm.identifier, der_bits(signature)});
  return der_sequence(
      {der_text(der_tag::enumerated, std::string_view("\0", 1)),
       der_group(der_tag::around(0), {der_sequence({*der_oid("1.3.6.1.5.5.7.48.1.1"),
                                                    der_item(der_tag::octets, basic)})})});
}

}  // namespace bowline::crypto
