#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ports/record_store.h"

namespace bowline {

/// Records in a file of this machine; see ports::RecordStores::open. `chance` tells one opener from another.
[[nodiscard]] Result<std::unique_ptr<ports::RecordStore>> open_record_file(const std::string& path,
                                                                           std::int64_t now,
                                                                           std::uint64_t chance);

}  // namespace bowline
