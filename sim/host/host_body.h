#pragma once

#include <map>
#include <string>

#include <bowline/sim/host.h>

#include "base/intrusive_list.h"
#include "ports/wall_clock.h"
#include "sim/host/ip_layer.h"
#include "sim/host/socket_count.h"
#include "sim/host/stored_files.h"
#include "sim/host/tcp_stack.h"
#include "sim/host/udp_stack.h"
#include "sim/net/world.h"

namespace bowline::sim {

class Runner;

/// A program on a host, to which signals can be sent.
class SignalTarget : public ListHook<SignalTarget> {
 public:
  virtual void handle_signal(int signal) = 0;

 protected:
  ~SignalTarget() = default;
};

class Host::Body {
 public:
  /// A file, and a number that no other content of that path had.
  struct File {
    std::string text;
    std::uint64_t version = 0;
  };

  Body(World& world, Runner& runner, std::string name, const HostOptions& options);

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Runner& runner() { return runner_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] IpLayer& ip() { return ip_; }
  [[nodiscard]] TcpStack& tcp() { return tcp_; }
  [[nodiscard]] UdpStack& udp() { return udp_; }
  [[nodiscard]] const SocketCount& sockets() const { return sockets_; }
  /// Chance of its own for one more loop.
  [[nodiscard]] SeededRandom random_for_loop();

  /// Ends the program if `interface` is not one of this host's.
  void check_own(const Interface& interface);
  void write_file(std::string_view path, std::string_view text);
  void set_variable(std::string_view name, std::string_view value) {
    variables_.insert_or_assign(std::string(name), std::string(value));
  }
  [[nodiscard]] std::string variable(std::string_view name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::string() : found->second;
  }
  void remove_file(std::string_view path);
  [[nodiscard]] const File* find_file(std::string_view path) const;
  void add_signal_target(SignalTarget& target) { signal_targets_.push_back(target); }
  void send_signal(int signal);
  [[nodiscard]] StoredFiles& stored_files() { return stored_files_; }
  [[nodiscard]] ports::WallTime wall_time() const {
    return wall_start_ + (world_.now.time_since_epoch() - wall_since_);
  }
  void set_wall_time(ports::WallTime time) {
    wall_start_ = time;
    wall_since_ = world_.now.time_since_epoch();
  }

 private:
  void handle(const wire::IpPacket& packet, std::uint32_t interface_index);
  void handle_icmp(const wire::IpPacket& packet, std::uint32_t interface_index);

  World& world_;
  Runner& runner_;
  std::string name_;
  SeededRandom random_;
  SocketCount sockets_;
  IpLayer ip_;
  TcpStack tcp_;
  UdpStack udp_;
  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> variables_;
  std::uint64_t files_written_ = 0;
  std::uint64_t loops_made_ = 0;
  IntrusiveList<SignalTarget, SignalTarget> signal_targets_;
  StoredFiles stored_files_;
  ports::WallTime wall_start_ = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  Duration wall_since_{};
};

}  // namespace bowline::sim
