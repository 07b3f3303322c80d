#pragma once

#include <functional>
#include <optional>
#include <string>

#include <bowline/loop.h>
#include <bowline/websocket.h>

#include "cli/ws/ws_events.h"
#include "cli/ws/ws_words.h"

namespace bowline::cli {

/// One connection of `bowline ws`, from the moment that it is open until it is closed.
///
/// thread    the loop's
class WsTalk {
 public:
  /// `ended` is called once, and may destroy this.
  WsTalk(Loop& loop, const WsPlan& plan, const WsEvents& events, WebSocketConnection connection,
         std::string id, std::function<void(WsTalk&)> ended);
  WsTalk(const WsTalk&) = delete;
  WsTalk& operator=(const WsTalk&) = delete;

  void start();
  /// Behind what was sent before; `done` once there is room for more.
  void send(std::string line, std::function<void()> done);
  /// Bytes that the peer has not taken.
  [[nodiscard]] std::size_t queued_bytes() const { return connection_.queued_bytes(); }
  /// Nothing more will be sent: says goodbye once no message has come for a second, so that answers to
  /// the last ones are heard.
  void end_input(std::uint16_t code);
  /// Says goodbye, and goes on receiving until the peer answers.
  void say_goodbye(std::uint16_t code);
  void abort() { connection_.abort(); }
  /// 0 after a good end.
  [[nodiscard]] int status() const { return status_; }

 private:
  void receive_next();
  void wait_for_silence();
  void handle_end(const std::optional<Error>& error);
  void ping_later();
  [[nodiscard]] int status_of(const std::optional<Error>& error) const;

  Loop& loop_;
  const WsPlan& plan_;
  const WsEvents& events_;
  WebSocketConnection connection_;
  const std::string id_;
  std::function<void(WsTalk&)> ended_;
  Operation<Message> receiving_;
  Operation<void> pause_;
  Operation<Duration> ping_;
  Operation<void> goodbye_;
  Operation<void> silence_;
  std::optional<std::uint16_t> code_at_silence_;
  Operation<void> closing_;
  bool said_goodbye_ = false;
  int status_ = 0;
};

}  // namespace bowline::cli
