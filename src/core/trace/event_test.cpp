#include "core/trace/event.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace bowline::core {
namespace {

/// The words in the first column of the table.
std::set<std::string> documented_kinds() {
  std::ifstream file(BOWLINE_SOURCE_DIR "/docs/trace.md");
  std::set<std::string> kinds;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ")) continue;
    std::istringstream cell(line.substr(2, line.find(" |") - 2));
    for (std::string word; cell >> word;) kinds.insert(word.substr(0, word.find(',')));
  }
  kinds.erase("kind");
  return kinds;
}

TEST(Trace, kinds_are_all_documented_and_nothing_else_is) {
  std::set<std::string> kinds;
  for (int i = 0; i <= static_cast<int>(TraceKind::events_dropped); ++i)
    kinds.emplace(to_string(static_cast<TraceKind>(i)));
  EXPECT_EQ(documented_kinds(), kinds);
}

}  // namespace
}  // namespace bowline::core
