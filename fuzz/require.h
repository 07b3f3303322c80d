#pragma once

#include <cstdlib>

/// What a fuzz target claims about every input.
inline void require(bool holds) {
  if (!holds) std::abort();
}
