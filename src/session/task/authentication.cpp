#include <bowline/detail/hex_digest.h>

#include <utility>

#include "core/http/rules/challenge.h"
#include "session/task/digest_hash.h"
#include "session/task/task_body.h"

// Who a task says that it is: Basic, Digest and Bearer.

namespace bowline::session {

namespace {

constexpr unsigned challenges_max = 6;

}  // namespace

std::string digest_hash(core::DigestAlgorithm algorithm, std::string_view text) {
  switch (algorithm) {
    case core::DigestAlgorithm::md5: return detail::hex_digest(detail::HexDigest::md5, text);
    case core::DigestAlgorithm::sha256: return detail::hex_digest(detail::HexDigest::sha256, text);
    case core::DigestAlgorithm::sha512_256:
      return detail::hex_digest(detail::HexDigest::sha512_256, text);
  }
  return {};
}

/// What is known already, before anybody asks.
void TaskBody::add_credentials() {
  sent_authorization_.clear();
  if (head_.fields.contains("authorization")) return;
  Result<std::string> text = std::string();
  CredentialBook::Entry* const known = session_->credentials().find(request_.url.origin());
  if (has_own_credentials_ && !facts_->bearer.empty()) {
    text = core::bearer_credentials(facts_->bearer);
  } else if (known != nullptr && known->challenge.scheme == "digest") {
    const std::string nonce = session_->chance(24);
    core::DigestRequest request;
    request.method = head_.method;
    request.target = head_.path;
    request.username = known->credential.username();
    request.password = known->credential.password();
    request.client_nonce = nonce;
    request.count = ++known->nonce_count;
    // Of a body that is read while it is sent the hash is not known before.
    const std::optional<Buffer> body = upload_ ? upload_->whole() : Buffer();
    if (body) request.body = body->text();
    text = core::digest_credentials(known->challenge, request, digest_hash);
  } else if (known != nullptr) {
    text = core::basic_credentials(known->credential.username(), known->credential.password());
  } else if (has_own_credentials_ && facts_->credential &&
             !facts_->credential->username().empty()) {
    // Only Basic may be said unasked, and only to whom the program named; a Digest challenge changes it.
    text = core::basic_credentials(facts_->credential->username(), facts_->credential->password());
    if (request_.url.scheme() != "https") return;
  } else {
    return;
  }
  if (!text.has_value() || text->empty()) return;
  sent_authorization_ = *text;
  static_cast<void>(head_.fields.set("Authorization", *text));
}

/// Answers a 401, if there is something to say that has not been refused; true if the request is to be sent
/// again.
bool TaskBody::authenticate() {
  auto best = core::strongest_challenge(response_.fields.all("www-authenticate"));
  // One that cannot be answered after all, as auth-int for a body not known yet, is not asked for ever.
  if (!best || ++challenges_ > challenges_max) return false;
  const std::string origin = request_.url.origin();
  CredentialBook::Entry* const known = session_->credentials().find(origin);
  const bool was_answered = !sent_authorization_.empty();
  if (known != nullptr && was_answered && best->is_stale() && known->nonce_count > 0) {
    // The password was right, the nonce was old (RFC 7616 3.3).
    known->challenge = *std::move(best);
    known->nonce_count = 0;
    return ++refusals_ <= 3;
  }
  // Basic that was said unasked, where Digest is wanted, was not refused.
  const bool was_refused =
      was_answered && !(sent_authorization_.starts_with("Basic") && best->scheme == "digest");
  if (was_refused) {
    session_->credentials().remove(origin);
    ++refusals_;
  }
  std::optional<Credential> credential;
  if (refusals_ == 0) {
    const auto& of_session = session_->facts().credentials;
    if (has_own_credentials_ && facts_->credential) {
      credential = facts_->credential;
    } else if (request_.url.has_credentials()) {
      credential = Credential(percent_decode(request_.url.username()),
                              percent_decode(request_.url.password()));
    } else if (const auto found = of_session.find(origin); found != of_session.end()) {
      credential = found->second;
    }
  }
  if (!credential && session_->facts().on_authentication && refusals_ <= 3) {
    const std::string realm(best->find("realm").value_or(""));
    credential = session_->facts().on_authentication(
        AuthenticationQuestion(origin, realm, best->scheme, false, refusals_));
  }
  if (!credential) return false;
  session_->credentials().put(origin, {*std::move(credential), *std::move(best), 0});
  return true;
}

}  // namespace bowline::session
