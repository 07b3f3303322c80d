#include <functional>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

using ports::ReceivedRun;

/// A flow on a host whose kernel may fail once: it must end, as it does without the failure or with a typed
/// error.
using Flow = Result<void> (*)(ports::Host&);

/// For calls whose interface can only say that they do not know, such as an address.
Error unknown() { return {ErrorKind::not_ready, "test", "the host does not say"}; }

Error gave_up() { return {ErrorKind::timed_out, "test", "nothing happened for five seconds"}; }

/// Runs a flow with each fault at each call site, and then with the next site, until none is left.
///
/// returns   how many faults fired
std::size_t torture(Flow flow) {
  std::size_t fired = 0;
  for (std::size_t index = 0;; ++index) {
    for (std::size_t variant = 0;; ++variant) {
      OneFault fault(index, variant);
      const auto descriptors = count_descriptors();
      const Result<void> result = [&]() -> Result<void> {
        BOWLINE_TRY(const auto host, make_host(fault));
        return flow(*host);
      }();
      const auto outcome = fault.outcome();
      EXPECT_EQ(count_descriptors(), descriptors) << "leak at call " << index;
      if (!outcome.has_value()) {
        EXPECT_TRUE(result.has_value()) << to_string(result.error());
        return fired;
      }
      if (outcome->fault == 0) break;
      ++fired;
      if (result.has_value() || result.error() == unknown()) continue;
      const auto where = std::string(to_string(outcome->call)) + " number " + std::to_string(index);
      EXPECT_EQ(result.error().code(), outcome->fault)
          << where << ": " << to_string(result.error());
    }
  }
}

/// The scene's way to wait, giving an error where it would wait in vain.
template <class Done>
Result<void> run_until(ports::Host& host, Done done) {
  const Instant limit = host.clock().now() + std::chrono::minutes(1);
  while (!done()) {
    if (host.clock().now() >= limit) return gave_up();
    host.poller().wait(limit);
  }
  return {};
}

Result<std::unique_ptr<ports::StreamSocket>> accept_one(ports::Host& host,
                                                        ports::StreamListener& listener,
                                                        const Watcher& watcher) {
  BOWLINE_TRY_VOID(run_until(host, [&] { return watcher.readable; }));
  auto accepted = listener.accept();
  // The promise is that the connection waits in the queue.
  if (!accepted.has_value() && accepted.error().kind() == ErrorKind::resources_exhausted)
    accepted = listener.accept();
  return accepted;
}

Result<std::string> read_all(ports::Host& host, ports::StreamSocket& socket, Watcher& watcher) {
  std::string all;
  for (;;) {
    BOWLINE_TRY_VOID(run_until(host, [&] { return watcher.readable; }));
    BOWLINE_TRY(const auto part, read(socket));
    all += part.text;
    if (part.transfer.end) return all;
    if (part.transfer.blocked) watcher.readable = false;
  }
}

Result<void> write_all(ports::Host& host, ports::StreamSocket& socket, Watcher& watcher,
                       std::string_view text) {
  while (!text.empty()) {
    BOWLINE_TRY_VOID(run_until(host, [&] { return watcher.writable; }));
    BOWLINE_TRY(const auto transfer, write(socket, text));
    text.remove_prefix(transfer.bytes);
    if (transfer.blocked) watcher.writable = false;
  }
  return {};
}

Result<void> tcp_echo(ports::Host& host) {
  Watcher listening, client, server;
  ports::ListenOptions options;
  options.reuse_port = true;
  BOWLINE_TRY(const auto listener,
              host.network().listen(loopback(Family::ipv6), options, listening));
  const SocketAddress to = listener->local_address();
  if (to.port == 0) return unknown();
  BOWLINE_TRY(const auto connecting, host.network().connect(to, {}, {}, client));
  const auto& near = connecting.socket;
  BOWLINE_TRY(const auto far, accept_one(host, *listener, listening));
  if (far == nullptr) return gave_up();
  far->observe(server);
  if (!connecting.done) {
    BOWLINE_TRY_VOID(run_until(host, [&] { return client.writable; }));
    BOWLINE_TRY_VOID(near->finish_connect());
  }
  client.writable = server.writable = true;

  BOWLINE_TRY_VOID(write_all(host, *near, client, "out and back"));
  BOWLINE_TRY_VOID(near->finish());
  BOWLINE_TRY(const std::string there, read_all(host, *far, server));
  BOWLINE_TRY_VOID(write_all(host, *far, server, there));
  BOWLINE_TRY_VOID(far->finish());
  BOWLINE_TRY(const std::string back, read_all(host, *near, client));
  static_cast<void>(near->statistics());
  near->abort();
  return back == "out and back" ? Result<void>() : gave_up();
}

