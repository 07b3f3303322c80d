#pragma once

#include <string>
#include <string_view>

#include <bowline/result.h>

namespace bowline::cli {

/// What NAME on the command line asks about.
struct AskedName {
  std::string name;
  bool is_address = false;  ///< which is turned round for PTR
};

/// An internationalized name comes out in its xn-- form (UTS 46, by libidn2).
///
/// errors    invalid_argument for what is meant as an address, and is none: no DNS server knows it. Other
///           names may hold what no host's does; and for what IDNA forbids
[[nodiscard]] Result<AskedName> read_asked_name(std::string_view text);

}  // namespace bowline::cli
