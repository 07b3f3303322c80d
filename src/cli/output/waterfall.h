#pragma once

#include <string>

#include <bowline/report.h>

#include "cli/output/report_json.h"
#include "cli/output/terminal.h"

namespace bowline::cli {

/// A report for people: one row for each question and each attempt, in the order they started, and
/// the outcome.
///
/// With pictures each row has a bar from its start to its end, unless the terminal is too narrow
/// for one; without, the two times stand there as numbers.
[[nodiscard]] std::string render_report(const Report& report, ConnectResult result,
                                        const Style& style);

}  // namespace bowline::cli
