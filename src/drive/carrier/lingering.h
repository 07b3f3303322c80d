#pragma once

#include <cstddef>
#include <memory>

#include "base/intrusive_list.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

class Loop;

/// Closes streams so that what was written arrives. To a socket that is simply closed the peer only has to
/// send one more byte, and the system resets the connection and drops what is still on its way. So a stream
/// is kept, and what comes is read and dropped, until our end was handed down whole and the peer has
/// acknowledged everything.
///
/// source    RFC 9112 9.6 (a server's close in stages), RFC 2525 2.17
class Lingering {
 public:
  explicit Lingering(Loop& loop) : loop_(loop) {}
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;
  ~Lingering() { close_all(); }

  /// At once if nothing is on its way, else within `limit`. The loop runs on that long. `readable` if
  /// something may wait to be read.
  void close(std::unique_ptr<ports::ByteStream> stream, bool readable, Duration limit);
  /// Now, whatever is on its way.
  void close_all();

 private:
  class Closing;
  static constexpr std::size_t streams_max = 1024;  // beyond it the oldest is closed as it is

  void remove(Closing& closing);

  Loop& loop_;
  IntrusiveList<Closing, Closing> streams_;
  std::size_t count_ = 0;
};

}  // namespace bowline::drive
