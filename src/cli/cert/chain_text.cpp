#include <algorithm>

#include "cli/cert/actions.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr std::size_t label_columns = 12;
constexpr std::size_t names_shown_max = 20;

std::string row(std::string_view label, const std::string& text) {
  return "   " + fit(label, label_columns) + text + "\n";
}

std::string names_of(const Certificate& certificate) {
  if (certificate.names().empty()) {
    std::string text = certificate.is_authority() ? "" : "nobody: it has no names";
    if (!certificate.is_authority() && certificate.common_name())
      text += " (its common name does not count)";
    return text;
  }
  return names_text(certificate, names_shown_max);
}

std::string abilities_of(const Certificate& certificate) {
  std::string text;
  const auto add = [&](std::string_view part) {
    text += (text.empty() ? "" : ", ") + std::string(part);
  };
  if (certificate.is_authority()) add("may sign certificates");
  if (certificate.has_name_constraints()) add("for some names only");
  if (certificate.must_staple()) add("promises proofs that it is not revoked");
  if (certificate.is_self_issued()) add("signed by itself");
  return text;
}

std::string render_certificate(std::size_t number, const Certificate& certificate,
                               const Style& style) {
  const std::string subject =
      certificate.subject().empty() ? "(no subject)" : safe(certificate.subject());
  std::string text = fit(std::to_string(number), 3) + style.paint(Tone::strong, subject) + "\n";
  if (const std::string names = names_of(certificate); !names.empty()) text += row("for", names);
  text += row("issued by", safe(certificate.issuer()));
  text += row("valid",
              date_text(certificate.not_before()) + " to " + date_text(certificate.not_after()));
  text += row("key", safe(certificate.key_algorithm()) + ", " +
                         std::to_string(certificate.key_bits()) + " bits");
  text += row("pin", "sha256/" + to_pin(certificate.key_digest()));
  text += row("signature", safe(certificate.signature_algorithm()) +
                               (certificate.has_weak_signature() ? " (weak)" : ""));
  if (const std::string abilities = abilities_of(certificate); !abilities.empty())
    text += row("also", abilities);
  return text;
}

std::string_view cure_for(TrustFault fault) {
  switch (fault) {
    case TrustFault::expired: return "renew it, and look at the clock of this host";
    case TrustFault::not_yet_valid: return "look at the clock of this host";
    case TrustFault::unknown_authority:
      return "have the server send the certificates between it and its root; trust a root of your "
             "own with --ca";
    case TrustFault::self_signed: return "if you know it, trust it with --ca";
    case TrustFault::name_mismatch:
    case TrustFault::no_names: return "have it made for this name, as a subjectAltName";
    case TrustFault::roots_unavailable: return "install the package ca-certificates";
    case TrustFault::staple_missing:
      return "the proof comes with the handshake of a server, not in a file";
    case TrustFault::root_not_accepted:
      return "leave out --distribution-only if you trust that root";
    case TrustFault::authority_as_peer:
      return "an authority's own certificate proves nothing about a host: show one that it issued";
    case TrustFault::no_certificate:
    case TrustFault::malformed:
    case TrustFault::too_large:
    case TrustFault::revoked:
    case TrustFault::wrong_key:
    case TrustFault::pin_mismatch:
    case TrustFault::malformed_name:
    case TrustFault::wrong_purpose:
    case TrustFault::name_not_permitted:
    case TrustFault::not_an_authority:
    case TrustFault::path_too_long:
    case TrustFault::weak_key:
    case TrustFault::oversized_key:
    case TrustFault::weak_signature:
    case TrustFault::bad_signature:
    case TrustFault::unknown_critical:
    case TrustFault::unsupported:
    case TrustFault::staple_invalid:
    case TrustFault::staple_expired:
    case TrustFault::policy_refused:
    case TrustFault::program_refused: return "";
  }
  return "";
}

std::string render_verdict(const TrustReport& report, std::string_view host, const Style& style) {
  if (report.is_trusted()) {
    std::string text = style.paint(Tone::good, "trusted") + "\n  - " +
                       safe(report.sentence().substr(report.sentence().find(' ') + 1), 1024) + "\n";
    if (host.empty()) text += "  - for whom was not asked: say so with --host\n";
    return text;
  }
  std::string text = style.paint(Tone::bad, "not trusted") + "\n";
  for (const TrustProblem& problem : report.problems())
    text += "  - " + safe(problem.sentence, 1024) + "\n";
  if (!report.problems().empty())
    if (const std::string_view cure = cure_for(report.problems().front().fault); !cure.empty())
      text += "  try    " + std::string(cure) + "\n";
  return text;
}

}  // namespace

std::string render_chain(const std::vector<Certificate>& certificates, const TrustReport& report,
                         std::string_view host, const Style& style) {
  std::string text;
  std::size_t number = 0;
  for (const Certificate& certificate : certificates)
    text += render_certificate(++number, certificate, style);
  if (report.root_origin() &&
      std::ranges::find(certificates, report.chain().back()) == certificates.end())
    text += row("root", safe(report.chain().back().subject()) + " (" +
                            to_string(*report.root_origin()) + ")");
  return text + render_verdict(report, host, style);
}

}  // namespace bowline::cli