Result<std::string> receive_one(ports::Host& host, ports::DatagramSocket& socket,
                                std::size_t bytes) {
  std::string all;
  BOWLINE_TRY_VOID(run_until(host, [&] { return true; }));
  const Instant limit = host.clock().now() + std::chrono::milliseconds(200);
  while (all.size() < bytes && host.clock().now() < limit) {
    std::array<ReceivedRun, 2> runs;
    BOWLINE_TRY(const std::size_t count, socket.receive(runs));
    for (const auto& run : std::span(runs).first(count)) all += run.bytes.text();
    if (count == 0) host.poller().wait(limit);
  }
  return all;
}

Result<void> udp_echo(ports::Host& host) {
  Watcher client, server;
  ports::DatagramOptions bound;
  bound.binding.source = IpAddress::loopback(Family::ipv4);
  bound.receive_buffer_bytes = 1 << 20;
  BOWLINE_TRY(const auto far, host.network().open_datagram(bound, server));
  const SocketAddress to = far->local_address();
  if (to.port == 0) return unknown();
  ports::DatagramOptions connected;
  connected.connect_to = to;
  BOWLINE_TRY(const auto near, host.network().open_datagram(connected, client));

  const std::string text(3500, 'x');
  ports::DatagramRun run{to, {}, 1000, as_bytes(text)};
  BOWLINE_TRY(std::size_t taken, near->send(std::span(&run, 1)));
  if (taken != 1) return gave_up();
  // The network may lose a datagram, which is what a failing device queue amounts to.
  BOWLINE_TRY(const std::string there, receive_one(host, *far, text.size()));
  static_cast<void>(near->datagram_bytes_max(to));
  static_cast<void>(far->datagram_bytes_max(to));
  return there == text || there.empty() ? Result<void>() : gave_up();
}

/// A socket with every option, which hears itself in a group.
Result<void> udp_group(ports::Host& host) {
  BOWLINE_TRY(const auto network, host.network().snapshot());
  const ports::Interface* const loopback_interface = network->find("lo");
  if (loopback_interface == nullptr) return gave_up();
  Watcher watcher;
  ports::DatagramOptions options;
  options.family = Family::ipv4;
  options.binding.reuse_address = true;
  options.receive = {true, true, true};
  options.receive_failures = true;
  options.hop_limit = 8;
  options.ecn = Ecn::ect0;
  options.multicast = {true, 255, loopback_interface->index};
  BOWLINE_TRY(const auto socket, host.network().open_datagram(options, watcher));
  const std::uint16_t port = socket->local_address().port;
  if (port == 0) return unknown();
  const ports::Membership membership{IpAddress::v4({239, 255, 9, 9}), loopback_interface->index};
  BOWLINE_TRY_VOID(socket->join(membership));
  const std::string text = "to all";
  ports::DatagramRun run{{membership.group, port}, {}, text.size(), as_bytes(text)};
  run.ecn = Ecn::ect1;
  run.interface_index = membership.interface_index;
  BOWLINE_TRY(const std::size_t taken, socket->send(std::span(&run, 1)));
  if (taken != 1) return gave_up();
  BOWLINE_TRY(const std::string heard, receive_one(host, *socket, text.size()));
  static_cast<void>(socket->take_failure());
  static_cast<void>(socket->offload());
  BOWLINE_TRY_VOID(socket->leave(membership));
  return heard == text || heard.empty() ? Result<void>() : gave_up();
}

Result<void> look_around(ports::Host& host) {
  host.network().observe(nullptr);
  BOWLINE_TRY(const auto network, host.network().snapshot());
  if (network->find("lo") == nullptr) return gave_up();
  static_cast<void>(
      host.network().source_for(IpAddress::loopback(Family::ipv4), network->find("lo")->index));
  BOWLINE_TRY(const auto again, host.network().snapshot());
  return *again == *network ? Result<void>() : gave_up();
}

