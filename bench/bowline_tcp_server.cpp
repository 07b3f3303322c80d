// Bowline's TCP server for the benchmarks: echo, sink and source, by callbacks on the public interface.

#include <bowline/bowline.h>

#include <memory>
#include <vector>

#include "bench_program.h"

namespace {

using bowline::Message;
using bowline::Result;
using bowline::StreamConnection;

std::vector<std::byte>
    block;  // what sinks read into and sources send from, as in the plain servers

/// Answers every read with the same bytes. One operation is under way at a time, and the last one deletes
/// this.
class Echo {
 public:
  explicit Echo(StreamConnection connection) : connection_(std::move(connection)) {}

  void receive() {
    connection_.receive().detach([this](Result<Message> received) {
      if (!received.has_value() || received->empty()) return delete this;
      message_ = *std::move(received);
      send();
    });
  }

 private:
  void send() {
    connection_.send(message_.bytes()).detach([this](const Result<void>& sent) {
      message_ = {};
      if (!sent.has_value()) return delete this;
      receive();
    });
  }

  StreamConnection connection_;
  Message message_;
};

class Sink {
 public:
  explicit Sink(StreamConnection connection) : connection_(std::move(connection)) {}

  void receive() {
    connection_.receive_into(block).detach([this](Result<std::size_t> received) {
      if (!received.has_value() || *received == 0) return delete this;
      receive();
    });
  }

 private:
  StreamConnection connection_;
};

class Source {
 public:
  explicit Source(StreamConnection connection) : connection_(std::move(connection)) {}

  void send() {
    connection_.send(block).detach([this](const Result<void>& sent) {
      if (!sent.has_value()) return delete this;
      send();
    });
  }

 private:
  StreamConnection connection_;
};

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("bowline", argc, argv);
  raise_descriptor_limit();
  block.resize(o.buffer);
  bowline::Loop loop;
  loop.set_busy_poll(std::chrono::microseconds(o.busy_poll));
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
