#pragma once

#include "linux/system/system.h"
#include "ports/files.h"

namespace bowline::linux_host {

class KernelFiles final : public ports::Files {
 public:
  explicit KernelFiles(const System& system) : system_(system) {}
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) override;
  [[nodiscard]] std::uint64_t version(std::string_view path) override;
  [[nodiscard]] Result<void> append_private(std::string_view path, std::string_view text) override;
  [[nodiscard]] std::string variable(const char* name) override;

 private:
  const System& system_;
};

}  // namespace bowline::linux_host
