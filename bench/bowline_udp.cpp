// Bowline's UDP program for the benchmarks: receives, echoes or sends batches on one flow or many.

#include <bowline/bowline.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "bench_program.h"

namespace {

using bowline::DatagramConnection;
using bowline::Loop;
using bowline::MessageBatch;
using bowline::Operation;
using bowline::Result;

constexpr std::size_t run_bytes_max = 65000;

struct Bench {
  const options& o;
  Loop& loop;
  window w{};
  bool started = false;
};

/// One flow of a listener: counts what comes, or sends it back. The operation under way deletes it at the
/// end.
class Receiver {
 public:
  Receiver(Bench& bench, DatagramConnection flow, bool echo)
      : bench_(bench), flow_(std::move(flow)), echo_(echo) {}

  void receive() {
    flow_.receive_batch().detach([this](Result<MessageBatch> batch) {
      if (!batch.has_value()) return delete this;
      bench_.w.operations += batch->size();
      bench_.w.bytes += batch->buffer().size();
      batch_ = *std::move(batch);
      if (echo_) return send();
      batch_ = {};
      receive();
    });
  }

 private:
  void send() {
    flow_.send_batch(batch_.buffer().bytes(), batch_.segment_bytes())
        .detach([this](const Result<void>&) {
          batch_ = {};
          receive();
        });
  }

  Bench& bench_;
  DatagramConnection flow_;
  MessageBatch batch_;
  bool echo_;
};

/// One flow to a receiver: sends its burst again as soon as it was taken.
class Sender {
 public:
  Sender(Bench& bench, const bowline::Endpoint& target, const std::vector<std::byte>& burst)
      : bench_(bench), flow_(bowline::connect(bench.loop, target, bowline::udp())), burst_(burst) {}

  void send() {
    sending_ = flow_.send_batch(burst_, bench_.o.size);
    sending_.start([this](const Result<void>&) {
      bench_.w.operations += (burst_.size() + bench_.o.size - 1) / bench_.o.size;
      bench_.w.bytes += burst_.size();
      send();
    });
  }

 private:
  Bench& bench_;
  DatagramConnection flow_;
  const std::vector<std::byte>& burst_;
  Operation<void> sending_;
};

void watch_window(Bench& bench) {
  bench.loop.sleep(std::chrono::milliseconds(1)).detach([&bench](const Result<void>&) {
    if (bench.started && !window_goes_on(&bench.w)) return bench.loop.stop();
    watch_window(bench);
  });
}

void listen_for_flows(Bench& bench, bool echo) {
  const auto address = bowline::IpAddress::parse(bench.o.host).value();
  const auto port = static_cast<std::uint16_t>(bench.o.port);
  static auto listener =
      bowline::listen(bench.loop, bowline::Endpoint(bowline::SocketAddress(address, port)),
                      bowline::udp())
          .value();
  std::printf("{\"port\": %u}\n", listener.local_address().port);
  std::fflush(stdout);
  listener.on_connection([&bench, echo](DatagramConnection flow) {
    if (!bench.started && !echo) {
      bench.started = true;
      bench.w = start_window(&bench.o);
    }
    (new Receiver(bench, std::move(flow), echo))->receive();
  });
}

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("bowline", argc, argv);
  raise_descriptor_limit();
  Loop loop;
  Bench bench{o, loop};
  std::vector<std::byte> burst;
  std::vector<std::unique_ptr<Sender>> senders;
  if (mode_is(&o, "send")) {
    const std::size_t count =
        std::min({static_cast<std::size_t>(o.burst), run_bytes_max / o.size, std::size_t{64}});
    burst.resize(count * o.size);
    bench.started = true;
    bench.w = start_window(&o);
    for (int i = 0; i < o.flows; ++i) {
      senders.push_back(std::make_unique<Sender>(
          bench, bowline::host(o.host, static_cast<std::uint16_t>(o.port)), burst));
      senders.back()->send();
    }
  } else {
    listen_for_flows(bench, mode_is(&o, "echo"));
  }
  watch_window(bench);
  loop.run();
}
