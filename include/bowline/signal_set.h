#pragma once

#include <bowline/export.h>

#include <concepts>
#include <cstdint>

namespace BOWLINE_API bowline {

/// Some signals: `{SIGINT, SIGTERM}`.
class SignalSet {
 public:
  SignalSet() = default;
  template <std::same_as<int>... Others>
  SignalSet(int signal, Others... others) {  // NOLINT: a braced list of numbers is one
    add(signal);
    (add(others), ...);
  }

  SignalSet& add(int signal) {
    if (signal < 1 || signal > number_max) {
      stranger_ = signal;
      has_stranger_ = true;
    } else {
      bits_ |= bit_of(signal);
    }
    return *this;
  }
  [[nodiscard]] bool has(int signal) const {
    return signal >= 1 && signal <= number_max && (bits_ & bit_of(signal)) != 0;
  }
  [[nodiscard]] bool empty() const { return bits_ == 0 && !has_stranger_; }

  /// Calls `visit(number)` for each; for one that is no signal too, if it was added, so that it is refused.
  template <class Visit>
  void for_each(Visit visit) const {
    if (has_stranger_) visit(stranger_);
    for (int signal = 1; signal <= number_max; ++signal)
      if (has(signal)) visit(signal);
  }

  static constexpr int number_max = 64;

 private:
  [[nodiscard]] static std::uint64_t bit_of(int signal) { return std::uint64_t{1} << (signal - 1); }

  std::uint64_t bits_ = 0;
  int stranger_ = 0;
  bool has_stranger_ = false;
};

}  // namespace BOWLINE_API bowline
