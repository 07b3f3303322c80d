#pragma once

#include <string_view>

namespace bowline::session {

/// True for `com`, `co.uk` and `github.io`: names under which anybody may register, as libpsl's list has
/// them.
[[nodiscard]] bool is_public_suffix(std::string_view domain);

}  // namespace bowline::session
