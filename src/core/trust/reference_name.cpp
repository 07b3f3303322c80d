#include "core/trust/reference_name.h"

#include <algorithm>

namespace bowline::core {

namespace {

bool is_host_octet(char c);
bool ends_in_number(std::string_view host);
bool has_good_labels(std::string_view host);

Error bad_name(std::string_view text, const char* why) {
  return Error(ErrorKind::invalid_argument, "check certificate", why).about(std::string(text));
}

}  // namespace

Result<ReferenceName> read_reference_name(std::string_view text) {
  constexpr std::size_t host_characters_max = 253;
  const std::string_view without_zone = text.substr(0, text.find('%'));
  if (const auto address = IpAddress::parse(without_zone); address.has_value())
    return ReferenceName{{}, address->with_scope(0)};
  std::string host = lower_case(text);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty() || host.size() > host_characters_max)
    return bad_name(text, "a host name has 1 to 253 characters");
  if (!std::ranges::all_of(host, is_host_octet))
    return bad_name(text,
                    "a host name holds letters, digits, '-', '_' and dots; write others as xn--");
  if (!has_good_labels(host))
    return bad_name(text, "a label of a host name has 1 to 63 characters");
  if (ends_in_number(host)) return bad_name(text, "a number that is no address");
  return ReferenceName{std::move(host), std::nullopt};
}

std::string to_string(const ReferenceName& name) {
  return name.address ? to_string(*name.address) : name.host;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_within(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || domain.empty() ||
         name[name.size() - domain.size() - 1] == '.';
}

namespace {

bool is_host_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// A last label of digits, or with 0x in front, is meant as an address (URL standard).
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hexadecimal = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (last.starts_with("0x")) return std::ranges::all_of(last.substr(2), is_hexadecimal);
  return std::ranges::all_of(last, is_digit);
}

bool has_good_labels(std::string_view host) {
  constexpr std::size_t label_characters_max = 63;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::size_t length = std::min(dot, host.size());
    if (length == 0 || length > label_characters_max) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

}  // namespace bowline::core
