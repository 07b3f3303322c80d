#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/http/rules/challenge.h"
#include "session/task/task_body.h"
#include "wire/http/characters.h"

// Who a task says that it is: Basic, Digest and Bearer.

namespace bowline::session {

namespace {

std::string hex_hash(core::DigestAlgorithm algorithm, std::string_view text) {
  const gnutls_digest_algorithm_t kind =
      algorithm == core::DigestAlgorithm::md5 ? GNUTLS_DIG_MD5 : GNUTLS_DIG_SHA256;
  std::array<unsigned char, 64> digest{};
  const int size = gnutls_hash_get_len(kind);
  if (gnutls_hash_fast(kind, text.data(), text.size(), digest.data()) != 0) return {};
  std::string hex;
  for (int i = 0; i < size; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const unsigned char octet = digest[static_cast<std::size_t>(i)];
    hex += digits[octet >> 4U];
    hex += digits[octet & 15U];
  }
  return hex;
}

/// The better the higher; 0 cannot be answered.
int rank_of(const core::Challenge& challenge) {
  if (challenge.scheme == "basic") return 1;
  if (challenge.scheme != "digest") return 0;
  const std::string_view algorithm = challenge.find("algorithm").value_or("MD5");
  if (wire::equal_without_case(algorithm, "SHA-256") ||
      wire::equal_without_case(algorithm, "SHA-256-sess"))
    return 3;
  if (wire::equal_without_case(algorithm, "MD5") || wire::equal_without_case(algorithm, "MD5-sess"))
    return 2;
  return 0;
}

bool is_stale(const core::Challenge& challenge) {
  return wire::equal_without_case(challenge.find("stale").value_or(""), "true");
}

}  // namespace

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
    text = core::digest_credentials(known->challenge, request, hex_hash);
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
  std::optional<core::Challenge> best;
  for (const std::string_view value : response_.fields.all("www-authenticate")) {
    for (core::Challenge& challenge : core::parse_challenges(value)) {
      if (rank_of(challenge) > (best ? rank_of(*best) : 0)) best = std::move(challenge);
    }
  }
  if (!best) return false;
  const std::string origin = request_.url.origin();
  CredentialBook::Entry* const known = session_->credentials().find(origin);
  const bool was_answered = !sent_authorization_.empty();
  if (known != nullptr && was_answered && is_stale(*best) && known->nonce_count > 0) {
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
