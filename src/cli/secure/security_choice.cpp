#include "cli/secure/security_choice.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <bowline/certificate.h>

#include "cli/host/small_file.h"
#include "cli/output/safe_text.h"
#include "cli/secure/identity_files.h"
#include "cli/secure/secure_ports.h"
#include "cli/secure/shared_key.h"

namespace bowline::cli {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 8> of_both{"tls", "psk",        "psk-phrase", "cert",
                                                  "key", "key-phrase", "alpn",       "min-tls"};
constexpr std::array<std::string_view, 6> of_connecting{
    "ca", "pin", "no-system", "distribution-only", "server-name", "insecure"};
constexpr std::array<std::string_view, 2> of_listening{"client-ca", "require-client"};

/// What a listener can show.
constexpr std::array<std::string_view, 3> proofs{"cert", "psk", "psk-phrase"};

std::optional<std::string_view> first_given(const Invocation& invocation, Names options);
Result<void> check_words(const Invocation& invocation, Names for_other_side, std::string_view why);
Result<void> read_both(const Invocation& invocation, SecurityChoice& choice);
Result<void> read_trust(const Invocation& invocation, SecurityChoice& choice);
Result<void> read_clients(const Invocation& invocation, SecurityChoice& choice);
Result<void> add_roots(std::string_view path, SecurityOptions& options);
std::optional<bool> url_means_tls(const Endpoint& remote);

}  // namespace

Result<SecurityChoice> choose_security(const Invocation& invocation, const Endpoint& remote) {
  SecurityChoice choice;
  BOWLINE_TRY_VOID(check_words(invocation, of_listening, "is for a listener (-l)"));
  const auto asked = first_given(invocation, of_both);
  const auto asked_of_peer = first_given(invocation, of_connecting);
  const bool is_dtls = invocation.has_if_offered("dtls");
  if (invocation.has("plain") || (invocation.has_if_offered("udp") && !is_dtls)) return choice;
  const bool is_asked = is_dtls || asked || asked_of_peer;
  if (!is_asked && !url_means_tls(remote).value_or(means_tls(remote.port()))) return choice;
  choice.protection = is_dtls ? Protection::dtls : Protection::tls;
  if (invocation.values("psk").size() + invocation.values("psk-phrase").size() > 1)
    return usage_error("one that connects has at most one key: --psk or --psk-phrase, once");
  BOWLINE_TRY_VOID(read_both(invocation, choice));
  BOWLINE_TRY_VOID(read_trust(invocation, choice));
  // What is wrong with them is worth hearing before anything is tried.
  BOWLINE_TRY_VOID(choice.options.settings());
  return choice;
}

Result<SecurityChoice> choose_listener_security(const Invocation& invocation,
                                                const Endpoint& local) {
  SecurityChoice choice;
  BOWLINE_TRY_VOID(check_words(invocation, of_connecting, "says nothing to a listener (-l)"));
  const bool is_dtls = invocation.has_if_offered("dtls");
  if (invocation.has("plain") || (invocation.has_if_offered("udp") && !is_dtls)) return choice;
  const bool has_proof = first_given(invocation, proofs).has_value();
  const auto asked = first_given(invocation, of_both);
  const auto asked_of_clients = first_given(invocation, of_listening);
  if (!has_proof && (is_dtls || asked || asked_of_clients))
    return usage_error("--" +
                       std::string(asked     ? *asked
                                   : is_dtls ? "dtls"
                                             : *asked_of_clients) +
                       ": a listener needs something to show: --cert and --key, or --psk "
                       "(`bowline cert server` makes a certificate)");
  if (!has_proof && means_tls(local.port()))
    return usage_error("clients of port " + std::to_string(local.port()) +
                       " speak TLS: give --cert and --key, or --plain");
  if (!has_proof) return choice;
  choice.protection = is_dtls ? Protection::dtls : Protection::tls;
  BOWLINE_TRY_VOID(read_both(invocation, choice));
  BOWLINE_TRY_VOID(read_clients(invocation, choice));
  BOWLINE_TRY_VOID(choice.options.settings());
  return choice;
}

