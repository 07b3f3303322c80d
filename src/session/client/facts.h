#pragma once

#include <bowline/session_configuration.h>
#include <bowline/url_request.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/http/priority.h"

namespace bowline::session {

struct NoBody {};
struct MemoryBody {
  Buffer bytes;
};
struct FileBody {
  std::string path;
};
struct CallbackBody {
  std::shared_ptr<UrlBodySource> source;
  std::optional<std::uint64_t> octets;
};
struct FormBody {
  std::vector<FormField> fields;
};
using BodyForm = std::variant<NoBody, MemoryBody, FileBody, CallbackBody, FormBody>;

/// What a UrlRequest says.
struct RequestFacts {
  Url url;
  std::optional<Error> error;  ///< the first thing that was wrong
  std::string method;          ///< empty: by the body
  HttpFields fields;
  BodyForm body;
  std::string content_type;
  bool expects_continue = false;
  std::string file;
  ResumeData resume;
  std::uint64_t body_octets_max = std::uint64_t{64} << 20;
  bool decode = true;
  std::optional<Credential> credential;
  std::string bearer;
  std::optional<std::size_t> redirects_max;
  CachePolicy cache = CachePolicy::by_protocol;
  HttpChoice versions = HttpChoice::any;
  std::optional<Duration> idle_timeout;
  std::optional<Duration> total_timeout;
  double priority = 0.5;
  std::string partition;
  bool cookies = true;
  std::function<void(int, const HttpFields&)> on_interim;
};

/// What a SessionConfiguration says.
struct SessionFacts {
  SecurityOptions security;
  bool allows_plain = false;
  std::vector<DomainException> exceptions;
  Parameters parameters;
  std::vector<ProxyRule> proxies;
  bool environment_proxies = true;
  bool https_records = true;
  std::optional<Error> error;
  HttpFields fields;
  std::string user_agent = "bowline";
  bool cookies = true;
  std::string store;
  std::size_t cache_octets = std::size_t{16} << 20;
  std::map<std::string, Credential, std::less<>> credentials;  ///< by origin
  std::function<std::optional<Credential>(const AuthenticationQuestion&)> on_authentication;
  std::size_t per_host_max = 6;
  std::size_t connections_max = 256;
  Duration connection_idle = std::chrono::seconds(60);
  Duration idle_timeout = std::chrono::seconds(60);
  Duration total_timeout = std::chrono::hours(7 * 24);
  std::size_t redirects_max = 20;
  HttpChoice versions = HttpChoice::any;
};

/// For a setting that is refused, since it could not be kept.
[[nodiscard]] inline Error unknown_networks(const char* setting) {
  return Error(ErrorKind::unsupported, ErrorDomain::policy, 0, "session",
               "which networks are expensive or constrained is not known here")
      .about(setting);
}

}  // namespace bowline::session
