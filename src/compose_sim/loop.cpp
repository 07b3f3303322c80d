#include "drive/loop/loop.h"

#include <bowline/loop.h>
#include <bowline/sim/host.h>

#include <memory>
#include <utility>

#include "drive/secure/crypto.h"
#include "sim/ports.h"

namespace bowline {

/// In api/secure/compose_crypto.h, which this room does not see: the same library as on a real host.
[[nodiscard]] drive::Crypto make_crypto(ports::Host& host);

namespace {

/// A simulated host's shelf, and the simulation's way to run the loop that stands on it.
class SimulatedHost final : public ports::Host, private sim::Runnable {
 public:
  explicit SimulatedHost(sim::Host& host) : ports_(sim::make_ports(host)) {}
  ~SimulatedHost() override { ports_->drive(nullptr); }
  SimulatedHost(const SimulatedHost&) = delete;
  SimulatedHost& operator=(const SimulatedHost&) = delete;

  void run_with(drive::Loop& loop) {
    loop_ = &loop;
    ports_->drive(this);
  }

  ports::MonotonicClock& clock() override { return ports_->clock(); }
  ports::WallClock& wall_clock() override { return ports_->wall_clock(); }
  Random& random() override { return ports_->random(); }
  ports::Poller& poller() override { return ports_->poller(); }
  ports::Network& network() override { return ports_->network(); }
  ports::Files& files() override { return ports_->files(); }
  ports::Process& process() override { return ports_->process(); }
  ports::FileStores& file_stores() override { return ports_->file_stores(); }
  ports::RecordStores* record_stores() override { return ports_->record_stores(); }
  BufferPool& buffers() override { return ports_->buffers(); }

 private:
  bool run_ready() override { return loop_->run_ready(); }
  [[nodiscard]] std::optional<Instant> deadline() const override { return loop_->deadline(); }

  std::unique_ptr<sim::LoopPorts> ports_;
  drive::Loop* loop_ = nullptr;
};

}  // namespace

Loop::Loop(sim::Host& host) {
  auto simulated = std::make_unique<SimulatedHost>(host);
  SimulatedHost& runner = *simulated;
  core_ = new drive::Loop(std::move(simulated));
  core_->add_ref();
  mailbox_ = core_->mailbox();
  core_->provide_crypto(make_crypto);
  runner.run_with(*core_);
}

}  // namespace bowline
