#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace bowline::core {

/// Compares `text` with tests/golden/`name`; UPDATE_GOLDEN=1 writes it there instead.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(BOWLINE_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::stringstream kept;
  kept << file.rdbuf();
  EXPECT_EQ(text, kept.str()) << path << " (UPDATE_GOLDEN=1 rewrites it)";
}

}  // namespace bowline::core
