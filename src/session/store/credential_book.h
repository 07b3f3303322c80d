#pragma once

#include <bowline/session_configuration.h>

#include <map>
#include <optional>
#include <string>

#include "core/http/rules/challenge.h"

namespace bowline::session {

/// What was agreed on with a server about who we are: a challenge that was answered, so that the next request
/// of the same protection space answers before it is asked. Origins are compared exactly.
///
/// limits    1,000 spaces
/// source    RFC 7617 2.2, RFC 7616 3.3
class CredentialBook {
 public:
  struct Entry {
    Credential credential;
    core::Challenge challenge;
    unsigned nonce_count = 0;  ///< of Digest
  };
  static constexpr std::size_t spaces_max = 1000;

  [[nodiscard]] Entry* find(const std::string& origin) {
    const auto found = entries_.find(origin);
    return found == entries_.end() ? nullptr : &found->second;
  }
  Entry& put(const std::string& origin, Entry entry) {
    if (entries_.size() >= spaces_max && !entries_.contains(origin))
      entries_.erase(entries_.begin());
    return entries_.insert_or_assign(origin, std::move(entry)).first->second;
  }
  void remove(const std::string& origin) { entries_.erase(origin); }
  void clear() { entries_.clear(); }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace bowline::session
