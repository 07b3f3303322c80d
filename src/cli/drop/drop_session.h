#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <bowline/loop.h>
#include <bowline/websocket.h>

#include "cli/drop/drop_files.h"

namespace bowline::cli {

/// What one browser and this program say to each other. Lines of text:
///
///   browser   pin PIN | get INDEX | put SIZE NAME | end
///   here      no WHY | offer SIZE NAME ... ready | file INDEX SIZE NAME | end | got SIZE NAME
///
/// Binary messages are the next octets of the file that `put` or `file` has begun.
class DropSession {
 public:
  struct House {
    std::string pin;
    std::vector<OfferedFile> offered;
    std::string folder;
    std::function<void(const std::string& what)> tell;  ///< a line for people
    std::function<void(const std::string& name, std::uint64_t done, std::uint64_t size)> progress;
    std::function<void()> wrong_pin;
  };
  /// `ended` may destroy it; `served` says whether a PIN was right.
  DropSession(const House& house, WebSocketConnection connection,
              std::function<void(DropSession&, bool served)> ended);
  DropSession(const DropSession&) = delete;
  DropSession& operator=(const DropSession&) = delete;

  void start() { receive_next(); }
  void close() {
    goodbye_ = connection_.close(1001, "closed on the other side");
    begin(goodbye_);
  }

 private:
  static void begin(Operation<void>& operation) {
    operation.start([](const Result<void>&) {});
  }
  void receive_next();
  [[nodiscard]] Result<void> handle(const Message& message);
  [[nodiscard]] Result<void> handle_line(std::string_view line);
  [[nodiscard]] Result<void> handle_pin(std::string_view pin);
  [[nodiscard]] Result<void> begin_file(std::string_view words);
  [[nodiscard]] Result<void> end_file();
  [[nodiscard]] Result<void> send_file(std::string_view index);
  void send_piece();
  void say(std::string line);
  void end();

  const House& house_;
  WebSocketConnection connection_;
  std::function<void(DropSession&, bool)> ended_;
  bool is_welcome_ = false;
  std::optional<IncomingFile> incoming_;
  std::optional<std::size_t> outgoing_;  // which of those offered
  DropFile outgoing_file_;
  std::uint64_t sent_ = 0;
  std::vector<std::size_t> waiting_;  // to be sent next
  Operation<Message> receiving_;
  Operation<void> sending_;
  Operation<void> goodbye_;
};

}  // namespace bowline::cli
