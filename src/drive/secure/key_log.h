#pragma once

#include <functional>
#include <string_view>

namespace bowline::drive {

class Loop;

/// Where the secrets of a loop's sessions go if the variable SSLKEYLOGFILE of the environment names a file:
/// one line each, in the format that Wireshark and NSS have. Nothing if it does not, or if it must not be
/// heeded, as in a program that has rights which its user has not.
///
/// That it happens is told as the trace event keys_logged, and so is a file that cannot be written.
/// lifetime  what it gives refers to `loop`
[[nodiscard]] std::function<void(std::string_view line)> key_log_of(Loop& loop);

}  // namespace bowline::drive
