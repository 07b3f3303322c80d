#include "cli/secure/shared_key.h"

#include <optional>
#include <span>
#include <string_view>

#include "cli/host/small_file.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

struct NamedSecret {
  std::string name;
  std::string secret;  ///< what stands behind the colon, or in the file that it names
};

Result<NamedSecret> read_secret(std::string_view option, std::string_view text,
                                std::vector<std::string>& warnings);
std::optional<std::vector<std::byte>> read_octets(std::string_view text);

/// A key of this many bytes is the least that SecurityOptions::preshared_key takes.
constexpr std::size_t key_bytes_min = 16;

}  // namespace

Result<void> read_shared_keys(const Invocation& invocation, SecurityOptions& options,
                              std::vector<std::string>& warnings) {
  for (const std::string_view text : invocation.values("psk")) {
    BOWLINE_TRY(const NamedSecret given, read_secret("--psk", text, warnings));
    const auto key = read_octets(given.secret);
    if (!key || key->size() < key_bytes_min)
      return usage_error("--psk: the key of " + cli::quoted(given.name) +
                         " is not 32 or more hexadecimal digits; for words to remember there is "
                         "--psk-phrase");
    options.preshared_key(given.name, *key);
  }
  for (const std::string_view text : invocation.values("psk-phrase")) {
    BOWLINE_TRY(const NamedSecret given, read_secret("--psk-phrase", text, warnings));
    // Both sides have only the name in common, so that has to be the salt.
    const auto key = key_from_pass_phrase(given.secret, "bowline psk " + given.name);
    if (!key.has_value()) return usage_error("--psk-phrase: " + std::string(key.error().message()));
    options.preshared_key(given.name, *key);
  }
  return {};
}

namespace {

/// "ID:SECRET" or "ID:@FILE"; the end of a file's last line is not part of a secret.
Result<NamedSecret> read_secret(std::string_view option, std::string_view text,
                                std::vector<std::string>& warnings) {
  constexpr std::size_t name_bytes_max = 128;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > name_bytes_max)
    return usage_error(std::string(option) +
                       " takes ID:KEY or ID:@FILE, with an ID of 1 to 128 octets");
  NamedSecret given{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  if (!given.secret.starts_with('@')) {
    warnings.emplace_back(std::string(option) +
                          ": everybody on this host can see the key in the list of processes; put "
                          "it into a file and write ID:@FILE");
    return given;
  }
  const std::string path = given.secret.substr(1);
  BOWLINE_TRY(given.secret, read_small_file(path));
  if (others_may_read(path))
    warnings.push_back(cli::quoted(path) + " holds a key and can be read by others: chmod 600");
  while (given.secret.ends_with('\n') || given.secret.ends_with('\r')) given.secret.pop_back();
  return given;
}

/// Pairs of hexadecimal digits.
std::optional<std::vector<std::byte>> read_octets(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> octets;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return octets;
}

}  // namespace

}  // namespace bowline::cli
