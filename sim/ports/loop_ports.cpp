#include <string>
#include <utility>

#include <cerrno>

#include "base/buffer_pool.h"
#include "sim/ports.h"
#include "sim/ports/datagram_socket.h"
#include "sim/ports/file_store.h"
#include "sim/ports/poller.h"
#include "sim/ports/process.h"
#include "sim/ports/record_store.h"
#include "sim/ports/stream_socket.h"

namespace bowline::sim {

namespace {

class SimClock final : public ports::MonotonicClock {
 public:
  explicit SimClock(const World& world) : world_(world) {}
  [[nodiscard]] Instant now() const override { return world_.now; }

 private:
  const World& world_;
};

class SimWallClock final : public ports::WallClock {
 public:
  explicit SimWallClock(const Host::Body& host) : host_(host) {}
  [[nodiscard]] ports::WallTime now() const override { return host_.wall_time(); }

 private:
  const Host::Body& host_;
};

class SimFiles final : public ports::Files {
 public:
  explicit SimFiles(Host::Body& host) : host_(host) {}

  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) override {
    const Host::Body::File* file = host_.find_file(path);
    BOWLINE_TRY_VOID(host_.sockets().check("read file"));
    if (file == nullptr) return Error::from_errno(ENOENT, "read file").about(std::string(path));
    return file->text.substr(0, bytes_max);
  }
  [[nodiscard]] std::uint64_t version(std::string_view path) override {
    const Host::Body::File* file = host_.find_file(path);
    return file == nullptr ? 0 : file->version;
  }
  /// Nothing of a simulated host asks for that.
  [[nodiscard]] Result<void> append_private(std::string_view path, std::string_view) override {
    return Error(ErrorKind::unsupported, "append to file", "files are not written here")
        .about(std::string(path));
  }
  [[nodiscard]] std::string variable(const char* name) override { return host_.variable(name); }

 private:
  Host::Body& host_;
};

class SimNetwork final : public ports::Network {
 public:
  SimNetwork(Host::Body& host, SimPoller& poller, BufferPool& buffers)
      : host_(host), poller_(poller), buffers_(buffers) {}

  [[nodiscard]] Result<std::shared_ptr<const ports::NetworkSnapshot>> snapshot() override {
    return host_.ip().snapshot();
  }
  void observe(ports::NetworkObserver* observer) override { poller_.observe(observer); }
  void watch_settings() override {}  // a simulated host always tells
  [[nodiscard]] std::optional<ports::SourceAddress> source_for(
      const IpAddress& destination, std::uint32_t interface_index) override {
    return host_.ip().source_for(destination.unmapped(), interface_index);
  }

  [[nodiscard]] Result<ports::Connecting> connect(const SocketAddress& remote,
                                                  const ports::Binding& binding,
                                                  const ports::StreamOptions& options,
                                                  ports::SocketObserver& observer) override {
    BOWLINE_TRY(TcpSocket * socket, host_.tcp().connect(remote, binding, options));
    return ports::Connecting{
        std::make_unique<SimStreamSocket>(host_.tcp(), *socket, poller_, &observer)};
  }

  [[nodiscard]] Result<std::unique_ptr<ports::StreamListener>> listen(
      const SocketAddress& local, const ports::ListenOptions& options,
      ports::SocketObserver& observer) override {
    auto listener = std::make_unique<SimStreamListener>(host_.tcp(), poller_, observer);
    BOWLINE_TRY_VOID(listener->open(local, options));
    return listener;
  }

  [[nodiscard]] Result<std::unique_ptr<ports::DatagramSocket>> open_datagram(
      const ports::DatagramOptions& options, ports::SocketObserver& observer) override {
    BOWLINE_TRY(UdpSocket * socket, host_.udp().open(options));
    return std::make_unique<SimDatagramSocket>(host_.udp(), *socket, poller_, buffers_, options,
                                               observer);
  }

 private:
  Host::Body& host_;
  SimPoller& poller_;
  BufferPool& buffers_;
};

class SimLoopPorts final : public LoopPorts {
 public:
  explicit SimLoopPorts(sim::Host::Body& host)
      : clock_(host.world()),
        wall_clock_(host),
        random_(host.random_for_loop()),
        poller_(host),
        network_(host, poller_, buffers_),
        files_(host),
        process_(host, poller_),
        file_stores_(host.stored_files()),
        record_stores_(host.stored_files()) {}

  [[nodiscard]] ports::MonotonicClock& clock() override { return clock_; }
  [[nodiscard]] ports::WallClock& wall_clock() override { return wall_clock_; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] ports::Poller& poller() override { return poller_; }
  [[nodiscard]] ports::Network& network() override { return network_; }
  [[nodiscard]] ports::Files& files() override { return files_; }
  [[nodiscard]] ports::Process& process() override { return process_; }
  [[nodiscard]] ports::FileStores& file_stores() override { return file_stores_; }
  [[nodiscard]] ports::RecordStores* record_stores() override { return &record_stores_; }
  [[nodiscard]] BufferPool& buffers() override { return buffers_; }
  void drive(Runnable* runnable) override { poller_.drive(runnable); }

 private:
  SimClock clock_;
  SimWallClock wall_clock_;
  SeededRandom random_;
  BufferPool buffers_;
  SimPoller poller_;
  SimNetwork network_;
  SimFiles files_;
  SimProcess process_;
  SimFileStores file_stores_;
  SimRecordStores record_stores_;
};

}  // namespace

std::unique_ptr<LoopPorts> make_ports(Host& host) {
  return std::make_unique<SimLoopPorts>(host.body());
}

}  // namespace bowline::sim
