#pragma once

#include <memory>

#include <bowline/result.h>

#include "ports/host.h"

/// Not `linux`: compilers define that word as a macro in their GNU modes.
namespace bowline::linux_host {

/// One loop's view of this machine; everything opened on it must be destroyed before it.
///
/// errors    resources_exhausted, when the kernel has no descriptors or memory left for the loop's own
[[nodiscard]] Result<std::unique_ptr<ports::Host>> make_host();

}  // namespace bowline::linux_host
