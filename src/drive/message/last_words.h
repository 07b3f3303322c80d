#pragma once

#include <memory>
#include <vector>

#include "drive/loop/loop.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// What a framer that failed had still to say, on its way to a peer that takes it slowly. The connection
/// itself is gone by then.
///
/// lifetime  its own: until all is sent, the peer is gone, the time is over, or the loop ends
class LastWords final : private Resident, private ports::SocketObserver {
 public:
  /// Sends `words`, and then closes `carrier` gracefully, all within `limit`. The loop runs on that long.
  /// Without memory for that the carrier is closed as it is.
  static void say(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
                  std::vector<std::byte> words, Duration limit) noexcept;

 private:
  LastWords(Loop& loop, std::unique_ptr<ports::ByteStream> carrier, std::vector<std::byte> words,
            Duration limit);
  ~LastWords();

  void handle_readiness(ports::Readiness readiness) override;
  void handle_loop_gone() override { delete this; }
  void look();
  void write();
  void discard_input();

  Loop& loop_;
  std::unique_ptr<ports::ByteStream> carrier_;
  std::vector<std::byte> words_;
  std::size_t written_ = 0;
  Instant until_;
  bool unread_ = true;
  MemberTimer<LastWords, &LastWords::look> timer_{*this};
};

}  // namespace bowline::drive
