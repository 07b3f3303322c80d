#pragma once

#include "ports/file_store.h"
#include "sim/host/stored_files.h"

namespace bowline::sim {

/// The disk of a simulated host, with the faults that the host was told to have.
class SimFileStores final : public ports::FileStores {
 public:
  explicit SimFileStores(StoredFiles& disk) : disk_(disk) {}
  [[nodiscard]] Result<std::unique_ptr<ports::FileStore>> open(std::string_view folder) override;

 private:
  StoredFiles& disk_;
};

}  // namespace bowline::sim
