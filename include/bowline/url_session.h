#pragma once

#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/security.h>
#include <bowline/url_cookie.h>
#include <bowline/url_request.h>
#include <bowline/url_response.h>
#include <bowline/url_task.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::session {
class SessionBody;
struct SessionFacts;
}  // namespace bowline::session

namespace BOWLINE_API bowline {

/// Who asks for a user and a password, and for what.
class AuthenticationQuestion {
 public:
  AuthenticationQuestion(std::string origin, std::string realm, std::string scheme, bool is_proxy,
                         std::size_t failures);
  /// `https://example.com`, or the proxy.
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] const std::string& realm() const { return realm_; }
  /// "basic", "digest"; lower case.
  [[nodiscard]] const std::string& scheme() const { return scheme_; }
  [[nodiscard]] bool is_proxy() const { return is_proxy_; }
  /// How many answers were refused before.
  [[nodiscard]] std::size_t failures() const { return failures_; }

 private:
  std::string origin_;
  std::string realm_;
  std::string scheme_;
  bool is_proxy_;
  std::size_t failures_;
};

/// A user and a password.
class Credential {
 public:
  Credential(std::string username, std::string password)
      : username_(std::move(username)), password_(std::move(password)) {}
  [[nodiscard]] const std::string& username() const { return username_; }
  [[nodiscard]] const std::string& password() const { return password_; }

 private:
  std::string username_;
  std::string password_;
};

/// What differs for one domain.
class DomainException {
 public:
  /// `with_subdomains`: and all below it.
  explicit DomainException(std::string domain, bool with_subdomains = true)
      : domain_(std::move(domain)), with_subdomains_(with_subdomains) {}
  /// Without encryption: anybody on the way can read and change everything.
  DomainException& allow_plain(bool value = true);
  DomainException& security(const SecurityOptions& options);

  [[nodiscard]] const std::string& domain() const { return domain_; }
  [[nodiscard]] bool with_subdomains() const { return with_subdomains_; }
  [[nodiscard]] bool allows_plain() const { return allows_plain_; }
  [[nodiscard]] const std::optional<SecurityOptions>& security() const { return security_; }

 private:
  std::string domain_;
  bool with_subdomains_;
  bool allows_plain_ = false;
  std::optional<SecurityOptions> security_;
};

/// A proxy, in the order of the list tried first.
class Proxy {
 public:
  enum class Kind : std::uint8_t {
    http,   ///< CONNECT for https, forwarding for http
    https,  ///< the same, over TLS to the proxy
    socks5  ///< RFC 1928, which resolves the name
  };
  /// `http://user:password@proxy.example:3128`, `https://...`, `socks5://...`.
  ///
  /// errors    malformed; unsupported for another scheme
  [[nodiscard]] static Result<Proxy> parse(std::string_view url);

  /// Only these domains, or all but those; as NO_PROXY writes them: `example.com`, `.example.com`, `192.0.2.0/24`.
  Proxy& only_for(std::vector<std::string> domains);
  Proxy& not_for(std::vector<std::string> domains);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::optional<Credential>& credential() const { return credential_; }
  [[nodiscard]] bool serves(const Url& url) const;
  /// Without the password.
  [[nodiscard]] std::string text() const;

 private:
  Kind kind_ = Kind::http;
  std::string host_;
  std::uint16_t port_ = 0;
  std::optional<Credential> credential_;
  std::vector<std::string> only_;
  std::vector<std::string> not_;
};

/// How a session behaves; copied when the session is made. A value; setters chain.
class SessionConfiguration {
 public:
  SessionConfiguration();

  // What is secure. https only, unless told; http to this host itself is allowed.
  SessionConfiguration& security(const SecurityOptions& options);
  SessionConfiguration& allow_plain(bool value = true);
  SessionConfiguration& except(const DomainException& exception);
  /// For all connections: interface, family, timeouts.
  SessionConfiguration& parameters(const Parameters& parameters);

  // What is sent with each request.
  SessionConfiguration& user_agent(std::string text);
  SessionConfiguration& field(std::string_view name, std::string_view value);

