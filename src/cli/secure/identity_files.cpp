#include "cli/secure/identity_files.h"

#include <span>
#include <string_view>

#include "cli/host/pass_phrase_prompt.h"
#include "cli/host/small_file.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

/// What the files hold, and how to open it.
struct KeyFiles {
  std::string certificates;
  std::string key;
  std::string key_path;
  [[nodiscard]] bool is_pkcs12() const {
    // A sequence in DER, which a PEM file never begins with.
    return certificates.starts_with('\x30') && key == certificates;
  }
  [[nodiscard]] bool is_encrypted() const {
    return is_pkcs12() || key.find("ENCRYPTED") != std::string::npos;
  }
  [[nodiscard]] Result<Identity> open(std::string_view phrase) const {
    auto made = is_pkcs12() ? Identity::from_pkcs12(std::as_bytes(std::span(certificates)), phrase)
                            : Identity::from_text(certificates, key, phrase);
    if (!made.has_value()) return made.error().about(key_path);
    return made;
  }
};

/// "PHRASE" or "@FILE", whose last line's end is not part of it.
Result<std::string> read_phrase(std::string_view text, std::vector<std::string>& warnings) {
  if (!text.starts_with('@')) {
    warnings.emplace_back(
        "--key-phrase: everybody on this host can see it in the list of processes; put it into a "
        "file and write @FILE");
    return std::string(text);
  }
  const std::string path(text.substr(1));
  BOWLINE_TRY(std::string phrase, read_small_file(path));
  if (others_may_read(path))
    warnings.push_back(quoted(path) + " holds a pass phrase and can be read by others: chmod 600");
  while (phrase.ends_with('\n') || phrase.ends_with('\r')) phrase.pop_back();
  return phrase;
}

/// Three times, as people mistype.
Result<Identity> ask_and_open(const KeyFiles& files) {
  for (int tries_left = 2;; --tries_left) {
    const auto phrase = ask_for_pass_phrase("Pass phrase of " + quoted(files.key_path) + ": ");
    if (!phrase.has_value())
      return usage_error(quoted(files.key_path) +
                         " is encrypted, and its pass phrase is not known (" +
                         std::string(phrase.error().message()) + "): give --key-phrase @FILE");
    auto opened = files.open(*phrase);
    if (opened.has_value() || opened.error().kind() != ErrorKind::invalid_argument ||
        tries_left == 0)
      return opened;
  }
}

}  // namespace

Result<std::optional<Identity>> read_identity(const Invocation& invocation,
                                              std::vector<std::string>& warnings) {
  const auto certificates = invocation.value("cert");
  if (!certificates) {
    for (const std::string_view option : {"key", "key-phrase"})
      if (invocation.has(option))
        return usage_error("--" + std::string(option) +
                           " is about the key of a certificate: give that with --cert");
    return std::nullopt;
  }
  KeyFiles files;
  files.key_path = invocation.value("key").value_or(*certificates);
  BOWLINE_TRY(files.certificates, read_small_file(std::string(*certificates)));
  BOWLINE_TRY(files.key, read_small_file(files.key_path));
  if (const auto text = invocation.value("key-phrase")) {
    BOWLINE_TRY(const std::string phrase, read_phrase(*text, warnings));
    BOWLINE_TRY(Identity identity, files.open(phrase));
    return identity;
  }
  auto plain = files.open("");
  if (plain.has_value()) return *std::move(plain);
  if (!files.is_encrypted() || plain.error().kind() != ErrorKind::invalid_argument)
    return plain.error();
  BOWLINE_TRY(Identity asked, ask_and_open(files));
  return asked;
}

}  // namespace bowline::cli
