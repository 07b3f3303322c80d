#include <bowline/sim/simulation.h>

#include <algorithm>
#include <set>

#include "sim/host/host_body.h"
#include "sim/net/match.h"
#include "sim/net/network_body.h"
#include "sim/run/runner.h"

namespace bowline::sim {

class Simulation::Body {
 public:
  explicit Body(std::uint64_t seed) : world(seed), runner(world) {}

  void claim_name(const std::string& name) {
    if (!names.insert(name).second) die("the simulation has this name already", name);
  }

  World world;
  Runner runner;
  std::set<std::string> names;
  std::vector<std::unique_ptr<Network>> networks;
  std::vector<std::unique_ptr<Host>> hosts;
};

Simulation::Simulation(std::uint64_t seed) : body_(std::make_unique<Body>(seed)) {}
Simulation::~Simulation() = default;

std::uint64_t Simulation::seed() const { return body_->world.seed; }
Instant Simulation::now() const { return body_->world.now; }

Host& Simulation::add_host(std::string name, const HostOptions& options) {
  body_->claim_name(name);
  body_->hosts.push_back(std::make_unique<Host>(
      std::make_unique<Host::Body>(body_->world, body_->runner, std::move(name), options)));
  return *body_->hosts.back();
}

Network& Simulation::add_network(std::string name) {
  body_->claim_name(name);
  body_->networks.push_back(
      std::make_unique<Network>(std::make_unique<Network::Body>(body_->world, std::move(name))));
  return *body_->networks.back();
}

void Simulation::at(Instant when, std::function<void()> action) {
  body_->world.events.add(std::max(when, now()), std::move(action));
}
void Simulation::after(Duration delay, std::function<void()> action) {
  at(now() + delay, std::move(action));
}

void Simulation::run_for(Duration duration) { run_until(now() + duration); }
void Simulation::run_until(Instant when) {
  (void)body_->runner.run([] { return false; }, when);
}
bool Simulation::run_until(const std::function<bool()>& condition, Duration limit) {
  return body_->runner.run(condition, now() + limit);
}
bool Simulation::run_until_idle(Duration limit) {
  return body_->runner.run([this] { return !body_->runner.has_next(); }, now() + limit);
}

const std::string& Simulation::transcript() const { return body_->world.transcript.text(); }
std::uint64_t Simulation::transcript_digest() const { return body_->world.transcript.digest(); }
void Simulation::note(std::string_view text) { body_->world.note("note", text); }

std::vector<std::byte> Simulation::pcap() const { return body_->world.capture.file(std::nullopt); }
std::vector<std::byte> Simulation::pcap(const Host& host) const {
  return body_->world.capture.file(host.name());
}

}  // namespace bowline::sim
