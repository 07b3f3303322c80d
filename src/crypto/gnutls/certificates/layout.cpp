#include "crypto/gnutls/certificates/layout.h"

namespace bowline::crypto {

namespace {

bool read_signed_part(std::span<const std::byte> content, CertificateLayout& layout);

}  // namespace

std::optional<CertificateLayout> read_layout(std::span<const std::byte> der) {
  DerReader outside(der);
  const auto certificate = outside.expect(der_tag::sequence);
  if (!certificate || !outside.at_end()) return std::nullopt;
  DerReader parts(certificate->content);
  const auto signed_part = parts.expect(der_tag::sequence);
  const auto algorithm = parts.expect(der_tag::sequence);
  const auto signature = parts.expect(der_tag::bits);
  if (!signed_part || !algorithm || !signature || !parts.at_end()) return std::nullopt;
  CertificateLayout layout;
  layout.outer_algorithm = algorithm->whole;
  if (!read_signed_part(signed_part->content, layout)) return std::nullopt;
  return layout;
}

namespace {

bool read_signed_part(std::span<const std::byte> content, CertificateLayout& layout) {
  DerReader parts(content);
  if (const auto version = parts.next_if(der_tag::around(0))) {
    DerReader inside(version->content);
    const auto number = inside.expect(der_tag::integer);
    const auto value = number ? small_number(number->content) : std::nullopt;
    if (!value || *value > 2 || !inside.at_end()) return false;
    layout.version = *value + 1;
  }
  const auto serial = parts.expect(der_tag::integer);
  const auto algorithm = parts.expect(der_tag::sequence);
  const auto issuer = parts.expect(der_tag::sequence);
  const auto validity = parts.expect(der_tag::sequence);
  const auto subject = parts.expect(der_tag::sequence);
  const auto public_key = parts.expect(der_tag::sequence);
  if (!serial || !algorithm || !issuer || !validity || !subject || !public_key) return false;
  layout.serial = serial->content;
  layout.inner_algorithm = algorithm->whole;
  layout.issuer = issuer->whole;
  layout.subject = subject->whole;
  layout.public_key = public_key->whole;
  for (const unsigned unique_id : {1U, 2U})
    static_cast<void>(parts.next_if(der_tag::plain(unique_id)));
  if (const auto extensions = parts.next_if(der_tag::around(3))) {
    DerReader inside(extensions->content);
    const auto list = inside.expect(der_tag::sequence);
    if (!list || !inside.at_end()) return false;
    layout.extensions = list->content;
  }
  return parts.ok() && parts.at_end();
}

}  // namespace

}  // namespace bowline::crypto
