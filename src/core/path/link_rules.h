#pragma once

#include <bowline/path.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::core {

/// What is known of one link beyond what the kernel says; unset = nobody has said anything.
struct LinkFacts {
  std::optional<InterfaceType> type = {};
  std::optional<bool> expensive = {};
  std::optional<bool> constrained = {};
  std::optional<bool> ultra_constrained = {};
  std::vector<SocketAddress> dns_servers = {};
  /// Suffixes that belong to the link, without the dot at their ends.
  std::vector<std::string> dns_domains = {};
  std::optional<IpPrefix> nat64_prefix = {};
  friend bool operator==(const LinkFacts&, const LinkFacts&) = default;

  static constexpr std::size_t servers_max = 8;
  static constexpr std::size_t domains_max = 32;
};

/// The administrator's file about interfaces, docs/guides/paths.md: a line is a pattern of names, in which
/// `*` stands for any characters, and words about the interfaces that fit. Where several lines fit, the last
/// word counts.
///
/// ```
/// wwan*   expensive constrained
/// usb0    type=cellular not-constrained dns=192.0.2.53 domain=corp.example nat64=64:ff9b::/96
/// ```
class LinkRules {
 public:
  static constexpr std::size_t rules_max = 1024;
  static constexpr std::size_t warnings_max = 64;

  LinkRules() = default;
  /// Never fails: what is not understood is a warning.
  explicit LinkRules(std::string_view text);

  /// Adds what the rules say of an interface.
  void apply(std::string_view name, LinkFacts& facts) const;
  /// Safe to print: `line 3: "expnsive" means nothing`.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Rule {
    std::string pattern;
    LinkFacts facts;
  };
  void read_line(std::string_view line, std::size_t number);
  [[nodiscard]] bool read_word(std::string_view word, LinkFacts& facts);
  void warn(std::size_t number, std::string_view what);

  std::vector<Rule> rules_;
  std::vector<std::string> warnings_;
};

/// Reads what systemd-resolved or systemd-networkd wrote down about the DNS of one link: lines of KEY=VALUE,
/// of which SERVERS, DNS, DOMAINS and ROUTE_DOMAINS count. Adds to `facts`; what is not understood is
/// skipped.
void read_link_file(std::string_view text, LinkFacts& facts);

}  // namespace bowline::core
