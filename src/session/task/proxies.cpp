#include <string_view>
#include <utility>

#include "core/http/rules/challenge.h"
#include "session/task/digest_hash.h"
#include "session/task/task_body.h"

// Which way a task takes, and who it is to the proxies on it.

namespace bowline::session {

namespace {

constexpr unsigned proxy_refusals_max = 3;

/// A proxy spoke about the peer, or about us: another one is not asked instead. What is not trusted is final,
/// too, for nobody may be gone round until somebody fits.
bool is_final(const Error& error) {
  if (error.kind() == ErrorKind::untrusted || error.kind() == ErrorKind::cancelled) return true;
  if (std::string_view(error.operation()) != "proxy") return false;
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::permission_denied:
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported: return true;
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::address_in_use:
    case ErrorKind::address_unavailable:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::untrusted:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return false;
  }
  return true;
}

std::string space_of(const ProxyBook::Known& known, std::size_t number) {
  return known.proxy.text() + "#" + std::to_string(number);
}

}  // namespace

/// For a new origin; what was tried for the present one is not tried again.
Result<void> TaskBody::choose_way() {
  const std::string origin = request_.url.origin();
  if (!ways_.empty() && ways_lead_to_ == origin) return {};
  BOWLINE_TRY(ways_, session_->proxies().ways_to(request_.url, now()));
  ways_lead_to_ = origin;
  way_ = 0;
  proxy_refusals_ = 0;
  return {};
}

bool TaskBody::is_forwarded() const {
  const ProxyBook::Way way = ways_[way_];
  return way && request_.url.scheme() == "http" &&
         session_->proxies().at(*way).proxy.kind() != ProxyKind::socks5;
}

/// Of requests that the proxy passes on; for tunnels, the connection says it.
void TaskBody::add_proxy_credentials() {
  sent_proxy_authorization_.clear();
  if (!is_forwarded()) return;
  const std::size_t number = *ways_[way_];
  CredentialBook::Entry* const known =
      session_->proxy_credentials().find(space_of(session_->proxies().at(number), number));
  if (known == nullptr) return;
  const std::string nonce = session_->chance(24);
  // The proxy is told the whole URL, so that is what it checks.
  const std::string target =
      head_.scheme + "://" + head_.authority + (head_.path == "*" ? "" : head_.path);
  core::DigestRequest request;
  request.method = head_.method;
  request.target = target;
  request.username = known->credential.username();
  request.password = known->credential.password();
  request.client_nonce = nonce;
  request.count = ++known->nonce_count;
  const auto text = core::answer_challenge(known->challenge, request, digest_hash);
  if (!text.has_value()) return;
  sent_proxy_authorization_ = *text;
  static_cast<void>(head_.fields.set("Proxy-Authorization", *text));
}

/// Answers a 407, or says why not: no program gets to see it, for it is not the origin's.
Result<void> TaskBody::authenticate_to_proxy() {
  const std::size_t number = *ways_[way_];
  const ProxyBook::Known& known = session_->proxies().at(number);
  const std::string space = space_of(known, number);
  auto best = core::strongest_challenge(response_.fields.all("proxy-authenticate"));
  const auto refusal = [&](const char* text) {
    return Error(ErrorKind::refused, ErrorDomain::http, response_.status, "proxy", text)
        .about(known.proxy.text());
  };
  if (!best) return refusal("the proxy wants to know who we are in a way that is not known");
  CredentialBook::Entry* const entry = session_->proxy_credentials().find(space);
  const bool was_answered = !sent_proxy_authorization_.empty() && entry != nullptr;
  if (was_answered && best->is_stale() && ++proxy_refusals_ <= proxy_refusals_max) {
    entry->challenge = *std::move(best);
    entry->nonce_count = 0;
    return {};
  }
  if (was_answered) {
    session_->proxy_credentials().remove(space);
    ++proxy_refusals_;
  }
  const bool has_credential = !known.proxy.username().empty() && !was_answered;
  const std::string realm(best->find("realm").value_or(""));
  if (!has_credential && !ask_for_proxy_credential(realm, best->scheme))
    return refusal(was_answered ? "the proxy did not take this user and password"
                                : "the proxy wants a user and a password");
  const Proxy& proxy = session_->proxies().at(number).proxy;
  session_->proxy_credentials().put(
      space, {Credential(proxy.username(), proxy.password()), *std::move(best), 0});
  return {};
}

bool TaskBody::ask_for_proxy_credential(const std::string& realm, const std::string& scheme) {
  const auto& ask = session_->facts().on_authentication;
  const ProxyBook::Way way = ways_[way_];
  if (!ask || !way || proxy_refusals_ > proxy_refusals_max) return false;
  const auto credential = ask(AuthenticationQuestion(session_->proxies().at(*way).proxy.text(),
                                                     realm, scheme, true, proxy_refusals_));
  if (!credential) return false;
  session_->proxies().set_credential(*way, credential->username(), credential->password());
  return true;
}

/// The connection was not to be had; true if there is another way to it.
bool TaskBody::try_another_way(const Error& error) {
  constexpr int authentication_required = 407;
  if (ways_.empty() || !ways_[way_]) return false;
  const bool was_asked =
      error.domain() == ErrorDomain::http && error.code() == authentication_required;
  if (was_asked) {
    const bool had_credential = !session_->proxies().at(*ways_[way_]).proxy.username().empty();
    if (had_credential) ++proxy_refusals_;
    return ask_for_proxy_credential("", "basic");
  }
  if (is_final(error)) return false;
  session_->proxies().note_failure(*ways_[way_], now());
  if (way_ + 1 >= ways_.size()) return false;
  ++way_;
  return true;
}

}  // namespace bowline::session
