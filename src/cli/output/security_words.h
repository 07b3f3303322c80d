#pragma once

#include <string>

#include <bowline/certificate.h>
#include <bowline/security_report.h>

#include "cli/output/json.h"
#include "cli/output/terminal.h"

namespace bowline::cli {

/// The object that docs/cli calls security: what was agreed on, the peer's chain, and why it was trusted or
/// not.
void write_security(Json& json, const SecurityReport& report);
/// One certificate of it.
void write_certificate(Json& json, const Certificate& certificate);
void write_problem(Json& json, const TrustProblem& problem);

/// The same for people: a line for what was agreed on, one for each certificate, and why.
[[nodiscard]] std::string render_security(const SecurityReport& report, const Style& style);

/// "2026-11-30 09:15:00 UTC"
[[nodiscard]] std::string date_text(std::chrono::sys_seconds time);
/// As it is written in a URL or an address bar: "host.example", "192.0.2.1"; others with their kind in front.
[[nodiscard]] std::string name_text(const CertificateName& name);
/// Of a certificate, the first ones: "host.example, 192.0.2.1 and 3 more"; empty if it has none.
[[nodiscard]] std::string names_text(const Certificate& certificate, std::size_t names_max);

}  // namespace bowline::cli
