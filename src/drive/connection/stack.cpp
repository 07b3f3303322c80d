#include "drive/connection/stack.h"

namespace bowline::drive {

ports::StreamOptions stream_options(const TcpOptions& options) {
  ports::StreamOptions result;
  result.no_delay = options.no_delay();
  if (const auto& keep_alive = options.keep_alive()) {
    result.keep_alive = true;
    result.keep_alive_idle = keep_alive->idle;
    result.keep_alive_interval = keep_alive->interval;
    result.keep_alive_count = keep_alive->count;
  }
  result.user_timeout = options.user_timeout();
  result.max_segment_bytes = options.max_segment_bytes();
  result.pacing_bytes_per_second = options.pacing_bytes_per_second();
  result.hop_limit = options.hop_limit();
  result.fast_open = options.fast_open();
  result.multipath = options.multipath();
  result.send_buffer_bytes = options.send_buffer_bytes();
  result.receive_buffer_bytes = options.receive_buffer_bytes();
  return result;
}

}  // namespace bowline::drive
