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

/// Options that ask for what is always done, or work around what never happens here.
constexpr std::array<std::string_view, 6> needless_options = {
    "edns0", "single-request", "single-request-reopen", "no-reload", "debug", "ip6-dotint"};

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

/// `address` or `[address]:port`, or `192.0.2.1:port`.
std::optional<SocketAddress> server(std::string_view text, const InterfaceIndex& interface_index) {
  if (const auto address = address_with_zone(text, interface_index))
    return SocketAddress(*address, dns_port);
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
    const std::string_view keyword = words.front();
    const Words rest = std::span(words).subspan(1);
    if (keyword == "nameserver")
      take_server(rest);
    else if (keyword == "search" || keyword == "domain")
      take_search(keyword == "domain" ? rest.first(std::min<std::size_t>(rest.size(), 1)) : rest);
    else if (keyword == "options")
      for (const std::string_view option : rest) take_option(option);
    else
      warn("keyword " + quoted(keyword) + " is not known");
  }

  ResolvConf finish() { return std::move(result_); }

 private:
  ResolverEntry& entry() { return result_.config.entries.front(); }

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
    for (const std::string_view word : words) {
      const auto name = wire::DnsName::parse(word);
      if (!name.has_value())
        warn(quoted(word) + " is not a domain name");
      else if (entry().search.size() >= ResolvConf::suffixes_max)
        return warn("too many search domains; the rest is not used");
      else if (!name->is_root())
        entry().search.push_back(to_string(*name));
    }
  }

  void take_option(std::string_view option) {
    const std::size_t colon = option.find(':');
    const std::string_view name = option.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view() : option.substr(colon + 1);
    if (name == "rotate")
      result_.config.rotate = true;
    else if (name == "use-vc")
      result_.config.only_tcp = true;
    else if (name == "ndots" || name == "timeout" || name == "attempts")
      take_number(option, name, value);
    else if (std::ranges::find(needless_options, name) == needless_options.end())
      warn("option " + quoted(option) + " has no effect here");
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
      result_.timeout = std::chrono::seconds(std::max(*parsed, 1U));
    else
      result_.attempts = std::max(*parsed, 1U);
  }

  void warn(std::string text) {
    if (result_.warnings.size() < ResolvConf::warnings_max)
      result_.warnings.push_back("line " + std::to_string(line_number_) + ": " + std::move(text));
  }

  const InterfaceIndex& interface_index_;
  std::size_t line_number_ = 0;
  ResolvConf result_;
};

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text, const InterfaceIndex& interface_index) {
  ResolvConfReader reader(interface_index);
  while (!text.empty()) reader.take(take_line(text));
  return reader.finish();
}

}  // namespace bowline::core
