// Bowline's TCP server for the benchmarks: echo, sink and source, by callbacks on the public interface.

#include <bowline/bowline.h>

#include <csignal>
#include <memory>
#include <vector>

#include "common.h"

namespace {

using bowline::Message;
using bowline::Operation;
using bowline::Result;
using bowline::StreamConnection;

std::vector<std::byte> block;  // what sinks read into and sources send from, as in the plain servers

/// Answers every read with the same bytes.
class Echo {
 public:
  explicit Echo(StreamConnection connection) : connection_(std::move(connection)) {}

  void receive() {
    receiving_ = connection_.receive();
    receiving_.start([this](Result<Message> received) {
      if (!received.has_value() || received->empty()) return end();
      message_ = *std::move(received);
      sending_ = connection_.send(message_.bytes());
      sending_.start([this](Result<void> sent) {
        message_ = {};
        if (!sent.has_value()) return end();
        receive();
      });
    });
  }

 private:
  void end() { delete this; }

  StreamConnection connection_;
  Operation<Message> receiving_;
  Operation<void> sending_;
  Message message_;
};

class Sink {
 public:
  explicit Sink(StreamConnection connection) : connection_(std::move(connection)) {}

  void receive() {
    receiving_ = connection_.receive_into(block);
    receiving_.start([this](Result<std::size_t> received) {
      if (!received.has_value() || *received == 0) return end();
      receive();
    });
  }

 private:
  void end() { delete this; }

  StreamConnection connection_;
  Operation<std::size_t> receiving_;
};

class Source {
 public:
  explicit Source(StreamConnection connection) : connection_(std::move(connection)) {}

  void send() {
    sending_ = connection_.send(block);
    sending_.start([this](Result<void> sent) {
      if (!sent.has_value()) return end();
      send();
    });
  }

 private:
  void end() { delete this; }

  StreamConnection connection_;
  Operation<void> sending_;
};

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("bowline", argc, argv);
  raise_descriptor_limit();
  block.resize(o.buffer);
  bowline::Loop loop;
  const auto address = bowline::IpAddress::parse(o.host).value();
  auto listener = bowline::listen(
      loop, bowline::Endpoint(bowline::SocketAddress(address, static_cast<std::uint16_t>(o.port))),
      bowline::tcp());
  if (!listener.has_value()) usage("cannot listen", to_string(listener.error()).c_str());
  std::printf("{\"port\": %u}\n", listener->local_address().port);
  std::fflush(stdout);
  listener->on_connection([&](StreamConnection connection) {
    if (mode_is(&o, "sink")) {
      (new Sink(std::move(connection)))->receive();
    } else if (mode_is(&o, "source")) {
      (new Source(std::move(connection)))->send();
    } else {
      (new Echo(std::move(connection)))->receive();
    }
  });
  loop.run();
}
