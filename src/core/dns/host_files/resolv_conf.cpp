#include "core/dns/host_files/resolv_conf.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "base/escape.h"

namespace bowline::core {

namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t quoted_bytes_max = 64;

/// Options that ask for what is always done here.
constexpr std::array<std::string_view, 2> fulfilled_options = {"edns0", "single-request-reopen"};

/// Options of other times, and for people who debug glibc.
constexpr std::array<std::string_view, 8> meaningless_options = {
    "debug",         "inet6",          "ip6-bytestring", "ip6-dotint",
    "no-ip6-dotint", "no-check-names", "insecure1",      "insecure2"};

using Words = std::span<const std::string_view>;

std::string quoted(std::string_view text) { return '"' + escape(text, quoted_bytes_max) + '"'; }

/// All digits, cut to `bound`; nothing if it is no number.
std::optional<unsigned> number(std::string_view text, unsigned bound) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return bound;
  return error == std::errc() ? std::optional(std::min(value, bound)) : std::nullopt;
}

/// An IPv4 address as inet_aton(3) reads it: one to four numbers, the last of which fills what is left.
std::optional<IpAddress> old_address(std::string_view text) {
  std::uint64_t value = 0;
  for (unsigned part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    std::string_view digits = text.substr(0, dot);
    const bool is_last = dot == std::string_view::npos;
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits.starts_with('0')) {
      base = 8;
    }
    std::uint64_t piece = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), piece, base);
    const unsigned bits = is_last ? 8 * (4 - part) : 8;
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
        piece >> bits != 0)
      return std::nullopt;
    value = value << bits | piece;
    if (is_last)
      return IpAddress::v4(
          {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
           static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

/// `address` or `[address]:port`, or `192.0.2.1:port`.
std::optional<SocketAddress> server(std::string_view text, const InterfaceIndex& interface_index) {
  if (const auto address = address_with_zone(text, interface_index))
    return SocketAddress(*address, dns_port);
  if (const auto address = old_address(text)) return SocketAddress(*address, dns_port);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number(text.substr(colon + 1), 65'536);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = address_with_zone(host, interface_index);
  const bool bracketed = host.size() + 2 == colon;
  if (!address.has_value() || !port.has_value() || *port == 0 || *port > 65'535)
    return std::nullopt;
  if (address->is_v6() != bracketed) return std::nullopt;
  return SocketAddress(*address, static_cast<std::uint16_t>(*port));
}

class ResolvConfReader {
 public:
  explicit ResolvConfReader(const InterfaceIndex& interface_index)
      : interface_index_(interface_index) {
    result_.config.entries.emplace_back();
  }

  void take(std::string_view line) {
    ++line_number_;
    const auto words = words_of_line(line);
    if (words.empty()) return;
    if (words.front().data() != line.data())
      return warn("the keyword " + quoted(words.front()) + " does not start the line");
    take_words(words);
  }

  void take_words(Words words) {
    const std::string_view keyword = words.front();
    const Words rest = words.subspan(1);
    if (keyword == "nameserver")
      take_server(rest);
    else if (keyword == "search" || keyword == "domain")
      take_search(keyword == "domain" ? rest.first(std::min<std::size_t>(rest.size(), 1)) : rest);
    else if (keyword == "options")
      for (const std::string_view option : rest) take_option(option);
    else if (keyword == "sortlist")
      warn("keyword \"sortlist\" has no meaning here: addresses are sorted by RFC 6724");
    else
      warn("keyword " + quoted(keyword) + " is not known");
  }

  /// The environment, which has the last word, and the domain of the host.
  void take_context(const ResolvConfContext& context) {
    if (!has_search_) {
      const std::size_t dot = context.host_name.find('.');
      if (dot != std::string::npos) take_variable("domain", context.host_name.substr(dot + 1));
    }
    take_variable("search", context.local_domain);
    take_variable("options", context.options);
  }

  ResolvConf finish() { return std::move(result_); }

 private:
  ResolverEntry& entry() { return result_.config.entries.front(); }

  void take_variable(std::string_view keyword, std::string_view value) {
    std::vector<std::string_view> words = words_of_line(value);
    if (words.empty()) return;
    words.insert(words.begin(), keyword);
    line_number_ = 0;
    take_words(words);
  }

  void take_server(Words words) {
    if (words.empty()) return warn("a nameserver line without an address");
    const auto parsed = server(words.front(), interface_index_);
    if (!parsed.has_value()) return warn(quoted(words.front()) + " is not an address");
    if (entry().servers.size() >= ResolvConf::servers_max)
      return warn("too many nameservers; this one is not used");
    if (std::ranges::find(entry().servers, *parsed) == entry().servers.end())
      entry().servers.push_back(*parsed);
  }

  /// The last search or domain line counts (resolv.conf(5)).
  void take_search(Words words) {
    entry().search.clear();
    has_search_ = true;
    for (const std::string_view word : words) {
      const auto name = wire::DnsName::parse(word);
      if (!name.has_value())
        warn(quoted(word) + " is not a domain name");
      else if (entry().search.size() >= ResolvConf::suffixes_max)
        return warn("too many search domains; the rest is not used");
      else
        entry().search.push_back(to_string(*name));
    }
  }

  void take_option(std::string_view option) {
    const std::size_t colon = option.find(':');
    const std::string_view name = option.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view() : option.substr(colon + 1);
    if (bool* const wish = switch_of(name))
      *wish = name != "no-tld-query";
    else if (name == "ndots" || name == "timeout" || name == "attempts")
      take_number(option, name, value);
    else if (std::ranges::find(fulfilled_options, name) != fulfilled_options.end())
      return;
    else if (std::ranges::find(meaningless_options, name) != meaningless_options.end())
      warn("option " + quoted(option) + " has no meaning here");
    else
      warn("option " + quoted(option) + " is not known");
  }

  bool* switch_of(std::string_view option) {
    ResolverConfig& config = result_.config;
    const std::array switches = {
        std::pair{std::string_view("rotate"), &config.rotate},
        std::pair{std::string_view("use-vc"), &config.only_tcp},
        std::pair{std::string_view("single-request"), &config.one_at_a_time},
        std::pair{std::string_view("no-aaaa"), &config.no_aaaa},
        std::pair{std::string_view("trust-ad"), &config.trust_ad},
        std::pair{std::string_view("no-tld-query"), &config.bare_labels},
        std::pair{std::string_view("no-reload"), &result_.no_reload},
    };
    for (const auto& [name, wish] : switches)
      if (name == option) return wish;
    return nullptr;
  }

  void take_number(std::string_view option, std::string_view name, std::string_view value) {
    const unsigned bound = name == "ndots" ? 15 : 5;
    const auto parsed = number(value, bound);
    if (!parsed.has_value()) return warn("option " + quoted(name) + " needs a number");
    if (name == "timeout" && number(value, bound + 1) != *parsed)
      warn("option " + quoted(option) + " counts as 5 seconds");
    if (name == "ndots")
      result_.config.ndots = *parsed;
    else if (name == "timeout")
      result_.config.timeout = std::chrono::seconds(std::max(*parsed, 1U));
    else
      result_.config.attempts = std::max(*parsed, 1U);
  }

  void warn(std::string text) {
    if (result_.warnings.size() < ResolvConf::warnings_max)
      result_.warnings.push_back(
          (line_number_ == 0 ? "environment" : "line " + std::to_string(line_number_)) + ": " +
          std::move(text));
  }

  const InterfaceIndex& interface_index_;
  std::size_t line_number_ = 0;  // 0 for what is not in the file
  bool has_search_ = false;
  ResolvConf result_;
};

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text, const InterfaceIndex& interface_index,
                             const ResolvConfContext& context) {
  ResolvConfReader reader(interface_index);
  while (!text.empty()) reader.take(take_line(text));
  reader.take_context(context);
  return reader.finish();
}

}  // namespace bowline::core
