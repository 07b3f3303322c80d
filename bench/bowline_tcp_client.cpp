// Bowline's TCP client for the benchmarks: churn by address or name, and bulk both ways.

#include <bowline/bowline.h>

#include <memory>
#include <string>
#include <vector>

#include "bench_program.h"

namespace {

using bowline::Loop;
using bowline::Operation;
using bowline::Result;
using bowline::StreamConnection;

struct Bench {
  const options& o;
  Loop& loop;
  bowline::Endpoint target;
  std::vector<std::byte> block;
  window w;
};

/// Keeps one "connect, request, reply, close" going.
class Churn {
 public:
  explicit Churn(Bench& bench) : bench_(bench) {}

  void begin() {
    connection_ = bowline::connect(bench_.loop, bench_.target, bowline::tcp());
    sending_ = connection_.send(bench_.block);
    sending_.start([](const Result<void>&) {});
    receiving_ = connection_.receive(bench_.block.size());
    receiving_.start([this](const Result<bowline::Message>& received) {
      if (received.has_value() && received->size() == bench_.block.size()) {
        ++bench_.w.operations;
      } else {
        ++bench_.w.failures;
      }
      begin();  // the old connection's last handle goes here: it closes
    });
  }

 private:
  Bench& bench_;
  StreamConnection connection_;
  Operation<void> sending_;
  Operation<bowline::Message> receiving_;
};

class Bulk {
 public:
  explicit Bulk(Bench& bench)
      : bench_(bench), connection_(bowline::connect(bench.loop, bench.target, bowline::tcp())) {}

  void send() {
    sending_ = connection_.send(bench_.block);
    sending_.start([this](const Result<void>& sent) {
      if (!sent.has_value()) usage("send", to_string(sent.error()).c_str());
      bench_.w.bytes += bench_.block.size();
      ++bench_.w.operations;
      send();
    });
  }

  void receive() {
    receiving_ = connection_.receive_into(bench_.block);
    receiving_.start([this](const Result<std::size_t>& received) {
      if (!received.has_value() || *received == 0) usage("receive", "the server went away");
      bench_.w.bytes += *received;
      ++bench_.w.operations;
      receive();
    });
  }

 private:
  Bench& bench_;
  StreamConnection connection_;
  Operation<void> sending_;
  Operation<std::size_t> receiving_;
};

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("bowline", argc, argv);
  raise_descriptor_limit();
  Loop loop;
  Bench bench{o, loop, bowline::host(o.host, static_cast<std::uint16_t>(o.port)),
              std::vector<std::byte>(o.size), start_window(&o)};
  std::vector<std::unique_ptr<Churn>> churns;
  std::vector<std::unique_ptr<Bulk>> bulks;
  for (int i = 0; i < o.connections; ++i) {
    if (mode_is(&o, "churn")) {
      churns.push_back(std::make_unique<Churn>(bench));
      churns.back()->begin();
    } else {
      bulks.push_back(std::make_unique<Bulk>(bench));
      mode_is(&o, "send") ? bulks.back()->send() : bulks.back()->receive();
    }
  }
  // The window is asked once per millisecond; the plain client asks once per turn.
  Operation<void> tick;
  std::function<void(const Result<void>&)> watch = [&](const Result<void>&) {
    if (!window_goes_on(&bench.w)) return loop.stop();
    tick = loop.sleep(std::chrono::milliseconds(1));
    tick.start(watch);
  };
  watch({});
  loop.run();
}
