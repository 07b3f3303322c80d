#include "core/trust/name_constraints.h"

#include <bowline/detail/trust_facts.h>

#include <algorithm>
#include <string>

#include "base/escape.h"

namespace bowline::core {

namespace {

/// How a name stands to a constraint. Unclear counts against the name, either way.
enum class Relation : std::uint8_t { inside, outside, unclear };

Relation relation(const CertificateName& name, const CertificateName& constraint);
std::vector<CertificateName> names_below(const Certificate& certificate, bool is_leaf,
                                         const std::optional<ReferenceName>& reference);
std::optional<TrustProblem> check_name(const CertificateName& name, const Certificate& authority,
                                       std::size_t index);

}  // namespace

std::vector<TrustProblem> check_constraints(std::span<const Certificate> path,
                                            const std::optional<ReferenceName>& reference) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (!path[i].has_name_constraints()) continue;
    for (std::size_t below = 0; below < i; ++below) {
      // An authority that renews its own key is not below itself (RFC 5280 section 6.1.3).
      if (below != 0 && path[below].is_self_issued()) continue;
      for (const CertificateName& name : names_below(path[below], below == 0, reference))
        if (auto problem = check_name(name, path[i], i)) return {*std::move(problem)};
    }
  }
  return {};
}

namespace {

std::vector<CertificateName> names_below(const Certificate& certificate, bool is_leaf,
                                         const std::optional<ReferenceName>& reference) {
  const Certificate::Facts& facts = certificate.facts();
  std::vector<CertificateName> names = facts.names;
  constexpr std::size_t empty_name_octets = 2;
  if (facts.subject_der.size() > empty_name_octets)
    names.push_back({CertificateNameKind::directory, facts.subject_der});
  if (is_leaf && reference && !reference->address)
    names.push_back({CertificateNameKind::dns, reference->host});
  return names;
}

std::string words_for(const CertificateName& name, const Certificate& authority, const char* why) {
  return "the authority '" + escape(authority.subject(), 128) + "' may not vouch for " +
         to_string(name) + ": " + why;
}

std::optional<TrustProblem> check_name(const CertificateName& name, const Certificate& authority,
                                       std::size_t index) {
  const Certificate::Facts& facts = authority.facts();
  for (const CertificateName& excluded : facts.excluded)
    if (excluded.kind == name.kind && relation(name, excluded) != Relation::outside)
      return TrustProblem{TrustFault::name_not_permitted, index,
                          words_for(name, authority, "such names are excluded")};
  bool is_limited = false;
  for (const CertificateName& permitted : facts.permitted) {
    if (permitted.kind != name.kind) continue;
    if (relation(name, permitted) == Relation::inside) return std::nullopt;
    is_limited = true;
  }
  if (!is_limited) return std::nullopt;
  return TrustProblem{TrustFault::name_not_permitted, index,
                      words_for(name, authority, "only others are permitted")};
}

/// Lower case, without final dot; a dot in front stays, and means "below only".
std::string plain_host(std::string_view text) {
  std::string host = lower_case(text);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool host_inside(std::string_view host, std::string_view constraint) {
  if (!constraint.starts_with('.')) return is_within(host, constraint);
  constraint.remove_prefix(1);
  return host.size() > constraint.size() && is_within(host, constraint);
}

Relation relation_of_hosts(const CertificateName& name, const CertificateName& constraint) {
  const std::string host = plain_host(name.octets);
  const std::string limit = plain_host(constraint.octets);
  if (!host.starts_with("*."))
    return host_inside(host, limit) ? Relation::inside : Relation::outside;
  const std::string_view rest = std::string_view(host).substr(2);
  // Whatever the star stands for is inside; or one of the names that it may stand for is.
  if (is_within(rest, limit.starts_with('.') ? limit.substr(1) : limit)) return Relation::inside;
  return is_within(limit, rest) ? Relation::unclear : Relation::outside;
}

struct AddressRange {
  std::string_view address;
  std::string_view mask;
};

/// Of 4 or 16 octets each. Nothing if the mask has holes.
std::optional<AddressRange> range_of(std::string_view octets) {
  if (octets.size() != 8 && octets.size() != 32) return std::nullopt;
  const std::size_t half = octets.size() / 2;
  bool ended = false;
  for (const char octet : octets.substr(half))
    for (int bit = 7; bit >= 0; --bit) {
      const bool is_set = (static_cast<unsigned char>(octet) >> bit & 1) != 0;
      if (is_set && ended) return std::nullopt;
      ended = ended || !is_set;
    }
  return AddressRange{octets.substr(0, half), octets.substr(half)};
}

/// ::ffff:192.0.2.1 is 192.0.2.1, in whichever form a certificate has it.
std::string_view unmapped(std::string_view octets) {
  static constexpr std::string_view prefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  return octets.size() == 16 && octets.starts_with(prefix) ? octets.substr(12) : octets;
}

Relation relation_of_addresses(const CertificateName& name, const CertificateName& constraint) {
  const auto range = range_of(constraint.octets);
  if (!range) return Relation::unclear;
  const auto is_in = [&](std::string_view address) {
    for (std::size_t i = 0; i < address.size(); ++i)
      if (((address[i] ^ range->address[i]) & range->mask[i]) != 0) return false;
    return true;
  };
  for (const std::string_view address : {std::string_view(name.octets), unmapped(name.octets)})
    if (address.size() == range->address.size() && is_in(address)) return Relation::inside;
  return Relation::outside;
}

Relation relation_of_emails(const CertificateName& name, const CertificateName& constraint) {
  const std::size_t at = name.octets.rfind('@');
  if (at == std::string::npos) return Relation::unclear;
  const std::string host = plain_host(std::string_view(name.octets).substr(at + 1));
  const std::size_t limit_at = constraint.octets.rfind('@');
  const std::string limit = plain_host(std::string_view(constraint.octets).substr(limit_at + 1));
  bool is_in = limit.starts_with('.') ? host_inside(host, limit) : host == limit || limit.empty();
  if (limit_at != std::string::npos)
    is_in = is_in && name.octets.substr(0, at) == constraint.octets.substr(0, limit_at);
  return is_in ? Relation::inside : Relation::outside;
}

/// The host of scheme://user@host:port/path; nothing if there is none, or an address.
std::optional<std::string> host_of_uri(std::string_view uri) {
  const std::size_t start = uri.find("://");
  if (start == std::string_view::npos) return std::nullopt;
  uri.remove_prefix(start + 3);
  uri = uri.substr(0, uri.find_first_of("/?#\\"));
  if (const std::size_t at = uri.rfind('@'); at != std::string_view::npos)
    uri.remove_prefix(at + 1);
  uri = uri.substr(0, uri.find(':'));
  if (uri.empty() || uri.starts_with('[') || IpAddress::parse(uri).has_value()) return std::nullopt;
  return plain_host(uri);
}

Relation relation_of_uris(const CertificateName& name, const CertificateName& constraint) {
  const auto host = host_of_uri(name.octets);
  if (!host) return Relation::unclear;
  const std::string limit = plain_host(constraint.octets);
  const bool is_in = limit.starts_with('.') ? host_inside(*host, limit) : *host == limit;
  return is_in ? Relation::inside : Relation::outside;
}

Relation relation_of_services(const CertificateName& name, const CertificateName& constraint) {
  const std::string service = plain_host(name.octets);
  const std::string limit = plain_host(constraint.octets);
  if (limit.starts_with('_')) return service == limit ? Relation::inside : Relation::outside;
  const std::size_t dot = service.find('.');
  if (!service.starts_with('_') || dot == std::string::npos) return Relation::unclear;
  return host_inside(std::string_view(service).substr(dot + 1), limit) ? Relation::inside
                                                                       : Relation::outside;
}

/// What is inside of the outermost DER item.
std::string_view inside_of(std::string_view der) {
  if (der.size() < 2) return {};
  const auto length = static_cast<unsigned char>(der[1]);
  const std::size_t header = length < 0x80 ? 2 : 2U + (length & 0x7fU);
  return der.size() < header ? std::string_view{} : der.substr(header);
}

/// Octet by octet, so that another spelling of a permitted name is refused; that may be too strict.
Relation relation_of_directories(const CertificateName& name, const CertificateName& constraint) {
  return inside_of(name.octets).starts_with(inside_of(constraint.octets)) ? Relation::inside
                                                                          : Relation::unclear;
}

Relation relation(const CertificateName& name, const CertificateName& constraint) {
  switch (name.kind) {
    case CertificateNameKind::dns: return relation_of_hosts(name, constraint);
    case CertificateNameKind::ip: return relation_of_addresses(name, constraint);
    case CertificateNameKind::uri: return relation_of_uris(name, constraint);
    case CertificateNameKind::service: return relation_of_services(name, constraint);
    case CertificateNameKind::email: return relation_of_emails(name, constraint);
    case CertificateNameKind::directory: return relation_of_directories(name, constraint);
    case CertificateNameKind::other: return Relation::unclear;
  }
  return Relation::unclear;
}

}  // namespace

}  // namespace bowline::core
