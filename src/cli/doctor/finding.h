#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bowline::cli {

enum class Health : std::uint8_t {
  good,
  noted,  ///< nothing wrong, but good to know
  doubtful,
  bad,
};

/// One line of the doctor's.
struct Finding {
  Health health = Health::good;
  std::string subject;   ///< "dns 192.0.2.53"
  std::string evidence;  ///< what was seen
  std::string advice;    ///< what to do; empty where nothing is to be done
};

using Findings = std::vector<Finding>;

}  // namespace bowline::cli
