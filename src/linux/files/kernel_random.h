#pragma once

#include <cstddef>
#include <span>

#include "base/random.h"
#include "linux/system/system.h"

namespace bowline::linux_host {

/// getrandom(2), in portions of almost 4 KiB.
///
/// What was given out is wiped, and the portion is empty in a forked child: no two processes give the same
/// bytes.
class KernelRandom final : public Random {
 public:
  explicit KernelRandom(const System& system);
  KernelRandom(const KernelRandom&) = delete;
  KernelRandom& operator=(const KernelRandom&) = delete;
  ~KernelRandom() override;

  void fill(std::span<std::byte> bytes) override;

 private:
  struct Portion;
  void ask_kernel(std::span<std::byte> bytes) const;

  const System& system_;
  Portion* portion_;  // a page of its own; null where the kernel has none to give
};

}  // namespace bowline::linux_host
