#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::ports {

/// One record of a program that outlives it.
struct StoredRecord {
  std::string kind;  ///< "cookie", "hsts", "response"
  std::string key;
  std::optional<std::string> value;  ///< none: it is gone
  std::int64_t expires = 0;  ///< seconds since 1970, from when on it counts as gone; 0: never

  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

/// Many small records in one file, which several loops and processes may have open. Each holds what it needs
/// in memory: the store tells what others changed, and takes what is to be kept.
///
/// time      put() and clear() only queue; what waits for the disk says so
/// thread    its loop's
class RecordStore {
 public:
  /// A single value, and what may wait to be written; beyond it put() waits for the disk.
  static constexpr std::size_t value_octets_max = std::size_t{16} << 20;
  static constexpr std::size_t queued_octets_max = std::size_t{32} << 20;

  /// Waits for what is queued, and writes it.
  virtual ~RecordStore() = default;

  /// Somebody else may have changed something since changes() was called; cheap.
  [[nodiscard]] virtual bool may_have_changed() = 0;
  /// What others changed since the last call, in their order; at first everything that is there and has not
  /// expired at `now`. Waits for the disk.
  ///
  /// errors    those of the system; resources_exhausted while another process holds the file
  [[nodiscard]] virtual Result<std::vector<StoredRecord>> changes(std::int64_t now) = 0;

  /// Written soon, in order. A value that is too long is not kept, and what was there is gone.
  virtual void put(StoredRecord record) = 0;
  /// All of that kind are gone. On the disk, too, once flush() has returned, and not only marked so.
  virtual void clear(std::string_view kind) = 0;
  /// Waits until all that was put is on the disk.
  ///
  /// errors    the first of those that writing met since the last call
  [[nodiscard]] virtual Result<void> flush() = 0;

  /// What was out of the ordinary when it was opened: a damaged file that was set aside. Empty: nothing.
  [[nodiscard]] virtual const std::string& remark() const = 0;
};

/// Opens stores of one host.
class RecordStores {
 public:
  virtual ~RecordStores() = default;

  /// The store at `path`, which is made, for this user's eyes only, if it is missing. A damaged file is set
  /// aside as `PATH.damaged-N`, and a new one made. Waits for the disk.
  ///
  /// errors    invalid_argument: the file is another program's; unsupported: a later version's; those of the
  ///           system
  [[nodiscard]] virtual Result<std::unique_ptr<RecordStore>> open(std::string_view path,
                                                                  std::int64_t now) = 0;
};

}  // namespace bowline::ports
