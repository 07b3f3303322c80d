#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <bowline/certificate.h>

#include "cli/host/small_file.h"
#include "cli/output/json.h"
#include "cli/output/security_words.h"
#include "cli/output/terminal.h"
#include "cli/words/arguments.h"

namespace bowline::cli {

/// `bowline cert show`. Returns the exit status.
[[nodiscard]] int show_certificates(const Invocation& invocation, Loop& loop);
/// `bowline cert root`, `server`, `client` and `wrong`.
[[nodiscard]] int make_certificates(const Invocation& invocation, Loop& loop);

/// What a file says and how it is judged, for people.
[[nodiscard]] std::string render_chain(const std::vector<Certificate>& certificates,
                                       const TrustReport& report, std::string_view host,
                                       const Style& style);
/// The same for programs.
void write_chain(Json& json, const std::vector<Certificate>& certificates,
                 const TrustReport& report);

}  // namespace bowline::cli
