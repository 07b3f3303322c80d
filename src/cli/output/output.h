#pragma once

#include <string>
#include <string_view>

#include <bowline/error.h>

#include "cli/output/exit_status.h"
#include "cli/output/json.h"
#include "cli/words/table.h"

namespace bowline::cli {

/// Data, to standard output.
void print(std::string_view text);
/// One line for people, to standard error, with the command's name in front.
void note(std::string_view line);

/// {"kind", "domain", "code", "message", "attempts"}, as docs/cli describes it.
void write_error(Json& json, const Error& error);

/// One line: what was tried and what came back.
[[nodiscard]] std::string describe(const Error& error);
/// The error, each attempt behind it, and what to try next, as lines for standard error. Without
/// `advice` that is what suits errors of its kind.
[[nodiscard]] std::string explain(const Error& error, std::string_view advice = {});

/// Says what went wrong, as text on standard error or as `{"error": ...}` on standard output.
/// Returns the exit status.
[[nodiscard]] Exit report_failure(const Error& error, bool as_json, std::string_view advice = {});
/// The same for words that were not understood, with where to look; `command` may be null.
[[nodiscard]] Exit report_usage(const Error& error, const Command* command, bool as_json);

/// For options that name files: what was written makes no sense, or a file could not be used.
[[nodiscard]] Exit report_choice_failure(const Error& error, const Command* command, bool as_json);

/// Writes out what was printed; a full disk turns success into failure. Whoever closed our output
/// has had enough: that is none.
[[nodiscard]] int finish_output(int status);

}  // namespace bowline::cli
