#include "cli/ws/ws_talk.h"

#include <chrono>
#include <utility>

#include "cli/output/exit_status.h"

namespace bowline::cli {

WsTalk::WsTalk(Loop& loop, const WsPlan& plan, const WsEvents& events,
               WebSocketConnection connection, std::string id, std::function<void(WsTalk&)> ended)
    : loop_(loop),
      plan_(plan),
      events_(events),
      connection_(std::move(connection)),
      id_(std::move(id)),
      ended_(std::move(ended)) {}

void WsTalk::start() {
  events_.opened(connection_, id_);
  receive_next();
  if (plan_.ping_every) ping_later();
}

void WsTalk::send(std::string line, std::function<void()> done) {
  const auto kind = plan_.is_binary ? MessageKind::binary : MessageKind::text;
  connection_.send(Buffer::own(std::move(line)), MessageContext().kind(kind))
      .detach([this, done = std::move(done)](const Result<void>& sent) {
        // A line that is no text is told, and the next one goes on.
        if (!sent.has_value() && sent.error().kind() == ErrorKind::invalid_argument)
          events_.refused(sent.error());
        if (sent.has_value() || sent.error().kind() == ErrorKind::invalid_argument) done();
      });
}

void WsTalk::say_goodbye(std::uint16_t code) {
  if (std::exchange(said_goodbye_, true)) return;
  goodbye_ =
      connection_.send(std::string_view(), MessageContext().kind(MessageKind::close).number(code));
  goodbye_.start([](const Result<void>&) {});  // how it ends is told by the receive
}

void WsTalk::end_input(std::uint16_t code) {
  code_at_silence_ = code;
  wait_for_silence();
}

void WsTalk::wait_for_silence() {
  silence_ = loop_.sleep(std::chrono::seconds(1));
  silence_.start([this](const Result<void>& slept) {
    if (slept.has_value()) say_goodbye(*code_at_silence_);
  });
}

void WsTalk::receive_next() {
  receiving_ = connection_.receive();
  receiving_.start([this](Result<Message> got) {
    if (!got.has_value()) return handle_end(got.error());
    if (got->end_of_stream()) return handle_end(std::nullopt);
    events_.message(*got, id_);
    if (code_at_silence_ && !said_goodbye_) wait_for_silence();
    if (!plan_.echoes) return receive_next();
    // The next is received once there is room for its echo.
    connection_.send(*got).detach([this](const Result<void>& sent) {
      if (sent.has_value()) receive_next();
    });
  });
}

void WsTalk::handle_end(const std::optional<Error>& error) {
  status_ = status_of(error);
  events_.closed(connection_, error, id_);
  pause_ = {};
  ping_ = {};
  silence_ = {};
  closing_ = connection_.close();
  closing_.start([this](const Result<void>&) {
    const auto ended = ended_;  // which destroys this
    ended(*this);
  });
}

void WsTalk::ping_later() {
  pause_ = loop_.sleep(*plan_.ping_every);
  pause_.start([this](const Result<void>&) {
    ping_ = connection_.ping();
    ping_.start([this](const Result<Duration>& took) {
      if (!took.has_value()) return;  // the receive tells why
      events_.pong(*took, id_);
      ping_later();
    });
  });
}

int WsTalk::status_of(const std::optional<Error>& error) const {
  if (error) return exit_for(*error);
  switch (connection_.close_code().value_or(1000)) {
    case 1000:
    case 1001:
    case 1005: return exit_ok;
    default: return exit_negative;
  }
}

}  // namespace bowline::cli
