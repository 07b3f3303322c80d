#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bowline/result.h>

namespace bowline::cli {

/// An open descriptor, closed with its owner.
class DropFile {
 public:
  DropFile() = default;
  explicit DropFile(int descriptor) : descriptor_(descriptor) {}
  DropFile(DropFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  DropFile& operator=(DropFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~DropFile();
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// A file that is offered.
struct OfferedFile {
  std::string path;
  std::string name;  ///< what the browser calls it
  std::uint64_t size = 0;
};

/// errors    those of the system, about the file; invalid_argument for what is no file
[[nodiscard]] Result<std::vector<OfferedFile>> offer_files(std::span<const std::string_view> paths);
[[nodiscard]] Result<DropFile> open_offered(const OfferedFile& file);
/// Up to `into.size()` octets from there; none at the end.
[[nodiscard]] Result<std::size_t> read_at(const DropFile& file, std::uint64_t offset,
                                          std::span<std::byte> into);

/// A name from somewhere else as a name of a file here: its last part, without control characters, not
/// hidden and not too long.
[[nodiscard]] std::string safe_file_name(std::string_view name);

/// A file that comes: beside its place until it is whole, and then under its name, or the next that is free.
class IncomingFile {
 public:
  /// errors    those of the system
  [[nodiscard]] static Result<IncomingFile> create(const std::string& folder, std::string_view name,
                                                   std::uint64_t size);
  IncomingFile(IncomingFile&&) noexcept = default;
  IncomingFile& operator=(IncomingFile&& other) noexcept;
  ~IncomingFile();

  /// errors    those of the system; limit_exceeded for more than was announced
  [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
  /// Where it is now.
  ///
  /// errors    closed if octets are missing; those of the system
  [[nodiscard]] Result<std::string> finish();
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  IncomingFile() = default;
  void discard();

  DropFile file_;
  std::string folder_;
  std::string name_;
  std::string partial_;  // empty once it has its name
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace bowline::cli
