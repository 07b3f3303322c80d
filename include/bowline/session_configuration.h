#pragma once

#include <bowline/export.h>
#include <bowline/parameters.h>
#include <bowline/proxy.h>
#include <bowline/security.h>
#include <bowline/url.h>
#include <bowline/url_request.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bowline::session {
struct SessionFacts;
}

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

/// How a session behaves; copied when the session is made. A value; setters chain.
class SessionConfiguration {
 public:
  SessionConfiguration();

  // What is secure. https only, unless told; http to this host itself is allowed.
  SessionConfiguration& security(const SecurityOptions& options);
  SessionConfiguration& allow_plain(bool value = true);
  SessionConfiguration& except(const DomainException& exception);
  /// A host that has an HTTPS record in DNS is asked over TLS, whatever the URL says (RFC 9460 9.5): yes,
  /// unless said otherwise. Only where the URL names no port, and not through proxies.
  SessionConfiguration& https_records(bool value);
  /// For all connections: interface, family, timeouts.
  SessionConfiguration& parameters(const Parameters& parameters);

  // Through whom.
  /// Rules are asked in the order in which they were added, before the environment is.
  SessionConfiguration& proxy(const ProxyRule& rule);
  /// Proxies that the environment names (https_proxy, http_proxy, all_proxy, no_proxy) count where no rule
  /// fits: yes unless said otherwise. It is read when the session is made.
  SessionConfiguration& environment_proxies(bool value);

  /// Networks that cost money, or that somebody asked to be spared: `false` is refused with an error that
  /// names it, for which networks those are is not known yet. A request may say the same.
  SessionConfiguration& allow_expensive(bool value);
  SessionConfiguration& allow_constrained(bool value);

  // What is sent with each request.
  SessionConfiguration& user_agent(std::string text);
  SessionConfiguration& field(std::string_view name, std::string_view value);

  // What is remembered.
  SessionConfiguration& cookies(bool value);
  /// A file that keeps cookies with a date, hosts that want TLS and stored responses when the session has
  /// gone: SQLite, made if it is missing, for this user only. Sessions and processes may share it. A damaged
  /// one is set aside (UrlSession::store_remark). Making the session waits for the disk, as clearing does;
  /// another thread writes the rest. What cannot be opened fails the tasks.
  SessionConfiguration& store(std::string path);
  /// Octets of memory for stored responses, 16 MiB unless set; 0: none are kept.
  SessionConfiguration& cache_octets(std::size_t octets_max);

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

  /// For the library.
  [[nodiscard]] const std::shared_ptr<session::SessionFacts>& facts() const { return facts_; }

 private:
  session::SessionFacts& change();
  std::shared_ptr<session::SessionFacts> facts_;
};

}  // namespace BOWLINE_API bowline
