#pragma once

#include <bowline/bowline.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// What flows are written with.

namespace bowline::flows {

using namespace std::chrono_literals;

inline constexpr const char* too_long = "nothing happened for a long time";
/// A limit and not a wait, also for a machine that is busy with other things.
inline constexpr Duration hang_after = 60s;

[[nodiscard]] Error unexpected(const char* what);
[[nodiscard]] Result<void> check(bool holds, const char* what);
/// What was to fail failed, and as it was to.
template <class T>
[[nodiscard]] Result<void> fails(const Result<T>& result, ErrorKind kind) {
  if (result.has_value()) return unexpected("what should fail went well");
  return result.error().kind() == kind ? Result<void>() : result.error();
}

/// Runs the loop until the operation is done; the time is a limit and not a wait.
template <class T>
[[nodiscard]] Result<T> done(Loop& loop, Operation<T> operation, Duration limit = hang_after) {
  Result<T> outcome = Error(ErrorKind::internal, "flow", too_long);
  Operation<void> timer = loop.sleep(limit);
  operation.start([&](Result<T> result) {
    outcome = std::move(result);
    timer.cancel();
  });
  static_cast<void>(std::move(timer).wait().has_value());
  return outcome;
}
/// Runs the loop until `holds`.
template <class Condition>
[[nodiscard]] Result<void> until(Loop& loop, Condition holds) {
  const Instant limit = loop.now() + hang_after;
  while (!holds()) {
    if (loop.now() > limit) return Error(ErrorKind::internal, "flow", too_long);
    BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
  }
  return {};
}

/// An operation that runs beside the flow; declared behind what it borrows, it does not outlive that.
template <class T>
class Beside {
 public:
  void start(Operation<T> operation) {
    operation_ = std::move(operation);
    operation_.start([this](Result<T> result) { result_.emplace(std::move(result)); });
  }
  void cancel() { operation_.cancel(); }
  [[nodiscard]] bool is_done() const { return result_.has_value(); }
  [[nodiscard]] Result<T> wait(Loop& loop) {
    BOWLINE_TRY_VOID(until(loop, [this] { return is_done(); }));
    return *std::move(result_);
  }

