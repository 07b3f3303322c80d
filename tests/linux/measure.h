#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include <bowline/time.h>

namespace bowline::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

class Stopwatch {
 public:
  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Processor time of this process so far, in user space and kernel.
[[nodiscard]] Duration cpu_time();

/// Bytes on the heap that are in use: what this process asked for and has not given back.
[[nodiscard]] std::ptrdiff_t heap_bytes();
/// Resident memory of this process. Under sanitizers it holds what they keep for later.
[[nodiscard]] std::ptrdiff_t resident_bytes();
/// Open descriptors of this process.
[[nodiscard]] std::ptrdiff_t count_descriptors();

/// The least of a few measurements; stops at the first within `limit`. A busy machine makes figures worse,
/// never better; while measuring, this process goes before others.
[[nodiscard]] Duration best_of_a_few(Duration limit, const std::function<Duration()>& measure);

/// While it lives, this process may have so many descriptors open, or as many as the system lets it.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(std::size_t descriptors);
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { restore(); }
  void restore();

 private:
  std::size_t before_ = 0;
};
/// The limit that leaves room for so many more than are open now.
[[nodiscard]] std::size_t open_descriptors_and(std::size_t more);

}  // namespace bowline::test
