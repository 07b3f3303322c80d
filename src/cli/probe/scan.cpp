#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <bowline/connection.h>
#include <bowline/prober.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/json.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"
#include "cli/probe/probe_target.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

constexpr std::size_t addresses_per_network_max = 1024;
constexpr std::size_t addresses_at_once_max = 24;

struct ScanOptions {
  std::string interface;
  std::vector<std::uint16_t> ports{22, 53, 80, 443, 445, 631, 8080, 9100};
  Duration timeout = std::chrono::seconds(1);
};

Result<std::vector<std::uint16_t>> read_ports(std::string_view list) {
  constexpr std::size_t ports_max = 64;
  std::vector<std::uint16_t> ports;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    BOWLINE_TRY(const std::uint16_t port, read_port(list.substr(0, comma), 1));
    ports.push_back(port);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  if (ports.empty() || ports.size() > ports_max)
    return usage_error("--ports wants 1 to 64 ports, as 22,80,443");
  return ports;
}

Result<ScanOptions> read_scan_options(const Invocation& invocation, const Path& path) {
  ScanOptions options;
  if (const auto name = invocation.value("interface")) {
    if (std::ranges::find(path.interfaces(), *name, &Interface::name) == path.interfaces().end())
      return usage_error("this host has no interface " + quoted(*name));
    options.interface = *name;
  }
  if (const auto list = invocation.value("ports")) {
    BOWLINE_TRY(options.ports, read_ports(*list));
  }
  if (const auto text = invocation.value("timeout")) {
    BOWLINE_TRY(options.timeout, read_seconds(*text));
  }
  return options;
}

/// The address `number` places behind the first of an IPv4 network.
IpAddress address_at(const IpPrefix& network, std::uint32_t number) {
  std::uint32_t value = 0;
  for (const std::uint8_t octet : network.address().octets()) value = value << 8 | octet;
  value += number;
  return IpAddress::v4(
      {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16 & 0xff),
       static_cast<std::uint8_t>(value >> 8 & 0xff), static_cast<std::uint8_t>(value & 0xff)});
}

/// An interface whose link can have other hosts.
bool is_scanned(const Interface& interface, const ScanOptions& options) {
  if (!options.interface.empty()) return interface.name() == options.interface;
  return interface.type() != InterfaceType::loopback && interface.is_up() && interface.is_running();
}

struct Found {
  std::string interface;
  std::string name;
  std::optional<Duration> round_trip;
  std::set<std::uint16_t> open;
};

/// Asks every address on the links, a few at a time.
class ScanRun {
 public:
  ScanRun(Loop& loop, const Path& path, ScanOptions options, bool as_json)
      : loop_(loop), options_(std::move(options)), as_json_(as_json) {
    for (const Interface& interface : path.interfaces())
      if (is_scanned(interface, options_)) add_addresses(interface);
  }

  [[nodiscard]] int run() {
    const InterruptWatch watch(loop_, [this] {
      interrupted_ = true;
      loop_.stop();
    });
    ask_everybody();
    open_prober();
    while (!interrupted_ && (!todo_.empty() || running_ > 0)) {
      start_more();
      if (running_ > 0) loop_.run();
    }
    for (auto& [address, host] : hosts_)
      if (!interrupted_) host.name = name_of_address(loop_, address);
    show();
    if (interrupted_) return exit_interrupted;
    return hosts_.empty() ? exit_negative : exit_ok;
  }

 private:
  struct Address {
    IpAddress ip;
    std::string interface;
  };
  /// One address that is asked: by echo, and at each port.
  struct Asking {
    Address address;
    std::size_t left = 0;
    std::vector<StreamConnection> connections;
    std::vector<Operation<void>> ready;
    Operation<ProbeReply> echo;
  };

  void add_addresses(const Interface& interface) {
    links_.push_back(interface);
    for (const InterfaceAddress& own : interface.addresses()) {
      own_.insert(own.address().with_scope(0));
      const unsigned length = own.prefix().length();
      if (!own.address().is_v4() || length >= 31 || own.address().is_loopback()) continue;
      const std::uint64_t size = std::uint64_t{1} << (32 - length);
      const std::uint64_t last = std::min<std::uint64_t>(size - 1, addresses_per_network_max + 1);
      for (std::uint32_t i = 1; i < last; ++i)
        todo_.push_back({address_at(own.prefix(), i), interface.name()});
    }
  }

