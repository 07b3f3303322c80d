#include "drive/secure/security_facts.h"

#include <bowline/detail/security_facts.h>

#include <utility>

namespace bowline::drive {

namespace {

std::string security_text(ports::TlsVersion version);
std::string security_text(ports::TlsCipher cipher);
std::string security_text(ports::TlsGroup group);
std::vector<Certificate> described_chain(Security& security, const SessionFacts& facts);

}  // namespace

SecurityReport describe_security(Security& security, const char* protocol,
                                 const SessionFacts& facts) {
  SecurityReport::Facts made;
  made.protocol = protocol;
  made.established = facts.is_established;
  if (facts.is_established) {
    const ports::TlsFacts& agreed = facts.agreed;
    made.version = security_text(agreed.version);
    made.cipher = security_text(agreed.cipher);
    made.group = security_text(agreed.group);
    made.alpn = agreed.alpn;
    made.server_name = agreed.server_name;
    made.preshared_key = agreed.preshared_key_name;
    made.resumed = agreed.is_resumed;
    made.early_data_accepted = agreed.early_data_accepted;
  }
  made.peer_chain = described_chain(security, facts);
  made.trust = facts.trust;
  made.exceptions = facts.exceptions;
  const auto& of_trust = facts.trust.exceptions();
  made.exceptions.insert(made.exceptions.end(), of_trust.begin(), of_trust.end());
  if (security.logs_keys())
    made.exceptions.emplace_back(
        "SSLKEYLOGFILE: its keys are written to a file, and whoever reads that can read it too");
  made.library = security.engine().name();
  return SecurityReport(std::move(made));
}

std::vector<std::pair<std::string, std::string>> security_details(const SecurityReport& report) {
  std::vector<std::pair<std::string, std::string>> details;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) details.emplace_back(name, value);
  };
  add("version", report.version());
  add("cipher", report.cipher());
  add("group", report.group());
  add("alpn", report.alpn());
  add("server_name", report.server_name());
  add("psk", report.preshared_key());
  add("resumed", report.is_resumed() ? "yes" : "");
  add("early_data", report.is_early_data_accepted() ? "accepted" : "");
  add("trust", report.trust().sentence());
  for (const std::string& exception : report.exceptions()) add("exception", exception);
  for (const std::string& notice : report.trust().notices()) add("notice", notice);
  add("library", report.library());
  return details;
}

namespace {

std::string security_text(ports::TlsVersion version) {
  switch (version) {
    case ports::TlsVersion::tls_1_2:
    case ports::TlsVersion::dtls_1_2: return "1.2";
    case ports::TlsVersion::tls_1_3: return "1.3";
  }
  std::unreachable();
}

std::string security_text(ports::TlsCipher cipher) {
  switch (cipher) {
    case ports::TlsCipher::aes_128_gcm: return "AES-128-GCM";
    case ports::TlsCipher::aes_256_gcm: return "AES-256-GCM";
    case ports::TlsCipher::chacha20_poly1305: return "CHACHA20-POLY1305";
  }
  std::unreachable();
}

std::string security_text(ports::TlsGroup group) {
  switch (group) {
    case ports::TlsGroup::x25519: return "X25519";
    case ports::TlsGroup::secp256r1: return "secp256r1";
    case ports::TlsGroup::secp384r1: return "secp384r1";
    case ports::TlsGroup::x25519_mlkem768: return "X25519MLKEM768";
  }
  std::unreachable();
}

/// Of a handshake that failed the session keeps nothing, but the verifier saw the chain.
std::vector<Certificate> described_chain(Security& security, const SessionFacts& facts) {
  if (facts.agreed.peer_chain.empty()) return facts.trust.chain();
  std::vector<Certificate> chain;
  for (const ports::Der& der : facts.agreed.peer_chain) {
    auto described = security.certificates().describe(der, {});
    if (described.has_value()) chain.push_back(*std::move(described));
  }
  return chain;
}

}  // namespace

}  // namespace bowline::drive
