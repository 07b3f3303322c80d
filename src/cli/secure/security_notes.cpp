#include "cli/secure/security_notes.h"

#include <cstdio>

#include "cli/output/json.h"
#include "cli/output/output.h"

namespace bowline::cli {

void say_warnings(const std::vector<std::string>& warnings, bool as_json_lines) {
  for (const std::string& warning : warnings) {
    if (!as_json_lines) {
      note(warning);
      continue;
    }
    Json json;
    json.object([&] {
      json.field("event", "warning");
      json.field("message", warning);
    });
    const std::string line = json.text() + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

}  // namespace bowline::cli
