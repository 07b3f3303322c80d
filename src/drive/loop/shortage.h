#pragma once

#include <bowline/error.h>

namespace bowline::drive {

/// What an operation ends with for want of memory: without a sentence, which would want some.
[[nodiscard]] inline Error shortage(const char* operation) {
  return {ErrorKind::resources_exhausted, ErrorDomain::bowline, 0, operation};
}

}  // namespace bowline::drive
