#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "linux/host.h"
#include "linux/system/fault_system.h"

/// For the tests of this room: a host of the real kernel, and what tests do with it.
namespace bowline::linux_host {

/// Remembers what it was told, and may do something about it.
struct Watcher final : ports::SocketObserver {
  bool readable = false;
  bool writable = false;
  int reports = 0;
  std::function<void(ports::Readiness)> then;

  void handle_readiness(ports::Readiness readiness) override {
    ++reports;
    readable = readable || readiness.readable;
    writable = writable || readiness.writable;
    if (then) then(readiness);
  }
};

/// A folder for one test, which goes with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "bowline-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Scene {
  std::unique_ptr<ports::Host> host;

  Scene() : host(make_host().value()) {}
  explicit Scene(std::unique_ptr<ports::Host> host_) : host(std::move(host_)) {}

  [[nodiscard]] ports::Network& network() const { return host->network(); }
  [[nodiscard]] Instant now() const { return host->clock().now(); }

  /// A socket that has connected.
  [[nodiscard]] std::unique_ptr<ports::StreamSocket> connect(SocketAddress to,
                                                             const ports::Binding& binding,
                                                             Watcher& watcher) const {
    auto connecting = network().connect(to, binding, {}, watcher).value();
    if (connecting.done) return std::move(connecting.socket);
    EXPECT_TRUE(run_until([&] { return watcher.writable; }));
    EXPECT_TRUE(connecting.socket->finish_connect().has_value());
    return std::move(connecting.socket);
  }

  /// Lets the poller work until `done`; false after a minute.
  template <class Done>
  [[nodiscard]] bool run_until(Done done) const {
    const Instant limit = now() + std::chrono::minutes(1);
    while (!done()) {
      if (now() >= limit) return false;
      host->poller().wait(limit);
    }
    return true;
  }
  /// Delivers what is ready now.
  void run_ready() const { host->poller().wait(now()); }
};

[[nodiscard]] inline SocketAddress loopback(Family family = Family::ipv4, std::uint16_t port = 0) {
  return {IpAddress::loopback(family), port};
}

/// A listener on loopback, and both ends of connections to it.
struct TcpScene : Scene {
  using Scene::connect;
  Watcher listening;
  std::unique_ptr<ports::StreamListener> listener;

  explicit TcpScene(SocketAddress at = loopback(), ports::ListenOptions options = {}) {
    listener = network().listen(at, options, listening).value();
  }

  struct End {
    Watcher watcher;
    std::unique_ptr<ports::StreamSocket> socket;
  };
  struct Pair {
    End client;
    End server;
  };
  /// A connection from the client to where `to` says.
  [[nodiscard]] std::unique_ptr<Pair> connect(SocketAddress to) {
    auto pair = std::make_unique<Pair>();
    pair->client.socket = connect(to, {}, pair->client.watcher);
    EXPECT_TRUE(run_until([&] { return listening.readable; }));
    pair->server.socket = listener->accept().value();
    EXPECT_NE(pair->server.socket, nullptr);
    pair->server.socket->observe(pair->server.watcher);
    return pair;
  }
  [[nodiscard]] std::unique_ptr<Pair> connect() { return connect(listener->local_address()); }
};

inline Result<ports::Transfer> write(ports::StreamSocket& socket, std::string_view text) {
  const std::array pieces{as_bytes(text)};
  return socket.write(pieces);
}

/// What one read gives, and what it says about it.
struct Read {
  std::string text;
  ports::Transfer transfer;
};
inline Result<Read> read(ports::StreamSocket& socket, std::size_t bytes_max = 4096) {
  Read read{std::string(bytes_max, '\0'), {}};
  BOWLINE_TRY(read.transfer, socket.read(std::as_writable_bytes(std::span(read.text))));
  read.text.resize(read.transfer.bytes);
  return read;
}

/// Open descriptors of this process.
[[nodiscard]] inline std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

}  // namespace bowline::linux_host
