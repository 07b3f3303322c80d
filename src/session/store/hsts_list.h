#pragma once

#include <bowline/url.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  void clear();

  /// For those who keep it elsewhere, too: from now on the hosts that changed are written down.
  void note_changes() { notes_changes_ = true; }
  [[nodiscard]] std::vector<std::string> take_changes() { return std::exchange(changes_, {}); }
  /// What is kept elsewhere already.
  void adopt(const std::string& host, Entry entry);
  void drop(const std::string& host) { entries_.erase(host); }

 private:
  void note(const std::string& host) {
    if (notes_changes_) changes_.push_back(host);
  }

  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> changes_;
  bool notes_changes_ = false;
};

}  // namespace bowline::session
