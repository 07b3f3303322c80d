#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/result.h>

namespace bowline::core {

/// One challenge of WWW-Authenticate or Proxy-Authenticate: `Digest realm="a", nonce="b"`.
struct Challenge {
  std::string scheme;   ///< in lower case
  std::string token68;  ///< of Negotiate and the like
  std::vector<std::pair<std::string, std::string>>
      parameters;  ///< names in lower case, values unquoted

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// Of Digest: the password was right, the nonce was old (RFC 7616 3.3).
  [[nodiscard]] bool is_stale() const;
};

/// All challenges of a field, in order; what is broken ends the list. At most 16 of them with 32 parameters.
/// RFC 9110 11.6.1.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view value);

/// `Basic dXNlcjpwYXNz`, in UTF-8. RFC 7617.
///
/// errors    invalid_argument: a colon in the name, a control character
[[nodiscard]] Result<std::string> basic_credentials(std::string_view username,
                                                    std::string_view password);
/// `Bearer TOKEN`. RFC 6750.
///
/// errors    invalid_argument: characters that a token does not have
[[nodiscard]] Result<std::string> bearer_credentials(std::string_view token);

enum class DigestAlgorithm { md5, sha256, sha512_256 };
/// The hash of an octet string in lower-case hex.
using DigestHash = std::function<std::string(DigestAlgorithm, std::string_view)>;

struct DigestRequest {
  std::string_view method;
  std::string_view target;  ///< as in the request line
  std::string_view username;
  std::string_view password;
  std::string_view client_nonce;  ///< fresh chance, printable
  unsigned count = 1;  ///< how often the server's nonce has been used, this time included
  std::optional<std::string_view> body = {};  ///< where it is known, auth-int can be offered
};

/// The value of Authorization for a Digest challenge.
///
/// errors    unsupported: an algorithm or quality that is not known; malformed: no nonce or realm
/// source    RFC 7616
[[nodiscard]] Result<std::string> digest_credentials(const Challenge& challenge,
                                                     const DigestRequest& request,
                                                     const DigestHash& hash);

/// Of all challenges in the fields of a response the strongest that can be answered with a user and a
/// password: Digest by SHA-2, by MD5, Basic; the first of equals. Nothing if there is none.
[[nodiscard]] std::optional<Challenge> strongest_challenge(std::span<const std::string_view> values,
                                                           bool can_hash = true);

/// What answers a challenge that strongest_challenge() gave: Basic or Digest.
[[nodiscard]] Result<std::string> answer_challenge(const Challenge& challenge,
                                                   const DigestRequest& request,
                                                   const DigestHash& hash);

}  // namespace bowline::core