  /// By IPv6, all nodes of a link answer one echo (RFC 4291 section 2.7.1).
  void ask_everybody() {
    for (const Interface& link : links_) {
      auto prober = Prober::open(loop_, Family::ipv6, Parameters().interface(link.name()));
      if (!prober.has_value() || !prober->uses_echo()) continue;
      prober->on_reply([this, &link](const ProbeReply& reply) {
        if (reply.outcome() == ProbeOutcome::reached && reply.from())
          note(*reply.from(), link.name(), reply.round_trip());
      });
      const IpAddress all_nodes = IpAddress::parse("ff02::1").value().with_scope(link.index());
      static_cast<void>(run_until_done(
          loop_, prober->probe(all_nodes, ProbeOptions().timeout(options_.timeout)), interrupted_));
      static_cast<void>(run_until_done(loop_, loop_.sleep(options_.timeout), interrupted_));
    }
    for (const auto& [address, host] : hosts_) todo_.push_back({address, host.interface});
  }

  void open_prober() {
    auto opened = Prober::open(loop_, Family::ipv4);
    if (opened.has_value() && opened->uses_echo()) prober_.emplace(*std::move(opened));
  }

  void start_more() {
    while (running_ < addresses_at_once_max && !todo_.empty()) {
      const Address address = todo_.front();
      todo_.pop_front();
      if (!own_.contains(address.ip.with_scope(0))) ask(address);
    }
  }

  void ask(const Address& address) {
    ++running_;
    const auto asking = std::make_shared<Asking>();
    asking->address = address;
    const bool by_echo = prober_ && address.ip.is_v4();
    asking->left = options_.ports.size() + (by_echo ? 1 : 0);
    if (by_echo) {
      asking->echo = prober_->probe(address.ip, ProbeOptions().timeout(options_.timeout));
      asking->echo.start([this, asking](Result<ProbeReply>&& reply) {
        if (reply.has_value() && reply->outcome() == ProbeOutcome::reached)
          note(asking->address.ip, asking->address.interface, reply->round_trip());
        end_one(*asking);
      });
    }
    const Parameters parameters = Parameters()
                                      .wait(Waiting::never)
                                      .connect_within(options_.timeout)
                                      .interface(address.interface);
    for (const std::uint16_t port : options_.ports) {
      StreamConnection& connection = asking->connections.emplace_back(
          connect(loop_, SocketAddress(address.ip, port), tcp(), parameters));
      asking->ready.push_back(connection.ready());
    }
    for (std::size_t i = 0; i < options_.ports.size(); ++i)
      asking->ready[i].start(
          [this, asking, i](Result<void>&& ready) { handle_port(*asking, i, ready); });
  }

  void handle_port(Asking& asking, std::size_t i, const Result<void>& ready) {
    if (ready.has_value()) {
      note(asking.address.ip, asking.address.interface, std::nullopt);
      hosts_[asking.address.ip].open.insert(options_.ports[i]);
      asking.connections[i].abort();
    } else if (ready.error().kind() == ErrorKind::refused) {
      note(asking.address.ip, asking.address.interface, std::nullopt);
    }
    end_one(asking);
  }

  void end_one(Asking& asking) {
    if (--asking.left > 0) return;
    --running_;
    loop_.stop();
  }

  void note(const IpAddress& address, const std::string& interface,
            std::optional<Duration> round_trip) {
    if (own_.contains(address.with_scope(0))) return;
    Found& host = hosts_[address];
    host.interface = interface;
    if (round_trip && !host.round_trip) host.round_trip = round_trip;
  }

  void show() const {
    if (as_json_) return write();
    for (const auto& [address, host] : hosts_) {
      std::string ports;
      for (const std::uint16_t port : host.open)
        ports += (ports.empty() ? "" : ",") + std::to_string(port);
      print(fit(to_string(address), 30) + fit(host.interface, 16) +
            fit(host.name.empty() ? "-" : safe(host.name, 40), 28) +
            (ports.empty() ? "no port open" : ports) + "\n");
    }
    if (hosts_.empty()) print("nobody answered\n");
  }

  void write() const {
    Json json;
    json.object([&] {
      json.list("hosts", hosts_, [&](const auto& entry) {
        const auto& [address, host] = entry;
        json.object([&] {
          json.field("address", to_string(address));
          json.field("interface", host.interface);
          json.field("name",
                     host.name.empty() ? std::optional<std::string>() : std::optional(host.name));
          json.field("round_trip_ms", host.round_trip);
          json.list("open_ports", host.open, [&](std::uint16_t port) { json.value(port); });
        });
      });
    });
    print(json.text() + "\n");
  }

  Loop& loop_;
  const ScanOptions options_;
  const bool as_json_;
  std::vector<Interface> links_;
  std::set<IpAddress> own_;
  std::deque<Address> todo_;
  std::map<IpAddress, Found> hosts_;
  std::optional<Prober> prober_;
  std::size_t running_ = 0;
  bool interrupted_ = false;
};

}  // namespace

int run_scan(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto path = loop->path();
  if (!path.has_value()) return report_failure(path.error(), as_json);
  auto options = read_scan_options(invocation, *path);
  if (!options.has_value()) return report_usage(options.error(), invocation.command(), as_json);
  return ScanRun(*loop, *path, *std::move(options), as_json).run();
}

}  // namespace bowline::cli
