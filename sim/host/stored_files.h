#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <bowline/sim/host.h>

namespace bowline::sim {

/// What the programs on a host keep on its disk: it outlives their loops.
struct StoredFiles {
  struct Folder {
    std::map<std::string, std::string, std::less<>> files;
    std::set<std::string, std::less<>> locked;
  };
  struct Row {
    std::optional<std::string> value;
    std::int64_t expires = 0;
    std::uint64_t change = 0;
    std::uint64_t writer = 0;
  };
  struct Records {
    std::map<std::pair<std::string, std::string>, Row> rows;
    std::uint64_t change = 0;
    std::uint64_t writers = 0;
  };
  std::map<std::string, Folder, std::less<>> folders;
  std::map<std::string, Records, std::less<>> records;
  StoreFault fault = StoreFault::none;
};

}  // namespace bowline::sim
