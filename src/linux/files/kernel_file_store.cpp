#include "linux/files/kernel_file_store.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "linux/files/read_open_file.h"
#include "linux/system/descriptor.h"

namespace bowline::linux_host {

namespace {

constexpr const char* store_operation = "file store";

Error failure(std::string_view about) {
  return Error::from_errno(errno, store_operation).about(std::string(about));
}

class KernelFileStore final : public ports::FileStore {
 public:
  KernelFileStore(const System& system, Descriptor folder)
      : system_(system), folder_(std::move(folder)) {}

  [[nodiscard]] Result<std::string> read(std::string_view name, std::size_t bytes_max) override;
  [[nodiscard]] Result<void> replace(std::string_view name,
                                     std::span<const std::byte> content) override;
  [[nodiscard]] Result<void> remove(std::string_view name) override;
  [[nodiscard]] Result<std::vector<std::string>> list() override;
  [[nodiscard]] Result<std::unique_ptr<Lock>> lock(std::string_view name) override;

 private:
  [[nodiscard]] Result<void> write_whole(const std::string& name,
                                         std::span<const std::byte> content);
  [[nodiscard]] Result<void> sync_folder(std::string_view about);

  const System& system_;
  Descriptor folder_;
};

/// flock(2) on a file of its own: the kernel gives it back when the descriptor goes, however the process
/// ends.
class KernelLock final : public ports::FileStore::Lock {
 public:
  explicit KernelLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

/// No two replacements at a time write to the same file, in whichever process or store.
std::string temporary_name(std::string_view name) {
  static std::atomic<std::uint64_t> count = 0;
  return "." + std::string(name) + "." + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

Result<std::unique_ptr<ports::FileStore>> KernelFileStores::open(std::string_view folder) {
  const std::string path(folder);
  if (!path.starts_with('/') || path.contains('\0'))
    return Error(ErrorKind::invalid_argument, store_operation,
                 "a folder is given by its absolute path");
  if (system_.make_folder(path.c_str()) < 0 && errno != EEXIST) return failure(path);
  Descriptor opened(system_.open_folder(path.c_str()));
  if (!opened.is_open()) return failure(path);
  struct stat status{};
  if (system_.stat_open(opened.number(), status) < 0) return failure(path);
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error(ErrorKind::permission_denied, store_operation,
                 "the folder must belong to this user, with mode 0700")
        .about(path);
  return std::make_unique<KernelFileStore>(system_, std::move(opened));
}

namespace {

Result<std::string> KernelFileStore::read(std::string_view name, std::size_t bytes_max) {
  BOWLINE_TRY_VOID(ports::check_file_name(name));
  const Descriptor file(
      system_.open_at(folder_.number(), std::string(name).c_str(), O_RDONLY | O_NONBLOCK, 0));
  if (!file.is_open()) return failure(name);
  // One byte more tells whether there is more.
  const std::size_t looked_at_max = std::max(bytes_max, bytes_max + 1);
  auto content = read_open_file(system_, file.number(), looked_at_max, store_operation);
  if (!content.has_value()) return std::move(content).error().about(std::string(name));
  if (content->size() > bytes_max)
    return Error(ErrorKind::limit_exceeded, store_operation, "the file is longer than it may be")
        .about(std::string(name));
  return content;
}

Result<void> KernelFileStore::replace(std::string_view name, std::span<const std::byte> content) {
  BOWLINE_TRY_VOID(ports::check_file_name(name));
  if (content.size() > file_bytes_max)
    return Error(ErrorKind::limit_exceeded, store_operation, "too large for a store of small files")
        .about(std::string(name));
  const std::string temporary = temporary_name(name);
  auto done = write_whole(temporary, content);
  if (done.has_value() &&
      system_.rename_at(folder_.number(), temporary.c_str(), std::string(name).c_str()) < 0)
    done = failure(name);
  if (!done.has_value()) {
    // If this fails too, a file is left that no list shows.
    static_cast<void>(system_.unlink_at(folder_.number(), temporary.c_str()));
    return std::move(done).error().about(std::string(name));
  }
  return sync_folder(name);
}

Result<void> KernelFileStore::write_whole(const std::string& name,
                                          std::span<const std::byte> content) {
  const Descriptor file(system_.open_at(folder_.number(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL,
                                        S_IRUSR | S_IWUSR));
  if (!file.is_open()) return failure(name);
  while (!content.empty()) {
    const ssize_t count = system_.write_file(file.number(), content);
    if (count < 0) return failure(name);
    content = content.subspan(static_cast<std::size_t>(count));
  }
  if (system_.sync(file.number()) < 0) return failure(name);
  return {};
}

/// Without it, the new name may not outlive a loss of power.
Result<void> KernelFileStore::sync_folder(std::string_view about) {
  if (system_.sync(folder_.number()) < 0) return failure(about);
  return {};
}

Result<void> KernelFileStore::remove(std::string_view name) {
  BOWLINE_TRY_VOID(ports::check_file_name(name));
  if (system_.unlink_at(folder_.number(), std::string(name).c_str()) < 0) {
    if (errno == ENOENT) return {};
    return failure(name);
  }
  return sync_folder(name);
}

Result<std::vector<std::string>> KernelFileStore::list() {
  const int again = system_.open_at(folder_.number(), ".", O_RDONLY | O_DIRECTORY, 0);
  if (again < 0) return failure("list");
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(again), ::closedir);
  if (folder == nullptr) {
    ::close(again);
    return failure("list");
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(folder.get()))
    if (ports::check_file_name(entry->d_name).has_value()) names.emplace_back(entry->d_name);
  if (errno != 0) return failure("list");
  std::ranges::sort(names);
  return names;
}

Result<std::unique_ptr<ports::FileStore::Lock>> KernelFileStore::lock(std::string_view name) {
  BOWLINE_TRY_VOID(ports::check_file_name(name));
  const std::string file_name = "." + std::string(name) + ".lock";
  Descriptor file(
      system_.open_at(folder_.number(), file_name.c_str(), O_RDWR | O_CREAT, S_IRUSR | S_IWUSR));
  if (!file.is_open() || system_.lock(file.number()) < 0) return failure(name);
  return std::make_unique<KernelLock>(std::move(file));
}

}  // namespace

}  // namespace bowline::linux_host
