#pragma once

#include <bowline/url.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace bowline::session {

/// Hosts that said, over TLS that was verified, that they are to be asked over TLS only.
///
/// limits    10,000 hosts; beyond them the one that expires first goes
/// source    RFC 6797
class HstsList {
 public:
  static constexpr std::size_t hosts_max = 10'000;
  struct Entry {
    std::int64_t expires = 0;  ///< seconds since 1970
    bool with_subdomains = false;
  };

  /// What a response over https said; nothing for an address, and for a field that does not parse (RFC 6797
  /// 8.1).
  void learn(const Url& url, std::string_view field, std::int64_t now);
  /// A clock that went back keeps entries alive, never drops them.
  [[nodiscard]] bool applies_to(const Url& url, std::int64_t now) const;

  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const {
    return entries_;
  }
  void put(std::string host, Entry entry);
  void clear() { entries_.clear(); }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace bowline::session
