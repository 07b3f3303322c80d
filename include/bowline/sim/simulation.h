#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/export.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/time.h>

namespace bowline {
namespace BOWLINE_API sim {

/// A whole network in one process, under virtual time: hosts, networks between them, and the loops that
/// run on the hosts. Time passes only inside the `run` calls and inside waits of those loops, and as
/// fast as the machine can. The same program with the same seed gives the same run, bit by bit.
///
/// thread    one; nothing in it is locked
/// lifetime  outlives the loops on its hosts
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] std::uint64_t seed() const;
  /// Starts just above zero, so that nobody takes the first instant for "unset".
  [[nodiscard]] Instant now() const;

  /// Both live as long as the simulation. Names are unique; they seed the chance of what they name, so
  /// that adding one changes nothing for the others.
  Host& add_host(std::string name, const HostOptions& options = HostOptions());
  Network& add_network(std::string name);

  /// Calls `action` at that time, or as soon as the simulation runs if it has passed.
  void at(Instant when, std::function<void()> action);
  void after(Duration delay, std::function<void()> action);

  void run_for(Duration duration);
  void run_until(Instant when);
  /// Runs until the condition holds; asks it after everything that happens. False if `limit` passed before.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition,
                               Duration limit = std::chrono::minutes(10));
  /// Runs until nothing is going to happen any more. False if `limit` passed before.
  [[nodiscard]] bool run_until_idle(Duration limit = std::chrono::minutes(10));

  /// One line for each packet sent, received or lost and each change of a host or network: time in
  /// milliseconds, where, what. Keeps the first 16 MiB.
  [[nodiscard]] const std::string& transcript() const;
  /// A number over all lines, also those beyond what is kept: equal for equal runs.
  [[nodiscard]] std::uint64_t transcript_digest() const;
  /// A line of your own in the transcript.
  void note(std::string_view text);

  /// The packets that hosts sent, as a capture file for Wireshark and tcpdump. Keeps the first 16 MiB.
  [[nodiscard]] std::vector<std::byte> pcap() const;
  /// The packets that one host sent and received.
  [[nodiscard]] std::vector<std::byte> pcap(const Host& host) const;

  class Body;
  [[nodiscard]] Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace sim
}  // namespace bowline
