#pragma once

#include <bowline/error.h>

namespace bowline::drive {

/// What an operation ends with when its loop goes. Without a sentence, which would want memory: loops go from
/// inside of destructors.
[[nodiscard]] inline Error loop_ended(const char* operation) {
  return {ErrorKind::cancelled, ErrorDomain::bowline, 0, operation};
}

}  // namespace bowline::drive
