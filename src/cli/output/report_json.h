#pragma once

#include <string_view>

#include <bowline/report.h>

#include "cli/output/json.h"

namespace bowline::cli {

/// How a connection's establishment ended, in the words of docs/cli/connect.schema.json.
enum class ConnectResult : std::uint8_t { ready, failed, waiting };
[[nodiscard]] std::string_view to_string(ConnectResult result);

/// The object of `bowline connect --json`. Its fields are a contract: DESIGN section 8.
void write_report(Json& json, const Report& report, ConnectResult result);

void write_resolution(Json& json, const Resolution& resolution);

/// The schema's word.
[[nodiscard]] std::string status_word(ResolutionStatus status);
/// For people, who hear of a timeout only if a server was waited for.
[[nodiscard]] std::string answer_word(const Resolution& resolution);
/// The schema's word: an attempt that was running when the report was made counts as cancelled, and
/// one that failed on this host as unreachable; its error tells more.
[[nodiscard]] std::string outcome_word(AttemptOutcome outcome);

}  // namespace bowline::cli
