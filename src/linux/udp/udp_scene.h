#pragma once

#include <algorithm>
#include <vector>

#include "linux/linux_scene.h"

/// For the tests of UDP sockets: ends on this host, and what they send and hear.
namespace bowline::linux_host {

using ports::DatagramOptions;
using ports::DatagramRun;
using ports::ReceivedRun;

struct UdpScene : Scene {
  using Scene::Scene;

  struct End {
    Watcher watcher;
    std::unique_ptr<ports::DatagramSocket> socket;
  };
  [[nodiscard]] std::unique_ptr<End> open(const DatagramOptions& options) {
    auto end = std::make_unique<End>();
    end->socket = network().open_datagram(options, end->watcher).value();
    return end;
  }
  [[nodiscard]] std::unique_ptr<End> bound(IpAddress source) {
    DatagramOptions options;
    options.binding.source = source;
    options.receive_buffer_bytes = 4 << 20;
    return open(options);
  }
  [[nodiscard]] std::unique_ptr<End> bound(Family family = Family::ipv4) {
    return bound(IpAddress::loopback(family));
  }
  [[nodiscard]] std::unique_ptr<End> bound(IpAddress source, DatagramOptions options) {
    options.binding.source = source;
    return open(options);
  }
  [[nodiscard]] std::unique_ptr<End> connected(const SocketAddress& to) {
    DatagramOptions options;
    options.connect_to = to;
    return open(options);
  }

  /// Datagrams in the order they came, until `count` have.
  [[nodiscard]] std::vector<std::string> receive(End& end, std::size_t count) {
    std::vector<std::string> datagrams;
    EXPECT_TRUE(run_until([&] {
      while (receive_some(end, datagrams)) {
      }
      return datagrams.size() >= count;
    }));
    return datagrams;
  }
  [[nodiscard]] bool receive_some(End& end, std::vector<std::string>& into) {
    std::array<ReceivedRun, 4> runs;
    const auto received = end.socket->receive(runs);
    EXPECT_TRUE(received.has_value());
    for (const auto& run : std::span(runs).first(received.value_or(0))) {
      last = run;
      ++runs_received;
      auto text = run.bytes.text();
      do {
        into.emplace_back(text.substr(0, run.segment_bytes));
        text.remove_prefix(into.back().size());
      } while (!text.empty());
    }
    return received.value_or(0) > 0;
  }

  ReceivedRun last;
  std::size_t runs_received = 0;
};

[[nodiscard]] inline DatagramRun run_to(const SocketAddress& remote, std::string_view text,
                                        std::size_t segment_bytes) {
  return {remote, {}, segment_bytes, as_bytes(text)};
}
[[nodiscard]] inline DatagramRun run_to(const SocketAddress& remote, std::string_view text) {
  return run_to(remote, text, text.size());
}

[[nodiscard]] inline Result<std::size_t> send(ports::DatagramSocket& socket,
                                              const DatagramRun& run) {
  return socket.send(std::span(&run, 1));
}

[[nodiscard]] inline std::string letters(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i / 7 % 26);
  return text;
}

}  // namespace bowline::linux_host
