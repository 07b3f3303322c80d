#include "core/http/rules/challenge.h"

#include <algorithm>

#include "base/bytes.h"
#include "wire/http/characters.h"
#include "wire/structured_fields/base64.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::size_t challenges_max = 16;
constexpr std::size_t parameters_max = 32;

/// Reads tokens, quoted strings and commas from the front of a text.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::vector<Challenge> read();

 private:
  [[nodiscard]] bool read_challenge(Challenge& into);
  [[nodiscard]] bool read_parameter(Challenge& into);
  [[nodiscard]] bool is_at_parameter() const;
  void skip_blanks();
  [[nodiscard]] bool take(char c);
  [[nodiscard]] std::string_view take_token();
  [[nodiscard]] std::optional<std::string> take_quoted();

  std::string_view rest_;
};

bool is_printable_text(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}
bool is_token68(std::string_view text) {
  const std::size_t end = text.find_last_not_of('=');
  return end != std::string_view::npos && std::ranges::all_of(text.substr(0, end + 1), [](char c) {
           return wire::is_alpha(c) || wire::is_digit(c) || std::string_view("-._~+/").contains(c);
         });
}
Error bad_credentials(const char* rule) {
  return {ErrorKind::invalid_argument, "authenticate", rule};
}

}  // namespace

std::optional<std::string_view> Challenge::find(std::string_view name) const {
  for (const auto& [own, value] : parameters)
    if (own == name) return value;
  return std::nullopt;
}

std::vector<Challenge> parse_challenges(std::string_view value) {
  return ChallengeReader(value).read();
}

Result<std::string> basic_credentials(std::string_view username, std::string_view password) {
  if (username.contains(':')) return bad_credentials("a name for Basic has no colon");
  if (!is_printable_text(username) || !is_printable_text(password))
    return bad_credentials("a control character in a name or password");
  const std::string both = std::string(username) + ":" + std::string(password);
  return "Basic " + wire::base64_encode(as_bytes(both));
}

Result<std::string> bearer_credentials(std::string_view token) {
  if (!is_token68(token)) return bad_credentials("this is no bearer token");
  return "Bearer " + std::string(token);
}

namespace {

std::vector<Challenge> ChallengeReader::read() {
  std::vector<Challenge> challenges;
  while (challenges.size() < challenges_max) {
    do skip_blanks();
    while (take(','));
    if (rest_.empty()) break;
    Challenge next;
    const bool is_whole = read_challenge(next);
    if (!next.scheme.empty()) challenges.push_back(std::move(next));
    if (!is_whole) break;
  }
  return challenges;
}

bool ChallengeReader::read_challenge(Challenge& into) {
  const std::string_view scheme = take_token();
  if (scheme.empty()) return false;
  into.scheme = wire::ascii_lower(scheme);
  skip_blanks();
  if (!is_at_parameter()) {
    const std::string_view token = rest_.substr(0, rest_.find_first_of(" \t,"));
    if (!is_token68(token)) return token.empty();
    into.token68 = token;
    rest_.remove_prefix(token.size());
    return true;
  }
  while (into.parameters.size() < parameters_max && is_at_parameter()) {
    if (!read_parameter(into)) return false;
    // Behind a comma stands another parameter, or the next challenge.
    const std::string_view before = rest_;
    skip_blanks();
    while (take(',')) skip_blanks();
    if (!is_at_parameter()) rest_ = before;
  }
  return true;
}

/// A token and an equals sign that is not the padding of a token68.
bool ChallengeReader::is_at_parameter() const {
  ChallengeReader ahead(rest_);
  if (ahead.take_token().empty()) return false;
  ahead.skip_blanks();
  if (!ahead.take('=')) return false;
  ahead.skip_blanks();
  return !ahead.rest_.empty() && ahead.rest_[0] != '=' && ahead.rest_[0] != ',';
}

bool ChallengeReader::read_parameter(Challenge& into) {
  std::string name = wire::ascii_lower(take_token());
  skip_blanks();
  if (!take('=')) return false;
  skip_blanks();
  auto value = rest_.starts_with('"') ? take_quoted() : std::optional(std::string(take_token()));
  if (!value) return false;
  if (!into.find(name)) into.parameters.emplace_back(std::move(name), *std::move(value));
  return true;
}

void ChallengeReader::skip_blanks() {
  while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
}

bool ChallengeReader::take(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

std::string_view ChallengeReader::take_token() {
  std::size_t size = 0;
  while (size < rest_.size() && wire::is_http_token(rest_.substr(size, 1))) ++size;
  const std::string_view token = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return token;
}

std::optional<std::string> ChallengeReader::take_quoted() {
  rest_.remove_prefix(1);
  std::string text;
  while (!rest_.empty()) {
    if (take('"')) return text;
    if (rest_.size() > 1) static_cast<void>(take('\\'));
    text += rest_[0];
    rest_.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace

}  // namespace bowline::core
