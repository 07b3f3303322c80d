#pragma once

#include <cstddef>

/// Counts what this program allocates, on all threads, and can let one allocation fail.
namespace bowline::test {

/// Since the start of the program.
[[nodiscard]] std::size_t count_allocations();
/// Allocated and not freed yet.
[[nodiscard]] std::ptrdiff_t count_live();
/// The same in bytes, as the allocator rounds them up.
[[nodiscard]] std::ptrdiff_t count_live_bytes();

/// Lets `count` allocations throw std::bad_alloc, from the one numbered `index`, counted from 0 from now on.
void fail_allocations(std::size_t index, std::size_t count);
/// No allocation fails from now on. True if one did since fail_allocations.
bool stop_failing();

}  // namespace bowline::test
