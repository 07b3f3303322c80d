#pragma once

#include <bowline/proxy.h>
#include <bowline/time.h>
#include <bowline/url.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/proxy/exclusions.h"

namespace bowline::session {

/// The host itself, by name or address: what never leaves it needs neither TLS nor a proxy.
[[nodiscard]] bool is_this_host(const Url& url);

/// The proxies that a session knows, and which of them a request may go through. The environment is read
/// once, when the session is made: what changes in it later changes nothing.
///
///   https_proxy, HTTPS_PROXY   for https
///   http_proxy                 for http; HTTP_PROXY is not heeded, as a client of a CGI program sets it by a
///                              field "Proxy:"
///   all_proxy, ALL_PROXY       for what has none of its own; no_proxy, NO_PROXY: for whom there is none
///
/// The lower-case form counts if there are both; one that is empty is as one that is not there. Requests to
/// this host itself go to no proxy of the environment.
class ProxyBook {
 public:
  /// A number of a proxy; none: the direct way.
  using Way = std::optional<std::size_t>;
  struct Known {
    Proxy proxy;
    std::uint32_t version = 0;  ///< another one once it has other credentials
    std::optional<Instant> failed_at = {};
  };
  /// How long a proxy that could not be reached stands behind the others.
  static constexpr Duration failure_lasts = std::chrono::minutes(1);

  ProxyBook(const std::vector<ProxyRule>& rules, bool hears_environment,
            const std::function<std::string(const char* name)>& variable);

  /// Which ways are tried, in this order; at least one.
  ///
  /// errors    malformed, unsupported: the environment names what is no proxy
  [[nodiscard]] Result<std::vector<Way>> ways_to(const Url& url, Instant now) const;
  [[nodiscard]] const Known& at(std::size_t number) const { return known_[number]; }
  void note_failure(std::size_t number, Instant now) { known_[number].failed_at = now; }
  void set_credential(std::size_t number, const std::string& username, const std::string& password);

 private:
  struct Rule {
    std::vector<Way> ways;
    std::optional<core::HostList> hosts;
    core::HostList exceptions;
    std::string scheme;
    bool spares_this_host = false;
    std::optional<Error> error = {};
  };
  void read_environment(const std::function<std::string(const char* name)>& variable);
  void add_from_environment(std::string_view scheme, const std::string& text,
                            const core::HostList& exceptions);

  std::vector<Known> known_;
  std::vector<Rule> rules_;
};

}  // namespace bowline::session
