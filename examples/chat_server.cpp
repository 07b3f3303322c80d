// A chat by WebSocket: what one says goes to all. Those who do not keep up miss lines, and are told how many.
// Prints its port; try it with `bowline ws ws://127.0.0.1:PORT/?name=anna`.

#include <bowline/bowline.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <set>
#include <string>

using namespace bowline;

namespace {

class Room;

/// One who listens and talks: it lives as long as its receive waits.
class Guest : public std::enable_shared_from_this<Guest> {
 public:
  Guest(Room& room, WebSocketConnection connection)
      : room_(room), connection_(std::move(connection)), name_(name_in(*connection_.request())) {}

  void receive();
  void hear(const Buffer& line) {
    constexpr std::size_t lagging_bytes_max = 256 * 1024;
    if (connection_.queued_bytes() > lagging_bytes_max) {
      ++missed_;
      return;
    }
    const MessageContext text = MessageContext().kind(MessageKind::text);
    if (missed_ > 0)
      connection_.send("(you missed " + std::to_string(std::exchange(missed_, 0)) + " lines)")
          .detach();
    connection_.send(line, text).detach();  // one buffer for all
  }
  void dismiss() { connection_.close(1001, "the room closes").detach(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static std::string name_in(const WebSocketRequest& request) {
    const std::string& target = request.target();
    const std::size_t at = target.find("?name=");
    return at == std::string::npos ? "somebody" : percent_decode(target.substr(at + 6));
  }

  Room& room_;
  WebSocketConnection connection_;
  const std::string name_;
  std::size_t missed_ = 0;
};

class Room {
 public:
  void enter(const std::shared_ptr<Guest>& guest) {
    guests_.insert(guest);
    tell(guest->name() + " comes in");
    guest->receive();
  }
  void leave(const std::shared_ptr<Guest>& guest) {
    guests_.erase(guest);
    tell(guest->name() + " leaves");
  }
  void tell(std::string line) {
    const Buffer shared = Buffer::own(std::move(line));
    for (const auto& guest : guests_) guest->hear(shared);
  }
  void close() {
    for (const auto& guest : guests_) guest->dismiss();
  }

 private:
  std::set<std::shared_ptr<Guest>> guests_;
};

void Guest::receive() {
  connection_.receive().detach([self = shared_from_this()](const Result<Message>& got) {
    if (!got.has_value() || got->end_of_stream()) return self->room_.leave(self);
    self->room_.tell(self->name_ + ": " + std::string(got->text()));
    self->receive();
  });
}

}  // namespace

int main() {
  Loop loop;
  Room room;
  const auto options = WebSocketOptions().message_bytes_max(4096).compression();
  auto listener = listen(loop, loopback(0), websocket(tcp(), options));
  if (!listener.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(listener.error()).c_str());
    return 1;
  }
  std::printf("%d\n", listener->local_address().port);
  std::fflush(stdout);
  listener->on_connection([&](WebSocketConnection connection) {
    room.enter(std::make_shared<Guest>(room, std::move(connection)));
  });
  loop.signal(SignalSet{SIGINT, SIGTERM}).detach([&](const Result<int>&) {
    room.close();
    listener->close_all(std::chrono::seconds(5)).detach([&](const Result<void>&) { loop.stop(); });
  });
  loop.run();
}
