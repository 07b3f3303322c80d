#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ports/record_store.h"

namespace bowline::stores {

/// The store at `path`; `chance` tells it from others that have the same file open.
///
/// errors    as ports::RecordStores::open
[[nodiscard]] Result<std::unique_ptr<ports::RecordStore>> open_sqlite_store(const std::string& path,
                                                                            std::int64_t now,
                                                                            std::uint64_t chance);

}  // namespace bowline::stores
