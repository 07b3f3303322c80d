#pragma once

#include "linux/system/system.h"
#include "ports/file_store.h"

namespace bowline::linux_host {

/// Folders of this user's, mode 0700. A file is replaced by writing another one, syncing it and renaming it;
/// files that start with a dot are those on their way, and locks.
class KernelFileStores final : public ports::FileStores {
 public:
  explicit KernelFileStores(const System& system) : system_(system) {}
  [[nodiscard]] Result<std::unique_ptr<ports::FileStore>> open(std::string_view folder) override;

 private:
  const System& system_;
};

}  // namespace bowline::linux_host
