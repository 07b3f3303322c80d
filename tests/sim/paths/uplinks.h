#pragma once

#include <bowline/bowline.h>
#include <bowline/path_monitor.h>

#include <string>
#include <vector>

#include "scene.h"

namespace bowline::test {

/// The scene's home with a phone network beside its cable, which costs.
struct Uplinks : Scene {
  explicit Uplinks(std::uint64_t seed = 1) : Scene(seed) {
    home.attach(
        internet, "wwan0", {"100.64.0.10/24", "2001:db8:7::10/64"},
        sim::AttachOptions().medium(sim::Medium::cellular).link(sim::LinkOptions().delay(20ms)));
  }
  [[nodiscard]] sim::Interface& cable() { return home.interface("eth0"); }
  [[nodiscard]] sim::Interface& phone() { return home.interface("wwan0"); }
};

[[nodiscard]] inline std::vector<std::string> names_of(const Path& path) {
  std::vector<std::string> names;
  for (const Interface& interface : path.interfaces()) names.push_back(interface.name());
  return names;
}

[[nodiscard]] inline std::vector<std::string> reasons_of(const Path& path) {
  std::vector<std::string> reasons;
  for (const UnsatisfiedReason& reason : path.unsatisfied_reasons())
    reasons.push_back(reason.interface() + " " + to_string(reason.problem()));
  return reasons;
}

using Names = std::vector<std::string>;

}  // namespace bowline::test
