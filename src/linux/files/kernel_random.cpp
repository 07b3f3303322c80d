#include "linux/files/kernel_random.h"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace bowline::linux_host {

/// Random bytes not given out yet: the last `left` ones. All zero means none, which is what a fork leaves.
struct KernelRandom::Portion {
  std::size_t left;
  std::array<std::byte, 4096 - sizeof(std::size_t)> bytes;
};

KernelRandom::KernelRandom(const System& system) : system_(system), portion_(nullptr) {
  void* page =
      ::mmap(nullptr, sizeof(Portion), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, sizeof(Portion), MADV_WIPEONFORK) == 0)
    portion_ = static_cast<Portion*>(page);
  else
    ::munmap(page, sizeof(Portion));
}

KernelRandom::~KernelRandom() {
  if (portion_ == nullptr) return;
  ::explicit_bzero(portion_, sizeof *portion_);
  ::munmap(portion_, sizeof *portion_);
}

void KernelRandom::fill(std::span<std::byte> bytes) {
  if (portion_ == nullptr || bytes.size() > portion_->bytes.size()) return ask_kernel(bytes);
  if (portion_->left < bytes.size()) {
    ask_kernel(portion_->bytes);
    portion_->left = portion_->bytes.size();
  }
  std::byte* next = portion_->bytes.data() + portion_->bytes.size() - portion_->left;
  if (bytes.empty()) return;
  std::memcpy(bytes.data(), next, bytes.size());
  std::memset(next, 0, bytes.size());
  portion_->left -= bytes.size();
}

void KernelRandom::ask_kernel(std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = system_.get_random(bytes);
    // No kernel that runs this lacks it, and there is nothing to put in its place.
    if (count < 0) std::abort();
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace bowline::linux_host
