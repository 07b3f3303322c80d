#include "crypto/gnutls/certificates/extensions.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/der_reader.h"

namespace bowline::crypto {

namespace {

using std::string_view_literals::operator""sv;

using Facts = Certificate::Facts;
using Bytes = std::span<const std::byte>;
using ReadExtension = bool (*)(Bytes value, std::size_t names_max, Facts& facts);

/// An extension that is understood here.
struct KnownExtension {
  std::string_view oid;  // as its octets
  ReadExtension read;    // null: it makes no difference to whom is trusted
};

const KnownExtension* find_known(std::string_view oid);

struct Extension {
  std::string_view oid;
  bool critical = false;
  Bytes value;
};

std::optional<Extension> next_extension(DerReader& list);

}  // namespace

void read_extensions(Bytes extensions, std::size_t names_max, Facts& facts) {
  constexpr std::size_t extensions_max = 64;
  std::vector<std::string_view> seen;
  DerReader list(extensions);
  while (!list.at_end()) {
    const auto extension = next_extension(list);
    if (!extension || seen.size() == extensions_max) {
      facts.unknown_critical.push_back("(extensions that do not parse)");
      return;
    }
    const std::string oid = oid_text(as_bytes(extension->oid));
    // The second one is not read: which of the two counts is for nobody to choose (RFC 5280 section 4.2).
    if (std::ranges::find(seen, extension->oid) != seen.end()) {
      facts.repeated.push_back(oid);
      continue;
    }
    seen.push_back(extension->oid);
    const KnownExtension* const known = find_known(extension->oid);
    if (known == nullptr) {
      if (extension->critical) facts.unknown_critical.push_back(oid);
    } else if (known->read != nullptr && !known->read(extension->value, names_max, facts)) {
      facts.unknown_critical.push_back(oid + " (does not parse)");
    }
  }
}

void read_common_names(Bytes name, Facts& facts) {
  static constexpr std::string_view common_name = "\x55\x04\x03";
  DerReader outside(name);
  const auto sequence = outside.expect(der_tag::sequence);
  if (!sequence) return;
  DerReader sets(sequence->content);
  while (const auto set = sets.next_if(der_tag::set)) {
    DerReader attributes(set->content);
    while (const auto attribute = attributes.next_if(der_tag::sequence)) {
      DerReader pair(attribute->content);
      const auto type = pair.expect(der_tag::oid);
      const auto value = pair.next();
      if (!type || !value || as_text(type->content) != common_name) continue;
      facts.common_name = std::string(as_text(value->content));
      ++facts.common_names;
    }
  }
}

namespace {

std::optional<Extension> next_extension(DerReader& list) {
  const auto item = list.expect(der_tag::sequence);
  if (!item) return std::nullopt;
  DerReader parts(item->content);
  Extension extension;
  const auto oid = parts.expect(der_tag::oid);
  if (!oid) return std::nullopt;
  extension.oid = as_text(oid->content);
  if (const auto critical = parts.next_if(der_tag::boolean))
    extension.critical = critical->content.size() != 1 || critical->content[0] != std::byte{0};
  const auto value = parts.expect(der_tag::octets);
  if (!value || !parts.at_end()) return std::nullopt;
  extension.value = value->content;
  return extension;
}

/// The one item that all of `value` is.
std::optional<DerItem> only_item(Bytes value, std::uint8_t tag) {
  DerReader reader(value);
  auto item = reader.expect(tag);
  if (!reader.at_end()) return std::nullopt;
  return item;
}

/// A GeneralName (RFC 5280 section 4.2.1.6); nothing if it does not parse.
std::optional<CertificateName> read_name(const DerItem& item) {
  using enum CertificateNameKind;
  const std::string octets(as_text(item.content));
  if (item.tag == der_tag::plain(1)) return CertificateName{email, octets};
  if (item.tag == der_tag::plain(2)) return CertificateName{dns, octets};
  if (item.tag == der_tag::around(4)) return CertificateName{directory, octets};
  if (item.tag == der_tag::plain(6)) return CertificateName{uri, octets};
  if (item.tag == der_tag::plain(7)) return CertificateName{ip, octets};
  if (item.tag != der_tag::around(0)) return CertificateName{other, octets};
  // otherName: SRVName is id-on-dnsSRV (RFC 4985).
  static constexpr std::string_view dns_service = "\x2b\x06\x01\x05\x05\x07\x08\x07";
  DerReader parts(item.content);
  const auto type = parts.expect(der_tag::oid);
  const auto value = parts.expect(der_tag::around(0));
  if (!type || !value) return std::nullopt;
  if (as_text(type->content) != dns_service) return CertificateName{other, octets};
  const auto text = only_item(value->content, der_tag::ia5);
  if (!text) return std::nullopt;
  return CertificateName{service, std::string(as_text(text->content))};
}

bool read_names(Bytes value, std::size_t names_max, Facts& facts) {
  facts.has_names = true;
  facts.names_malformed = true;
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader names(sequence->content);
  while (!names.at_end()) {
    const auto item = names.next();
    if (!item) return false;
    if (facts.names.size() == names_max) {
      ++facts.names_dropped;
      continue;
    }
    auto name = read_name(*item);
    if (!name) return false;
    facts.names.push_back(*std::move(name));
  }
  facts.names_malformed = false;
  return true;
}

/// GeneralSubtrees: each a name; `minimum` and `maximum` are always their defaults (RFC 5280).
bool read_subtrees(Bytes content, std::size_t names_max, std::vector<CertificateName>& into,
                   Facts& facts) {
  DerReader subtrees(content);
  while (!subtrees.at_end()) {
    const auto subtree = subtrees.expect(der_tag::sequence);
    if (!subtree) return false;
    if (facts.permitted.size() + facts.excluded.size() == names_max) {
      ++facts.constraints_dropped;
      continue;
    }
    DerReader parts(subtree->content);
    const auto base = parts.next();
    if (!base || !parts.at_end()) return false;
    auto name = read_name(*base);
    if (!name) return false;
    into.push_back(*std::move(name));
  }
  return true;
}

bool read_constraints(Bytes value, std::size_t names_max, Facts& facts) {
  facts.has_constraints = true;
  facts.constraints_malformed = true;
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader parts(sequence->content);
  if (const auto permitted = parts.next_if(der_tag::around(0));
      permitted && !read_subtrees(permitted->content, names_max, facts.permitted, facts))
    return false;
  if (const auto excluded = parts.next_if(der_tag::around(1));
      excluded && !read_subtrees(excluded->content, names_max, facts.excluded, facts))
    return false;
  if (!parts.at_end() || !parts.ok()) return false;
  facts.constraints_malformed = false;
  return true;
}

bool read_basic_constraints(Bytes value, std::size_t, Facts& facts) {
  facts.has_basic_constraints = true;
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader parts(sequence->content);
  bool is_authority = false;
  if (const auto flag = parts.next_if(der_tag::boolean))
    is_authority = flag->content.size() == 1 && flag->content[0] != std::byte{0};
  if (const auto length = parts.next_if(der_tag::integer)) {
    const auto number = small_number(length->content);
    if (!number) return false;
    facts.path_length = *number;
  }
  if (!parts.at_end()) return false;
  facts.is_authority = is_authority;
  return true;
}

bool read_key_usage(Bytes value, std::size_t, Facts& facts) {
  facts.has_key_usage = true;
  const auto bits = only_item(value, der_tag::bits);
  if (!bits || bits->content.size() < 2) return false;
  const auto flags = std::to_integer<unsigned>(bits->content[1]);
  facts.may_sign = (flags & 0x80) != 0;
  facts.may_encipher_key = (flags & 0x20) != 0;
  facts.may_agree_key = (flags & 0x08) != 0;
  facts.may_sign_certificates = (flags & 0x04) != 0;
  return true;
}

bool read_purposes(Bytes value, std::size_t, Facts& facts) {
  constexpr std::size_t purposes_max = 64;
  facts.has_purposes = true;
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader purposes(sequence->content);
  while (!purposes.at_end()) {
    const auto oid = purposes.expect(der_tag::oid);
    if (!oid || facts.purposes.size() == purposes_max) return false;
    facts.purposes.push_back(oid_text(oid->content));
    if (facts.purposes.back() == "1.3.6.1.5.5.7.3.1") facts.for_servers = true;
    if (facts.purposes.back() == "1.3.6.1.5.5.7.3.2") facts.for_clients = true;
    if (facts.purposes.back() == "2.5.29.37.0") facts.for_anything = true;
  }
  return true;
}

/// TLS features (RFC 7633): extension 5 of TLS is status_request.
bool read_features(Bytes value, std::size_t, Facts& facts) {
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader features(sequence->content);
  while (!features.at_end()) {
    const auto number = features.expect(der_tag::integer);
    if (!number) return false;
    facts.must_staple |= small_number(number->content) == 5U;
  }
  return true;
}

bool read_own_key(Bytes value, std::size_t, Facts& facts) {
  const auto octets = only_item(value, der_tag::octets);
  if (!octets) return false;
  facts.own_key = std::string(as_text(octets->content));
  return true;
}

bool read_authority_key(Bytes value, std::size_t, Facts& facts) {
  const auto sequence = only_item(value, der_tag::sequence);
  if (!sequence) return false;
  DerReader parts(sequence->content);
  if (const auto key = parts.next_if(der_tag::plain(0)))
    facts.authority_key = std::string(as_text(key->content));
  return true;
}

const KnownExtension* find_known(std::string_view oid) {
  static constexpr std::array<KnownExtension, 11> known{{
      {"\x55\x1d\x0e"sv, read_own_key},
      {"\x55\x1d\x0f"sv, read_key_usage},
      {"\x55\x1d\x11"sv, read_names},
      {"\x55\x1d\x13"sv, read_basic_constraints},
      {"\x55\x1d\x1e"sv, read_constraints},
      {"\x55\x1d\x23"sv, read_authority_key},
      {"\x55\x1d\x25"sv, read_purposes},
      {"\x2b\x06\x01\x05\x05\x07\x01\x18"sv, read_features},
      // Policies, their mappings and inhibitAnyPolicy: any policy will do here, so they restrict nothing.
      // policyConstraints is not among them: it can ask for an explicit one.
      {"\x55\x1d\x20"sv, nullptr},
      {"\x55\x1d\x21"sv, nullptr},
      {"\x55\x1d\x36"sv, nullptr},
  }};
  const auto found = std::ranges::find(known, oid, &KnownExtension::oid);
  return found == known.end() ? nullptr : found;
}

}  // namespace

}  // namespace bowline::crypto
