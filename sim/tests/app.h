#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "sim/ports.h"

namespace bowline::sim {

[[nodiscard]] inline SocketAddress address(std::string_view text) {
  return SocketAddress::parse(text).value();
}
[[nodiscard]] inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

/// The smallest loop: it only lets its sockets report.
class App final : public Runnable {
 public:
  explicit App(Host& host) : ports(make_ports(host)) { ports->drive(this); }
  ~App() { ports->drive(nullptr); }

  bool run_ready() override {
    const int before = reports;
    ports->poller().wait(Instant{});
    return reports != before;
  }
  [[nodiscard]] std::optional<Instant> deadline() const override { return std::nullopt; }
  [[nodiscard]] Instant now() { return ports->clock().now(); }

  std::unique_ptr<LoopPorts> ports;
  int reports = 0;
};

/// One TCP connection that says a text and notes what it hears.
class Stream final : public ports::SocketObserver {
 public:
  explicit Stream(App& app) : app_(app) {}

  [[nodiscard]] Result<void> connect(const SocketAddress& remote,
                                     const ports::Binding& binding = {},
                                     const ports::StreamOptions& options = {}) {
    BOWLINE_TRY(auto connecting, app_.ports->network().connect(remote, binding, options, *this));
    socket = std::move(connecting.socket);
    return {};
  }
  void adopt(std::unique_ptr<ports::StreamSocket> accepted) {
    socket = std::move(accepted);
    connected = true;
    socket->observe(*this);
  }
  void say(std::string_view text) {
    text_ += text;
    speak();
  }
  void finish() {
    finishing_ = true;
    speak();
  }
  void listen_again() {
    deaf = false;
    listen();
  }

  void handle_readiness(ports::Readiness readiness) override {
    ++app_.reports;
    if (!connected && readiness.writable) {
      const auto result = socket->finish_connect();
      ended_at = app_.now();
      if (!result.has_value()) {
        error = result.error();
        return;
      }
      connected = true;
      connected_at = app_.now();
    }
    if (readiness.writable) speak();
    if (readiness.readable && !deaf) listen();
  }

  std::unique_ptr<ports::StreamSocket> socket;
  bool connected = false;
  bool ended = false;
  bool echo = false;
  bool deaf = false;  ///< does not read
  std::string heard;
  std::optional<Error> error;
  Instant connected_at{};
  Instant ended_at{};

 private:
  void speak() {
    while (connected && said_ < text_.size() && !error) {
      const std::span<const std::byte> piece = as_bytes(std::string_view(text_).substr(said_));
      const auto transfer = socket->write(std::span(&piece, 1));
      if (!transfer.has_value()) {
        error = transfer.error();
        return;
      }
      said_ += transfer->bytes;
      if (transfer->blocked) return;
    }
    if (connected && finishing_ && said_ == text_.size() && !error) {
      finishing_ = false;
      (void)socket->finish().has_value();
    }
  }
  void listen() {
    std::array<std::byte, 10'000> buffer;
    for (;;) {
      const auto transfer = socket->read(buffer);
      ended_at = app_.now();
      if (!transfer.has_value()) {
        error = transfer.error();
        return;
      }
      const std::string_view text = as_text(std::span(buffer).first(transfer->bytes));
      heard += text;
      if (echo) say(text);
      ended = ended || transfer->end;
      if (transfer->end && echo) finish();
      if (transfer->end || transfer->blocked) return;
    }
  }

  App& app_;
  std::string text_;
  std::size_t said_ = 0;
  bool finishing_ = false;
};

/// Accepts everything.
class Server final : public ports::SocketObserver {
 public:
  Server(Host& host, const SocketAddress& local, bool echo = true,
         const ports::ListenOptions& options = {})
      : app(host), echo_(echo) {
    listener = app.ports->network().listen(local, options, *this).value();
  }
  void handle_readiness(ports::Readiness) override {
    ++app.reports;
    while (accepting) {
      auto accepted = listener->accept().value();
      if (accepted == nullptr) return;
      streams.push_back(std::make_unique<Stream>(app));
      streams.back()->echo = echo_;
      streams.back()->deaf = deaf;
      streams.back()->adopt(std::move(accepted));
    }
  }

  App app;
  bool accepting = true;
  bool deaf = false;
  std::unique_ptr<ports::StreamListener> listener;
  std::vector<std::unique_ptr<Stream>> streams;

 private:
  bool echo_;
};

/// One UDP socket that notes what it hears, and when.
class Datagrams final : public ports::SocketObserver {
 public:
  struct Heard {
    Instant at;
    SocketAddress remote;
    IpAddress local;
    std::string text;
    DatagramFacts facts = {};
    IpAddress destination = {};
  };
  Datagrams(App& app, const ports::DatagramOptions& options) : app_(app) {
    socket = app.ports->network().open_datagram(options, *this).value();
  }
  /// Bound to a port on every address.
  Datagrams(App& app, std::uint16_t port) : Datagrams(app, bound_to(port)) {}

  Result<std::size_t> send(const SocketAddress& remote, std::string_view text,
                           std::size_t segment_bytes = 0) {
    ports::DatagramRun run;
    run.remote = remote;
    run.bytes = as_bytes(text);
    run.segment_bytes = segment_bytes == 0 ? text.size() : segment_bytes;
    return socket->send(std::span(&run, 1));
  }
  void handle_readiness(ports::Readiness readiness) override {
    ++app_.reports;
    if (!readiness.readable) return;
    for (;;) {
      std::array<ports::ReceivedRun, 4> runs;
      const auto count = socket->receive(runs);
      if (!count.has_value()) {
        error = count.error();
        continue;
      }
      for (std::size_t i = 0; i < *count; ++i)
        heard.push_back({app_.now(), runs[i].remote, runs[i].local,
                         std::string(runs[i].bytes.text()), runs[i].facts, runs[i].destination});
      if (*count < runs.size()) return;
    }
  }

  std::unique_ptr<ports::DatagramSocket> socket;
  std::vector<Heard> heard;
  std::optional<Error> error;

 private:
  static ports::DatagramOptions bound_to(std::uint16_t port) {
    ports::DatagramOptions options;
    options.binding.port = port;
    return options;
  }
  App& app_;
};

}  // namespace bowline::sim
