#include "crypto/gnutls/certificates/making/plan_extensions.h"

#include "base/bytes.h"
#include "crypto/gnutls/certificates/der_reader.h"

namespace bowline::crypto {

namespace {

DerBytes name_item(const CertificateName& name) {
  using enum CertificateNameKind;
  switch (name.kind) {
    case email: return der_text(der_tag::plain(1), name.octets);
    case dns: return der_text(der_tag::plain(2), name.octets);
    case directory: return der_text(der_tag::around(4), name.octets);
    case uri: return der_text(der_tag::plain(6), name.octets);
    case ip: return der_text(der_tag::plain(7), name.octets);
    case service:
      return der_group(der_tag::around(0),
                       {*der_oid("1.3.6.1.5.5.7.8.7"),
                        der_group(der_tag::around(0), {der_text(der_tag::ia5, name.octets)})});
    case other:
      // A Microsoft user principal name: a kind that nothing here knows.
      return der_group(der_tag::around(0),
                       {*der_oid("1.3.6.1.4.1.311.20.2.3"),
                        der_group(der_tag::around(0), {der_text(der_tag::utf8, name.octets)})});
  }
  return {};
}

DerBytes names_value(const std::vector<CertificateName>& names) {
  DerBytes content;
  for (const CertificateName& name : names) append(content, name_item(name));
  return der_item(der_tag::sequence, content);
}

DerBytes subtrees(std::uint8_t tag, const std::vector<CertificateName>& names) {
  if (names.empty()) return {};
  DerBytes content;
  for (const CertificateName& name : names) append(content, der_sequence({name_item(name)}));
  return der_item(tag, content);
}

DerBytes key_usage_value(const ports::CertificatePlan& plan) {
  // BIT STRING: unused bits, then digitalSignature ... keyCertSign, cRLSign (RFC 5280 section 4.2.1.3).
  if (plan.forbids_signing_certificates) return der_text(der_tag::bits, "\x07\x80");
  if (plan.is_authority || plan.may_sign_certificates) return der_text(der_tag::bits, "\x01\x06");
  return der_text(der_tag::bits, "\x05\xa0");
}

class ExtensionList {
 public:
  void add(std::string_view oid, bool critical, const DerBytes& value) {
    DerBytes content = *der_oid(oid);
    if (critical) append(content, der_true());
    append(content, der_item(der_tag::octets, value));
    append(content_, der_item(der_tag::sequence, content));
  }
  [[nodiscard]] DerBytes finish() const { return der_item(der_tag::sequence, content_); }

 private:
  DerBytes content_;
};

Result<DerBytes> purposes_value(const std::vector<std::string>& purposes) {
  DerBytes content;
  for (const std::string& purpose : purposes) {
    const auto oid = der_oid(purpose);
    if (!oid)
      return Error(ErrorKind::invalid_argument, "make certificate", "a purpose that is no OID")
          .about(purpose);
    append(content, *oid);
  }
  return der_item(der_tag::sequence, content);
}

DerBytes basic_constraints_value(const ports::CertificatePlan& plan) {
  DerBytes content;
  if (plan.is_authority) append(content, der_true());
  if (plan.path_length) append(content, der_number(*plan.path_length));
  return der_item(der_tag::sequence, content);
}

}  // namespace

Result<DerBytes> write_extensions(const ports::CertificatePlan& plan,
                                  std::span<const std::byte> own_key,
                                  std::span<const std::byte> issuer_key) {
  ExtensionList list;
  if (plan.has_basic_constraints) list.add("2.5.29.19", true, basic_constraints_value(plan));
  if (plan.has_key_usage) list.add("2.5.29.15", true, key_usage_value(plan));
  if (!plan.purposes.empty()) {
    BOWLINE_TRY(const DerBytes value, purposes_value(plan.purposes));
    list.add("2.5.29.37", false, value);
  }
  if (!plan.names.empty() || plan.has_empty_names)
    list.add("2.5.29.17", false, names_value(plan.names));
  if (plan.repeats_an_extension) list.add("2.5.29.17", false, names_value(plan.names));
  if (!plan.permitted.empty() || !plan.excluded.empty())
    list.add("2.5.29.30", true,
             der_sequence({subtrees(der_tag::around(0), plan.permitted),
                           subtrees(der_tag::around(1), plan.excluded)}));
  if (plan.must_staple) list.add("1.3.6.1.5.5.7.1.24", false, der_sequence({der_number(5)}));
  if (plan.has_key_identifiers) {
    list.add("2.5.29.14", false, der_item(der_tag::octets, own_key));
    list.add("2.5.29.35", false, der_sequence({der_item(der_tag::plain(0), issuer_key)}));
  }
  if (!plan.unknown_critical.empty()) {
    if (!der_oid(plan.unknown_critical))
      return Error(ErrorKind::invalid_argument, "make certificate", "an extension that is no OID")
          .about(plan.unknown_critical);
    list.add(plan.unknown_critical, true, der_sequence({}));
  }
  return list.finish();
}

}  // namespace bowline::crypto
