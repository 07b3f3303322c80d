#pragma once

#include <cstddef>

/// Counts what this program allocates, on all threads, and can let one allocation fail.
namespace bowline::test {

/// Since the start of the program.
[[nodiscard]] std::size_t count_allocations();
/// Allocated and not freed yet.
[[nodiscard]] std::ptrdiff_t count_live();

/// Lets the allocation numbered `index`, counted from 0 from now on, throw std::bad_alloc; and only that one.
void fail_allocation(std::size_t index);
/// No allocation fails from now on. True if one did since fail_allocation.
bool stop_failing();

}  // namespace bowline::test
