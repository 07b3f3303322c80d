#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::ports {

/// Small files of the program's own that outlive it: caches, cookies, tickets. A store is one folder without
/// folders in it.
///
/// names     1 to 100 of a-z, 0-9, '-', '_' and '.', not starting with '.'; any other is invalid_argument
/// time      each call waits for the disk: not for the path of a connection
/// thread    its loop's; several stores, processes and loops may share a folder
class FileStore {
 public:
  static constexpr std::size_t name_characters_max = 100;
  static constexpr std::size_t file_bytes_max = std::size_t{16} << 20;

  /// Held by one store at a time, and given back when it is destroyed or its process ends.
  class Lock {
   public:
    virtual ~Lock() = default;
  };

  virtual ~FileStore() = default;

  /// The whole file.
  ///
  /// errors    invalid_argument (ENOENT) if there is none; limit_exceeded if it is longer than `bytes_max`;
  ///           permission_denied
  [[nodiscard]] virtual Result<std::string> read(std::string_view name, std::size_t bytes_max) = 0;

  /// Makes or replaces the file. Whoever reads, at any time and after any crash, finds the old content or
  /// the new one, whole; once this has returned, the new one is found after a loss of power too.
  ///
  /// errors    resources_exhausted if the disk is full; permission_denied; limit_exceeded above
  /// file_bytes_max.
  ///           The old content is there then, or, if only what makes the new one durable failed, the new one.
  [[nodiscard]] virtual Result<void> replace(std::string_view name,
                                             std::span<const std::byte> content) = 0;

  /// Success, too, if there was none.
  [[nodiscard]] virtual Result<void> remove(std::string_view name) = 0;

  /// The names of all files, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list() = 0;

  /// For a change that reads, decides and replaces. It does not wait, and binds only those who ask for it
  /// too. The name is one of its own, and no file of that name is listed.
  ///
  /// errors    resources_exhausted (EAGAIN) while somebody else holds it
  [[nodiscard]] virtual Result<std::unique_ptr<Lock>> lock(std::string_view name) = 0;
};

/// invalid_argument unless `name` may name a file of a store.
[[nodiscard]] Result<void> check_file_name(std::string_view name);

/// Opens stores of one host.
class FileStores {
 public:
  virtual ~FileStores() = default;

  /// The store in `folder`, an absolute path, which is made if it is missing (its parent must be there) so
  /// that only this user may look into it.
  ///
  /// errors    invalid_argument; permission_denied if the folder is not this user's alone
  [[nodiscard]] virtual Result<std::unique_ptr<FileStore>> open(std::string_view folder) = 0;
};

}  // namespace bowline::ports
