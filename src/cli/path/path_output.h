#pragma once

#include <string>

#include <bowline/path.h>

#include "cli/output/json.h"
#include "cli/output/terminal.h"

namespace bowline::cli {

/// For people. `reasons`: why it is not satisfied comes right behind the first line.
[[nodiscard]] std::string render(const Path& path, const Style& style);
/// One object, as docs/cli describes it.
void write_path(Json& json, const Path& path);

}  // namespace bowline::cli