 private:
  Operation<T> operation_;
  std::optional<Result<T>> result_;
};

/// Fails rather than waits, and does not hesitate.
[[nodiscard]] inline Parameters at_once() {
  return Parameters().wait(Waiting::never).connect_within(30s);
}

[[nodiscard]] Endpoint loopback(Family family = Family::ipv4, std::uint16_t port = 0);
[[nodiscard]] Endpoint endpoint_of(const ListenerHandle& listener);

/// A listener whose port is known: an address has no way to say that the system did not tell it.
template <class Stack>
[[nodiscard]] auto listen_here(Loop& loop, const Stack& stack, const Endpoint& at = loopback(),
                               Parameters parameters = {})
    -> Result<Listener<typename Stack::connection_type>> {
  BOWLINE_TRY(auto listener, listen(loop, at, stack, std::move(parameters)));
  if (listener.local_address().port == 0) return unexpected("the system does not say which port");
  return listener;
}

/// Where nobody listens, and nobody but the caller will: on an address of this process, at a port of this
/// thread below those that the system gives away.
[[nodiscard]] Endpoint nobody();

/// Datagrams may get lost where a system call fails: then they are sent again, as programs over UDP do.
inline constexpr int tries_max = 5;
inline constexpr Duration patience = 20ms;
[[nodiscard]] Error lost_if_hanging(Error error);

/// The next connection; for UDP, there is none before the client has spoken.
template <class Client, class Connection>
[[nodiscard]] Result<Connection> accept_from(Loop& loop, Client& client,
                                             Listener<Connection>& listener) {
  if constexpr (!std::is_same_v<Client, DatagramConnection>) {
    return done(loop, listener.accept());
  } else {
    Result<Connection> accepted = unexpected("never asked");
    for (int i = 0; i < tries_max && !accepted.has_value(); ++i) {
      static_cast<void>(done(loop, client.send("first")).has_value());
      accepted = done(loop, listener.accept(), patience);
    }
    if (!accepted.has_value()) return lost_if_hanging(std::move(accepted).error());
    return accepted;
  }
}

/// Both ends of a connection.
template <class Connection>
struct Pair {
  Listener<Connection> listener;
  Connection client;
  Connection server;
};
template <class Stack>
[[nodiscard]] auto open_pair(Loop& loop, const Stack& stack, const Parameters& parameters = {},
                             const Parameters& listening = {})
    -> Result<Pair<typename Stack::connection_type>> {
  Pair<typename Stack::connection_type> pair;
  BOWLINE_TRY(pair.listener, listen_here(loop, stack, loopback(), listening));
  pair.client = connect(loop, endpoint_of(pair.listener), stack,
                        Parameters(parameters).wait(Waiting::never).connect_within(30s));
  if constexpr (std::is_same_v<Stack, Udp>) {
    BOWLINE_TRY_VOID(done(loop, pair.client.ready()));
    BOWLINE_TRY(pair.server, accept_from(loop, pair.client, pair.listener));
  } else {
    // At the same time: framers that shake hands do so once they are accepted.
    Beside<typename Stack::connection_type> accept;
    accept.start(pair.listener.accept());
    BOWLINE_TRY_VOID(done(loop, pair.client.ready()));
    BOWLINE_TRY_VOID(
        until(loop, [&] { return accept.is_done() || pair.listener.handshake_failures() > 0; }));
    BOWLINE_TRY_VOID(check(accept.is_done(), "the accepted end failed to shake hands"));
    BOWLINE_TRY(pair.server, accept.wait(loop));
  }
  return pair;
}

/// Narrow: a few tens of kilobytes fill what lies between the ends.
[[nodiscard]] inline Tcp narrow() {
  return tcp().send_buffer_bytes(16 * 1024).receive_buffer_bytes(16 * 1024);
}

/// The next bytes, or the next message, are these.
[[nodiscard]] Result<void> hear(Loop& loop, StreamConnection& connection, std::string_view wanted);
[[nodiscard]] Result<void> hear(Loop& loop, MessageConnection& connection, std::string_view wanted);
template <class Connection>
[[nodiscard]] Result<void> hear_end(Loop& loop, Connection& connection) {
  BOWLINE_TRY(const Message end, done(loop, connection.receive()));
  return check(end.end_of_stream() && end.empty(), "no end came");
}
/// Sent here, it comes out there.
template <class Connection>
[[nodiscard]] Result<void> carry(Loop& loop, Connection& from, Connection& to,
                                 std::string_view text) {
  BOWLINE_TRY_VOID(done(loop, from.send(text)));
  return hear(loop, to, text);
}
[[nodiscard]] Result<void> carry(Loop& loop, DatagramConnection& from, DatagramConnection& to,
                                 std::string_view text);

/// Answers what it receives, if there is an answer, until the end. By callbacks: for want of memory a
/// coroutine of the library's own kind ends the program.
template <class Connection>
class Responder {
 public:
  using Answer = std::function<std::string(std::string_view question)>;
  Responder(Connection connection, Answer answer)
      : connection_(std::move(connection)), answer_(std::move(answer)) {
    next();
  }

 private:
  void next() {
    receive_ = connection_.receive();
    receive_.start([this](const Result<Message>& message) { handle(message); });
  }
  void handle(const Result<Message>& message) {
    if (!message.has_value()) {
      // A datagram that could not be received, or be sent before, ends nothing.
      if (connection_.state() == ConnectionState::ready) next();
      return;
    }
    const bool last = message->end_of_stream();
    kept_ = answer_(message->text());
    if constexpr (std::is_same_v<Connection, StreamConnection>) {
      send_ = connection_.send(kept_, last ? Last::yes : Last::no);
    } else {
      if (last || kept_.empty()) return last ? connection_.cancel() : next();
      send_ = connection_.send(kept_);
    }
    send_.start([this, last](const Result<void>&) {
      if (!last) next();
    });
  }

  Connection connection_;
  Answer answer_;
  std::string kept_;
  Operation<Message> receive_;
  Operation<void> send_;
};

/// Answers on every connection that a listener accepts.
template <class Connection>
class Responders {
 public:
  Responders(Listener<Connection> listener, const typename Responder<Connection>::Answer& answer)
      : listener_(std::move(listener)) {
    listener_.on_connection([this, answer](Connection connection) {
      open_.push_back(std::make_unique<Responder<Connection>>(std::move(connection), answer));
    });
  }
  Responders(const Responders&) = delete;
  Responders& operator=(const Responders&) = delete;
  ~Responders() { listener_.on_connection({}); }

 private:
  Listener<Connection> listener_;
  std::vector<std::unique_ptr<Responder<Connection>>> open_;
};
[[nodiscard]] inline std::string repeated(std::string_view question) {
  return std::string(question);
}

}  // namespace bowline::flows