namespace {

/// Of those that the command has.
std::optional<std::string_view> first_given(const Invocation& invocation, Names options) {
  const auto found = std::ranges::find_if(options, [&](std::string_view option) {
    const auto known = invocation.command()->options;
    return std::ranges::find(known, option, &Option::name) != known.end() && invocation.has(option);
  });
  return found == options.end() ? std::nullopt : std::optional(*found);
}

Result<void> check_words(const Invocation& invocation, Names for_other_side, std::string_view why) {
  if (const auto wrong = first_given(invocation, for_other_side))
    return usage_error("--" + std::string(*wrong) + " " + std::string(why));
  if (invocation.has_if_offered("dtls")) {
    for (const std::string_view other : {"tls", "tcp", "plain", "min-tls"})
      if (invocation.has_if_offered(other))
        return usage_error("--dtls and --" + std::string(other) + " exclude each other");
    return {};
  }
  auto any = first_given(invocation, of_both);
  if (!any) any = first_given(invocation, of_connecting);
  if (!any) any = first_given(invocation, of_listening);
  if (!any) return {};
  for (const std::string_view without : {"plain", "udp"})
    if (invocation.has_if_offered(without))
      return usage_error("--" + std::string(*any) + " is about TLS, and --" + std::string(without) +
                         " has none");
  return {};
}

/// What either side may say.
Result<void> read_both(const Invocation& invocation, SecurityChoice& choice) {
  if (const auto text = invocation.value("min-tls")) {
    if (*text != "1.2" && *text != "1.3")
      return usage_error("--min-tls " + cli::quoted(*text) + ": there are 1.2 and 1.3");
    choice.options.minimum_version(*text == "1.3" ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2);
  }
  if (const auto text = invocation.value("alpn")) {
    std::vector<std::string> protocols;
    for (std::string_view rest = *text;;) {
      const std::size_t comma = rest.find(',');
      protocols.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    choice.options.alpn(std::move(protocols));
  }
  BOWLINE_TRY_VOID(read_shared_keys(invocation, choice.options, choice.warnings));
  BOWLINE_TRY(const auto identity, read_identity(invocation, choice.warnings));
  if (identity) choice.options.identity(*identity);
  return {};
}

/// Whom one that connects trusts.
Result<void> read_trust(const Invocation& invocation, SecurityChoice& choice) {
  SecurityOptions& options = choice.options;
  for (const std::string_view path : invocation.values("ca"))
    BOWLINE_TRY_VOID(add_roots(path, options));
  if (invocation.has("no-system")) options.system_roots(false);
  if (invocation.has("distribution-only")) options.distribution_roots_only();
  for (const std::string_view pin : invocation.values("pin")) {
    if (!parse_pin(pin))
      return usage_error("--pin " + cli::quoted(pin) +
                         " is no SHA-256: 44 characters of base64, or 64 of hexadecimal");
    options.pin(pin);
  }
  if (const auto name = invocation.value("server-name"))
    options.server_name(std::string(*name)).peer_name(std::string(*name));
  if (!invocation.has("insecure")) return {};
  options.trust_anybody();
  choice.warnings.emplace_back(
      "WARNING: --insecure: it is not checked who the peer is; anybody on the way can read and "
      "change everything");
  return {};
}

/// Whom a listener trusts.
Result<void> read_clients(const Invocation& invocation, SecurityChoice& choice) {
  const auto paths = invocation.values("client-ca");
  if (paths.empty()) {
    if (invocation.has("require-client"))
      return usage_error("--require-client: say with --client-ca who vouches for clients");
    return {};
  }
  choice.options.system_roots(false).client_certificates(invocation.has("require-client")
                                                             ? ClientCertificates::required
                                                             : ClientCertificates::requested);
  for (const std::string_view path : paths) BOWLINE_TRY_VOID(add_roots(path, choice.options));
  return {};
}

/// FILE, or NAME as `bowline cert root` called it.
Result<void> add_roots(std::string_view path, SecurityOptions& options) {
  auto text = read_small_file(std::string(path));
  if (!text.has_value() && !path.ends_with(".pem")) {
    if (auto by_name = read_small_file(std::string(path) + ".pem"); by_name.has_value())
      text = std::move(by_name);
  }
  if (!text.has_value()) return text.error();
  const auto read = read_certificates(std::as_bytes(std::span(*text)));
  if (!read.has_value()) return read.error().about(std::string(path));
  options.root(std::string_view(*text));
  return {};
}

std::optional<bool> url_means_tls(const Endpoint& remote) {
  std::string scheme = remote.url().substr(0, remote.url().find("://"));
  std::ranges::transform(scheme, scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return scheme_means_tls(scheme);
}

}  // namespace

}  // namespace bowline::cli
