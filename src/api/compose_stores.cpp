#include "api/compose_stores.h"

#include "stores/sqlite_store.h"

namespace bowline {

Result<std::unique_ptr<ports::RecordStore>> open_record_file(const std::string& path,
                                                             std::int64_t now,
                                                             std::uint64_t chance) {
  return stores::open_sqlite_store(path, now, chance);
}

}  // namespace bowline
