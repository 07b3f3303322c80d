#include "sim/ports/file_store.h"

#include <cerrno>
#include <utility>

#include "base/bytes.h"

namespace bowline::sim {

namespace {

constexpr const char* store_operation = "file store";

Error failure(int code, std::string_view about) {
  return Error::from_errno(code, store_operation).about(std::string(about));
}

class SimLock final : public ports::FileStore::Lock {
 public:
  SimLock(StoredFiles::Folder& folder, std::string name)
      : folder_(folder), name_(std::move(name)) {}
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;
  ~SimLock() override { folder_.locked.erase(name_); }

 private:
  StoredFiles::Folder& folder_;
  std::string name_;
};

class SimFileStore final : public ports::FileStore {
 public:
  SimFileStore(StoredFiles& disk, StoredFiles::Folder& folder) : disk_(disk), folder_(folder) {}

  [[nodiscard]] Result<std::string> read(std::string_view name, std::size_t bytes_max) override {
    BOWLINE_TRY_VOID(check(name));
    const auto found = folder_.files.find(name);
    if (found == folder_.files.end()) return failure(ENOENT, name);
    if (found->second.size() <= bytes_max) return found->second;
    return Error(ErrorKind::limit_exceeded, store_operation, "the file is longer than it may be")
        .about(std::string(name));
  }

  [[nodiscard]] Result<void> replace(std::string_view name,
                                     std::span<const std::byte> content) override {
    BOWLINE_TRY_VOID(check(name));
    if (content.size() > file_bytes_max)
      return Error(ErrorKind::limit_exceeded, store_operation,
                   "too large for a store of small files")
          .about(std::string(name));
    if (disk_.fault == StoreFault::disk_full) return failure(ENOSPC, name);
    folder_.files.insert_or_assign(std::string(name), std::string(as_text(content)));
    return {};
  }

  [[nodiscard]] Result<void> remove(std::string_view name) override {
    BOWLINE_TRY_VOID(check(name));
    folder_.files.erase(std::string(name));
    return {};
  }

  [[nodiscard]] Result<std::vector<std::string>> list() override {
    if (disk_.fault == StoreFault::no_permission) return failure(EACCES, "list");
    std::vector<std::string> names;
    for (const auto& [name, content] : folder_.files) names.push_back(name);
    return names;
  }

  [[nodiscard]] Result<std::unique_ptr<Lock>> lock(std::string_view name) override {
    BOWLINE_TRY_VOID(check(name));
    if (disk_.fault == StoreFault::disk_full) return failure(ENOSPC, name);
    if (!folder_.locked.emplace(name).second) return failure(EAGAIN, name);
    return std::make_unique<SimLock>(folder_, std::string(name));
  }

 private:
  [[nodiscard]] Result<void> check(std::string_view name) const {
    BOWLINE_TRY_VOID(ports::check_file_name(name));
    if (disk_.fault == StoreFault::no_permission) return failure(EACCES, name);
    return {};
  }

  StoredFiles& disk_;
  StoredFiles::Folder& folder_;
};

}  // namespace

Result<std::unique_ptr<ports::FileStore>> SimFileStores::open(std::string_view folder) {
  if (!folder.starts_with('/'))
    return Error(ErrorKind::invalid_argument, store_operation,
                 "a folder is given by its absolute path");
  if (disk_.fault == StoreFault::no_permission) return failure(EACCES, folder);
  return std::make_unique<SimFileStore>(disk_, disk_.folders[std::string(folder)]);
}

}  // namespace bowline::sim
