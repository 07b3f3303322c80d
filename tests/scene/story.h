#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "scene.h"

namespace bowline::test {

/// What a connection went through, in order and with times, as its owner is told.
struct Story {
  struct Change {
    ConnectionState state;
    Instant at;
    std::optional<ErrorKind> error;
  };

  void follow(Connection& connection, sim::Simulation& sim) {
    connection.on_state([this, &sim](ConnectionState state, const Error* error) {
      changes.push_back(
          {state, sim.now(), error == nullptr ? std::nullopt : std::optional(error->kind())});
    });
  }
  [[nodiscard]] std::vector<ConnectionState> states() const {
    std::vector<ConnectionState> states;
    for (const Change& change : changes) states.push_back(change.state);
    return states;
  }
  [[nodiscard]] bool has(ConnectionState state) const {
    for (const Change& change : changes)
      if (change.state == state) return true;
    return false;
  }

  std::vector<Change> changes;
};

/// A scene in which client and server are connected.
struct Connected : Scene {
  explicit Connected(const Parameters& parameters = {}) {
    client = connect_to_web(parameters);
    server = accepted_end(client);
    connected = static_cast<bool>(server);
  }

  StreamConnection client;
  StreamConnection server;
  bool connected = false;
};

/// A server with the stack that is tried, and a client of another one: of TCP alone unless said otherwise.
template <class Stack, class ClientStack = Tcp>
struct Served : Scene {
  using Kind = typename Stack::connection_type;
  explicit Served(const Stack& stack, const ClientStack& client_stack = tcp(),
                  const Parameters& parameters = {}, std::uint64_t seed = 1)
      : Scene(seed), served(*listen(*web_loop, everywhere(81), stack)) {
    served.on_connection([this](Kind connection) { server = std::move(connection); });
    client = connect(*loop, host("www.example.com", 81), client_stack, parameters);
    connected = client.ready().wait().has_value() &&
                sim.run_until([this] { return static_cast<bool>(server); });
  }

  Listener<Kind> served;
  typename ClientStack::connection_type client;
  Kind server;
  bool connected = false;
};

[[nodiscard]] inline const Attempt& attempt(const Report& report, std::size_t index) {
  return report.attempts().at(index);
}

/// `two.example.com`, whose first address is dead.
inline void add_two_addresses(Scene& scene) {
  scene.dns->add("two.example.com", "A", "203.0.113.79");
  scene.dns->add("two.example.com", "A", "203.0.113.80");
}

/// Connects to it, and says which was tried first.
[[nodiscard]] inline std::string first_remote(Scene& scene, const Parameters& parameters = {}) {
  StreamConnection connection =
      connect(*scene.loop, host("two.example.com", 80), tcp(), parameters);
  EXPECT_TRUE(connection.ready().wait().has_value());
  const Attempt tried = attempt(connection.report(), 0);
  EXPECT_TRUE(connection.close().wait().has_value());
  scene.sim.run_for(3min);
  return to_string(tried.remote());
}

/// Everything that comes, until the end or an error.
struct Reader {
  explicit Reader(StreamConnection connection) : from(std::move(connection)) { next(); }

  void next() {
    receive = from.receive();
    receive.start([this](Result<Message> result) {
      if (!result.has_value()) {
        error = result.error();
        return;
      }
      text += result->text();
      ended = result->end_of_stream();
      if (!ended) next();
    });
  }

  StreamConnection from;
  Operation<Message> receive;
  std::string text;
  bool ended = false;
  std::optional<Error> error;
};

/// Every socket that a host may still open, until this goes.
struct Shortage {
  explicit Shortage(sim::Host& host) : loop(host) {
    for (;;) {
      auto listener = listen(loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv4), 0)), tcp());
      if (!listener.has_value()) return;
      listeners.push_back(*std::move(listener));
    }
  }
  /// Gives `count` of them back.
  void leave(std::size_t count) {
    listeners.erase(listeners.end() - static_cast<std::ptrdiff_t>(count), listeners.end());
  }

  Loop loop;
  std::vector<Listener<StreamConnection>> listeners;
};

[[nodiscard]] inline sim::HostOptions few_sockets() { return sim::HostOptions().sockets(20); }

/// The result of an operation, once there is one.
template <class T>
struct Outcome {
  explicit Outcome(Operation<T> started) : operation(std::move(started)) {
    operation.start([this](Result<T> value) {
      ++calls;
      result.emplace(std::move(value));
    });
  }
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;

  [[nodiscard]] bool is_done() const { return result.has_value(); }
  [[nodiscard]] bool is_ok() const { return result && result->has_value(); }
  [[nodiscard]] std::optional<ErrorKind> error() const {
    return result && !result->has_value() ? std::optional(result->error().kind()) : std::nullopt;
  }

  Operation<T> operation;
  std::optional<Result<T>> result;
  int calls = 0;
};
template <class T>
Outcome(Operation<T>) -> Outcome<T>;

}  // namespace bowline::test
