#include "allocations.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace bowline::test {

namespace {

constexpr std::size_t never = SIZE_MAX;
std::atomic<std::size_t> allocated = 0;
std::atomic<std::ptrdiff_t> live_count = 0;
std::atomic<std::ptrdiff_t> live_bytes = 0;
std::atomic<std::size_t> fails_at = never;
std::atomic<std::size_t> fails_until = 0;
std::atomic<bool> has_failed = false;

}  // namespace

std::size_t count_allocations() { return allocated; }
std::ptrdiff_t count_live() { return live_count; }
std::ptrdiff_t count_live_bytes() { return live_bytes; }

void fail_allocations(std::size_t index, std::size_t count) {
  has_failed = false;
  fails_at = allocated + index;
  fails_until = fails_at + count;
}

bool stop_failing() {
  fails_at = never;
  return has_failed;
}

void* allocate(std::size_t bytes) {
  const std::size_t number = allocated++;
  if (number >= fails_at && number < fails_until) {
    has_failed = true;
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  ++live_count;
  live_bytes += static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  --live_count;
  live_bytes -= static_cast<std::ptrdiff_t>(::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace bowline::test

void* operator new(std::size_t bytes) { return bowline::test::allocate(bytes); }
void* operator new[](std::size_t bytes) { return bowline::test::allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return bowline::test::allocate(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { bowline::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { bowline::test::release(memory); }
void operator delete[](void* memory) noexcept { bowline::test::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { bowline::test::release(memory); }
