#pragma once

#include <string>
#include <string_view>

#include <bowline/error.h>
#include <bowline/result.h>

namespace bowline::cli {

enum Exit : int {
  exit_ok = 0,
  exit_negative = 1,
  exit_usage = 2,
  exit_name = 3,
  exit_connect = 4,
  exit_trust = 5,
  exit_protocol = 6,
  exit_timeout = 7,
  exit_permission = 10,
  exit_interrupted = 130,
};

[[nodiscard]] Exit exit_for(ErrorKind kind);
/// A peer that gave up a handshake of TLS was reached: that is about the protocol, not about the way to it.
[[nodiscard]] Exit exit_for(const Error& error);

/// What a user may try after an error of this kind; empty if nothing sensible can be said.
[[nodiscard]] std::string_view advice_for(ErrorKind kind);
[[nodiscard]] std::string_view advice_for(const Error& error);

}  // namespace bowline::cli
