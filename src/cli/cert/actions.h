#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <bowline/certificate.h>

#include "cli/output/json.h"
#include "cli/output/terminal.h"
#include "cli/words/arguments.h"

namespace bowline::cli {

/// `bowline cert show`. Returns the exit status.
[[nodiscard]] int show_certificates(const Invocation& invocation, Loop& loop);
/// `bowline cert root`, `server`, `client` and `wrong`.
[[nodiscard]] int make_certificates(const Invocation& invocation, Loop& loop);

/// A whole file, of at most 4 MiB.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path);

/// What a file says and how it is judged, for people.
[[nodiscard]] std::string render_chain(const std::vector<Certificate>& certificates,
                                       const TrustReport& report, std::string_view host,
                                       const Style& style);
/// The same for programs.
void write_chain(Json& json, const std::vector<Certificate>& certificates,
                 const TrustReport& report);
/// "2026-11-30 09:15:00 UTC"
[[nodiscard]] std::string date_text(std::chrono::sys_seconds time);
/// As it is written in a URL or an address bar: "host.example", "192.0.2.1"; others with their kind in front.
[[nodiscard]] std::string name_text(const CertificateName& name);

}  // namespace bowline::cli
