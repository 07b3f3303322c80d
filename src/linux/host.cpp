#include "linux/host.h"

#include "base/buffer_pool.h"
#include "linux/files/kernel_file_store.h"
#include "linux/files/kernel_files.h"
#include "linux/files/kernel_random.h"
#include "linux/netlink/kernel_network.h"
#include "linux/poll/epoll_poller.h"
#include "linux/process/kernel_process.h"
#include "linux/system/fault_system.h"

namespace bowline::linux_host {

namespace {

class KernelClock final : public ports::MonotonicClock {
 public:
  [[nodiscard]] Instant now() const override { return monotonic_now(); }
};

class KernelWallClock final : public ports::WallClock {
 public:
  [[nodiscard]] ports::WallTime now() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

class LinuxHost final : public ports::Host {
 public:
  explicit LinuxHost(Faults* faults) : system_(faults) {}

  Result<void> open() {
    BOWLINE_TRY(poller_, EpollPoller::make(system_));
    network_ = std::make_unique<KernelNetwork>(*poller_, files_, buffers_);
    process_ = std::make_unique<KernelProcess>(*poller_);
    return {};
  }

  [[nodiscard]] ports::MonotonicClock& clock() override { return clock_; }
  [[nodiscard]] ports::WallClock& wall_clock() override { return wall_clock_; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] ports::Poller& poller() override { return *poller_; }
  [[nodiscard]] ports::Network& network() override { return *network_; }
  [[nodiscard]] ports::Files& files() override { return files_; }
  [[nodiscard]] ports::Process& process() override { return *process_; }
  [[nodiscard]] ports::FileStores& file_stores() override { return file_stores_; }
  [[nodiscard]] BufferPool& buffers() override { return buffers_; }

 private:
  const System system_;
  KernelClock clock_;
  KernelWallClock wall_clock_;
  KernelRandom random_{system_};
  KernelFiles files_{system_};
  KernelFileStores file_stores_{system_};
  BufferPool buffers_;
  std::unique_ptr<EpollPoller> poller_;
  std::unique_ptr<KernelNetwork> network_;
  std::unique_ptr<KernelProcess> process_;
};

Result<std::unique_ptr<ports::Host>> make_host(Faults* faults) {
  auto host = std::make_unique<LinuxHost>(faults);
  BOWLINE_TRY_VOID(host->open());
  return host;
}

}  // namespace

Result<std::unique_ptr<ports::Host>> make_host() { return make_host(nullptr); }

Result<std::unique_ptr<ports::Host>> make_host(Faults& faults) { return make_host(&faults); }

}  // namespace bowline::linux_host