Result<void> wake_read_and_draw(ports::Host& host) {
  host.poller().wake();
  host.poller().wait(std::nullopt);
  static_cast<void>(host.random().next());
  std::array<std::byte, 5000> many;
  host.random().fill(many);
  if (host.files().version("/proc/self/status") == 0) return unknown();
  BOWLINE_TRY(const std::string status, host.files().read("/proc/self/status", 100'000));
  return status.starts_with("Name:") ? Result<void>() : gave_up();
}

/// Every old or new content is whole, whichever call failed.
Result<void> keep_files(ports::Host& host) {
  const TemporaryFolder folder;
  BOWLINE_TRY(const auto store, host.file_stores().open(folder.path() + "/store"));
  const auto lock = store->lock("cookies");
  if (!lock.has_value()) return lock.error();
  BOWLINE_TRY_VOID(store->replace("cookies", as_bytes("old")));
  const auto replaced = store->replace("cookies", as_bytes("new and longer"));
  BOWLINE_TRY(const std::string now, store->read("cookies", 100));
  if (now != "old" && now != "new and longer") return gave_up();
  BOWLINE_TRY_VOID(replaced);
  BOWLINE_TRY(const auto names, store->list());
  if (names != std::vector<std::string>{"cookies"}) return gave_up();
  BOWLINE_TRY_VOID(store->remove("cookies"));
  return store->read("cookies", 100).has_value() ? gave_up() : Result<void>();
}

TEST(Faults, kept_files_survive_or_fail_cleanly_at_every_call) {
  EXPECT_GT(torture(keep_files), 40u);
}

TEST(Faults, a_tcp_echo_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(tcp_echo), 80u);
}

TEST(Faults, a_udp_exchange_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(udp_echo), 40u);
}

TEST(Faults, a_udp_group_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(udp_group), 60u);
}

TEST(Faults, looking_around_survives_or_fails_cleanly_at_every_call) {
  EXPECT_GT(torture(look_around), 20u);
}

TEST(Faults, files_and_chance_survive_or_fail_cleanly_at_every_call) {
  EXPECT_GT(torture(wake_read_and_draw), 20u);
}

/// Refuses one call of setsockopt, as a kernel does that wants a privilege for it.
class OneRefusal final : public Faults {
 public:
  explicit OneRefusal(std::size_t index) : index_(index) {}
  int next(Call call) override {
    return call == Call::setsockopt && count_++ == index_ ? EPERM : 0;
  }
  [[nodiscard]] bool has_fired() const { return count_ > index_; }

 private:
  const std::size_t index_;
  std::size_t count_ = 0;
};

/// How many refusals, one at a time, `open` takes without an error.
std::size_t survived(const std::function<bool(Scene&)>& open) {
  std::size_t count = 0;
  for (std::size_t index = 0;; ++index) {
    OneRefusal refusal(index);
    Scene scene(make_host(refusal).value());
    const bool is_open = open(scene);
    if (!refusal.has_fired()) return count;
    count += is_open ? 1 : 0;
  }
}

TEST(Faults, a_listener_that_may_not_be_bound_to_its_interface_does_not_open_and_a_client_does) {
  const auto index_of_loopback = [](Scene& scene) {
    return scene.network().snapshot().value()->find("lo")->index;
  };
  const auto listeners = [&](bool on_interface) {
    return survived([&](Scene& scene) {
      Watcher watcher;
      ports::ListenOptions options;
      if (on_interface) options.binding.interface_index = index_of_loopback(scene);
      return scene.network().listen(loopback(), options, watcher).has_value();
    });
  };
  const auto datagrams = [&](bool on_interface, std::optional<SocketAddress> remote) {
    return survived([&](Scene& scene) {
      Watcher watcher;
      ports::DatagramOptions options;
      options.connect_to = remote;
      if (on_interface) options.binding.interface_index = index_of_loopback(scene);
      return scene.network().open_datagram(options, watcher).has_value();
    });
  };
  EXPECT_EQ(listeners(true), listeners(false));
  EXPECT_EQ(datagrams(true, std::nullopt), datagrams(false, std::nullopt));
  const SocketAddress peer(IpAddress::loopback(Family::ipv4), 9);
  EXPECT_EQ(datagrams(true, peer), datagrams(false, peer) + 1);
}

TEST(Faults, a_listener_goes_on_once_descriptors_are_back) {
  CallFault faults(Call::accept);
  Scene scene(make_host(faults).value());
  Watcher listening, client;
  const auto listener = scene.network().listen(loopback(), {}, listening).value();
  const auto socket = scene.network().connect(listener->local_address(), {}, {}, client).value();
  ASSERT_TRUE(scene.run_until([&] { return listening.readable; }));
  faults.fail_with(EMFILE);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(listener->accept().error().kind(), ErrorKind::resources_exhausted);
  faults.fail_with(0);
  EXPECT_NE(listener->accept().value(), nullptr);
}

}  // namespace
}  // namespace bowline::linux_host