  // What is remembered.
  SessionConfiguration& cookies(bool value);
  /// Octets of memory for stored responses, 16 MiB unless set; 0: none are kept.
  SessionConfiguration& cache_octets(std::size_t octets_max);
  /// Cookies and HSTS are kept in this file, by SQLite, beside other processes that do the same.
  SessionConfiguration& store(std::string path);

  // Who we are.
  /// For one origin, `https://example.com`, whatever its realms.
  SessionConfiguration& credential(std::string_view origin, const Credential& credential);
  /// Asked when no credential is known, or the known one was refused.
  SessionConfiguration& on_authentication(
      std::function<std::optional<Credential>(const AuthenticationQuestion&)> handler);

  // Limits.
  SessionConfiguration& connections_per_host_max(std::size_t count);
  SessionConfiguration& connections_max(std::size_t count);
  SessionConfiguration& connection_idle_timeout(Duration value);
  SessionConfiguration& idle_timeout(Duration value);
  SessionConfiguration& total_timeout(Duration value);
  SessionConfiguration& redirects_max(std::size_t hops);
  SessionConfiguration& versions(HttpChoice choice);

  // Through whom. The first that serves a URL and can be reached is used.
  SessionConfiguration& proxy(const Proxy& proxy);
  /// From http_proxy, https_proxy, all_proxy and no_proxy: HTTP_PROXY in capitals is not heeded, as a server's
  /// CGI request could set it.
  SessionConfiguration& proxies_of_environment(bool value = true);

  /// For the library.
  [[nodiscard]] const std::shared_ptr<session::SessionFacts>& facts() const { return facts_; }

 private:
  session::SessionFacts& change();
  std::shared_ptr<session::SessionFacts> facts_;
};

/// Fetches URLs: `co_await session.get("https://example.com/")`. Connections, cookies, stored responses and what was
/// learnt about hosts are shared by its tasks, and by nobody else. Copies are handles on the same; the last one to
/// go ends it: tasks that nobody waits for are cancelled, and connections closed.
///
/// thread    the loop's; from another one, `loop.call` or `loop.post` a function that uses it
class UrlSession {
 public:
  explicit UrlSession(Loop& loop, const SessionConfiguration& configuration = {});
  UrlSession(const UrlSession& other);
  UrlSession(UrlSession&& other) noexcept;
  UrlSession& operator=(UrlSession other) noexcept;
  ~UrlSession();

  /// The whole response, body in memory. A status such as 404 is a response, not an error.
  ///
  /// errors    those of connections; malformed, unsupported for the URL; untrusted; timed_out; limit_exceeded for a
  ///           body or head that is too large, and for the 21st redirect; protocol_violation; policy: refused
  [[nodiscard]] Operation<UrlResponse> get(std::string_view url);
  [[nodiscard]] Operation<UrlResponse> fetch(const UrlRequest& request);
  /// For those who want to hold it, or its body piece by piece.
  [[nodiscard]] UrlTask task(const UrlRequest& request);

  /// What is kept; changes count at once, in memory and on disk.
  [[nodiscard]] std::vector<UrlCookie> cookies() const;
  /// errors    refused, with the rule of RFC 6265 that it breaks
  Result<void> set_cookie(const Url& url, std::string_view set_cookie_field);
  std::size_t remove_cookies(const std::function<bool(const UrlCookie&)>& is_unwanted);
  void clear_cookies();
  void clear_cache();
  /// Connections that were opened before are not used again; for a change of the network or of credentials.
  void forget_connections();

  /// Idle connections are closed now, others once their requests are done; new tasks fail with `closed`. Completes
  /// when no task is left.
  [[nodiscard]] Operation<void> finish();
  /// The same at once: tasks end with `cancelled`.
  void cancel();
  [[nodiscard]] std::size_t task_count() const;
  [[nodiscard]] std::size_t connection_count() const;

 private:
  session::SessionBody* body_ = nullptr;
};

}  // namespace BOWLINE_API bowline
