#pragma once

#include <bowline/bowline.h>
#include <bowline/sim/host.h>

#include <functional>
#include <memory>
#include <utility>

#include "api/compose.h"
#include "drive/loop/loop.h"
#include "layers.h"
#include "sim/ports.h"

namespace bowline::test {

using MakeLayer = std::function<std::unique_ptr<Layer>(drive::Loop&)>;

/// Wraps what a listener accepts.
class LayeredListener final : public ports::StreamListener {
 public:
  LayeredListener(std::unique_ptr<ports::StreamListener> below,
                  std::function<std::unique_ptr<Layer>()> make)
      : below_(std::move(below)), make_(std::move(make)) {}
  Result<std::unique_ptr<ports::StreamSocket>> accept() override {
    BOWLINE_TRY(auto accepted, below_->accept());
    if (accepted == nullptr) return std::unique_ptr<ports::StreamSocket>();
    std::unique_ptr<Layer> layer = make_();
    layer->set_below(std::move(accepted));
    return std::unique_ptr<ports::StreamSocket>(std::move(layer));
  }
  [[nodiscard]] SocketAddress local_address() const override { return below_->local_address(); }

 private:
  std::unique_ptr<ports::StreamListener> below_;
  std::function<std::unique_ptr<Layer>()> make_;
};

/// A simulated network whose TCP sockets are wrapped.
class LayeredNetwork final : public ports::Network {
 public:
  LayeredNetwork(ports::Network& below, std::function<std::unique_ptr<Layer>()> make)
      : below_(below), make_(std::move(make)) {}
  Result<std::shared_ptr<const ports::NetworkSnapshot>> snapshot() override {
    return below_.snapshot();
  }
  void observe(ports::NetworkObserver* observer) override { below_.observe(observer); }
  void watch_settings() override { below_.watch_settings(); }
  std::optional<ports::SourceAddress> source_for(const IpAddress& destination,
                                                 std::uint32_t interface_index) override {
    return below_.source_for(destination, interface_index);
  }
  Result<ports::Connecting> connect(const SocketAddress& remote, const ports::Binding& binding,
                                    const ports::StreamOptions& options,
                                    ports::SocketObserver& observer) override {
    std::unique_ptr<Layer> layer = make_();
    layer->report_to(observer);
    BOWLINE_TRY(ports::Connecting connecting,
                below_.connect(remote, binding, options, layer->observer_of_below()));
    layer->set_below(std::move(connecting.socket));
    return ports::Connecting{std::move(layer), connecting.done};
  }
  Result<std::unique_ptr<ports::StreamListener>> listen(const SocketAddress& local,
                                                        const ports::ListenOptions& options,
                                                        ports::SocketObserver& observer) override {
    BOWLINE_TRY(auto listener, below_.listen(local, options, observer));
    return std::unique_ptr<ports::StreamListener>(
        std::make_unique<LayeredListener>(std::move(listener), make_));
  }
  Result<std::unique_ptr<ports::DatagramSocket>> open_datagram(
      const ports::DatagramOptions& options, ports::SocketObserver& observer) override {
    return below_.open_datagram(options, observer);
  }

 private:
  ports::Network& below_;
  std::function<std::unique_ptr<Layer>()> make_;
};

/// A simulated host with such a network.
class LayeredHost final : public ports::Host, private sim::Runnable {
 public:
  LayeredHost(sim::Host& host, MakeLayer make)
      : ports_(sim::make_ports(host)),
        network_(ports_->network(), [this, make = std::move(make)] { return make(*loop_); }) {}
  ~LayeredHost() override { ports_->drive(nullptr); }
  void run_with(drive::Loop& loop) {
    loop_ = &loop;
    ports_->drive(this);
  }
  ports::MonotonicClock& clock() override { return ports_->clock(); }
  ports::WallClock& wall_clock() override { return ports_->wall_clock(); }
  ports::FileStores& file_stores() override { return ports_->file_stores(); }
  ports::Process& process() override { return ports_->process(); }
  Random& random() override { return ports_->random(); }
  ports::Poller& poller() override { return ports_->poller(); }
  ports::Network& network() override { return network_; }
  ports::Files& files() override { return ports_->files(); }
  BufferPool& buffers() override { return ports_->buffers(); }

 private:
  bool run_ready() override { return loop_->run_ready(); }
  [[nodiscard]] std::optional<Instant> deadline() const override { return loop_->deadline(); }

  std::unique_ptr<sim::LoopPorts> ports_;
  LayeredNetwork network_;
  drive::Loop* loop_ = nullptr;
};

[[nodiscard]] inline Loop make_layered_loop(sim::Host& host, MakeLayer make) {
  auto layered = std::make_unique<LayeredHost>(host, std::move(make));
  LayeredHost& runner = *layered;
  Loop loop = make_loop(std::move(layered));
  runner.run_with(loop.core());
  return loop;
}

}  // namespace bowline::test
