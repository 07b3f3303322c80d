// RFC 7616 sections 3.4 (the response) and 3.4.4 (a name that is hashed).

#include <array>
#include <string>

#include "core/http/rules/challenge.h"
#include "wire/http/characters.h"
#include "wire/http/list.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

struct DigestKind {
  std::string_view name;
  DigestAlgorithm algorithm;
  bool is_session;
};

std::optional<DigestKind> kind_of(std::string_view name) {
  static constexpr std::array<DigestKind, 6> kinds{
      DigestKind{"MD5", DigestAlgorithm::md5, false},
      DigestKind{"MD5-sess", DigestAlgorithm::md5, true},
      DigestKind{"SHA-256", DigestAlgorithm::sha256, false},
      DigestKind{"SHA-256-sess", DigestAlgorithm::sha256, true},
      DigestKind{"SHA-512-256", DigestAlgorithm::sha512_256, false},
      DigestKind{"SHA-512-256-sess", DigestAlgorithm::sha512_256, true}};
  for (const DigestKind& kind : kinds)
    if (wire::equal_without_case(kind.name, name)) return kind;
  return std::nullopt;
}

/// The first that we know, `auth` before `auth-int`; empty for servers older than RFC 2617.
Result<std::string> quality_of(const Challenge& challenge, bool has_body);

std::string quoted(std::string_view text) {
  std::string whole = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') whole += '\\';
    whole += c;
  }
  return whole + '"';
}

std::string eight_hex(unsigned value) {
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 0xf];
  return text;
}

bool is_plain_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x7f || static_cast<unsigned char>(c) < ' ') return false;
  return true;
}

}  // namespace

Result<std::string> digest_credentials(const Challenge& challenge, const DigestRequest& request,
                                       const DigestHash& hash) {
  const auto realm = challenge.find("realm");
  const auto nonce = challenge.find("nonce");
  if (!realm || !nonce || nonce->empty())
    return Error(ErrorKind::malformed, "authenticate", "a Digest challenge without realm or nonce");
  const std::string_view name = challenge.find("algorithm").value_or("MD5");
  const auto kind = kind_of(name);
  if (!kind) return Error(ErrorKind::unsupported, "authenticate", "an algorithm that is not known");
  BOWLINE_TRY(const std::string quality, quality_of(challenge, request.body.has_value()));
  const auto digest = [&](const std::string& text) { return hash(kind->algorithm, text); };
  const std::string user(request.username), server_nonce(*nonce), count = eight_hex(request.count);
  const std::string client_nonce(request.client_nonce);

  std::string secret =
      digest(user + ":" + std::string(*realm) + ":" + std::string(request.password));
  if (kind->is_session) secret = digest(secret + ":" + server_nonce + ":" + client_nonce);
  std::string what = std::string(request.method) + ":" + std::string(request.target);
  if (quality == "auth-int") what += ":" + digest(std::string(*request.body));
  std::string middle = server_nonce;
  if (!quality.empty()) middle += ":" + count + ":" + client_nonce + ":" + quality;
  const std::string response = digest(secret + ":" + middle + ":" + digest(what));

  const bool hashes_user =
      wire::equal_without_case(challenge.find("userhash").value_or(""), "true");
  const std::string user_digest = hashes_user ? digest(user + ":" + std::string(*realm)) : "";
  std::string value = "Digest ";
  if (!hashes_user && !is_plain_ascii(user))
    value += "username*=UTF-8''" + percent_encode(user, PercentSet::form);
  else
    value += "username=" + quoted(hashes_user ? user_digest : user);
  value += ", realm=" + quoted(*realm) + ", nonce=" + quoted(server_nonce) +
           ", uri=" + quoted(request.target) + ", response=\"" + response + "\"";
  if (challenge.find("algorithm")) value += ", algorithm=" + std::string(kind->name);
  if (!quality.empty())
    value += ", qop=" + quality + ", nc=" + count + ", cnonce=" + quoted(client_nonce);
  if (const auto opaque = challenge.find("opaque")) value += ", opaque=" + quoted(*opaque);
  if (hashes_user) value += ", userhash=true";
  return value;
}

std::optional<Challenge> strongest_challenge(std::span<const std::string_view> values,
                                             bool can_hash) {
  const auto rank_of = [can_hash](const Challenge& challenge) {
    if (challenge.scheme == "basic") return 1;
    if (challenge.scheme != "digest" || !can_hash) return 0;
    const auto kind = kind_of(challenge.find("algorithm").value_or("MD5"));
    if (!kind) return 0;
    return kind->algorithm == DigestAlgorithm::md5 ? 2 : 3;
  };
  std::optional<Challenge> best;
  for (const std::string_view value : values) {
    for (Challenge& challenge : parse_challenges(value))
      if (rank_of(challenge) > (best ? rank_of(*best) : 0)) best = std::move(challenge);
  }
  return best;
}

Result<std::string> answer_challenge(const Challenge& challenge, const DigestRequest& request,
                                     const DigestHash& hash) {
  if (challenge.scheme == "digest") return digest_credentials(challenge, request, hash);
  return basic_credentials(request.username, request.password);
}

bool Challenge::is_stale() const {
  return wire::equal_without_case(find("stale").value_or(""), "true");
}

namespace {

Result<std::string> quality_of(const Challenge& challenge, bool has_body) {
  const auto offered = challenge.find("qop");
  if (!offered) return std::string();
  bool has_integrity = false;
  for (const std::string_view one : wire::split_http_list(*offered)) {
    if (wire::equal_without_case(one, "auth")) return std::string("auth");
    has_integrity = has_integrity || wire::equal_without_case(one, "auth-int");
  }
  if (has_integrity && has_body) return std::string("auth-int");
  return Error(ErrorKind::unsupported, "authenticate", "no quality of protection that is known");
}

}  // namespace

}  // namespace bowline::core
