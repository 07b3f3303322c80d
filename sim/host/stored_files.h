#pragma once

#include <map>
#include <set>
#include <string>

#include <bowline/sim/host.h>

namespace bowline::sim {

/// What the programs on a host keep on its disk: it outlives their loops.
struct StoredFiles {
  struct Folder {
    std::map<std::string, std::string, std::less<>> files;
    std::set<std::string, std::less<>> locked;
  };
  std::map<std::string, Folder, std::less<>> folders;
  StoreFault fault = StoreFault::none;
};

}  // namespace bowline::sim
