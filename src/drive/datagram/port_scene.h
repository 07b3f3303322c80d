#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer_pool.h"
#include "base/bytes.h"
#include "drive/datagram/udp_port.h"

/// For tests of what stands on a UDP port: a loop whose host has scripted datagram sockets and nothing else.
namespace bowline::drive {

/// What a test tells a scripted socket, and what the socket was asked to do.
struct SocketScript {
  /// What the next sends answer: how many runs are taken, at most, or an error. Behind the last, all are.
  std::deque<Result<std::size_t>> answers;
  /// Each call's runs, as they were offered.
  struct Run {
    ports::DatagramRun run;
    std::string text;
  };
  std::vector<std::vector<Run>> calls;
  ports::SocketObserver* observer = nullptr;  ///< null once the socket is gone
};

class ScriptedSocket final : public ports::DatagramSocket {
 public:
  ScriptedSocket(SocketScript& script, ports::SocketObserver& observer) : script_(script) {
    script_.observer = &observer;
  }
  ~ScriptedSocket() override { script_.observer = nullptr; }
  ScriptedSocket(const ScriptedSocket&) = delete;
  ScriptedSocket& operator=(const ScriptedSocket&) = delete;

  void observe(ports::SocketObserver& observer) override { script_.observer = &observer; }
  [[nodiscard]] Result<std::size_t> send(std::span<const ports::DatagramRun> runs) override {
    auto& call = script_.calls.emplace_back();
    for (const auto& run : runs) call.push_back({run, std::string(as_text(run.bytes))});
    if (script_.answers.empty()) return runs.size();
    const Result<std::size_t> answer = std::move(script_.answers.front());
    script_.answers.pop_front();
    if (!answer.has_value()) return answer.error();
    return std::min(*answer, runs.size());
  }
  [[nodiscard]] Result<std::size_t> receive(std::span<ports::ReceivedRun>) override {
    return std::size_t{0};
  }
  [[nodiscard]] std::optional<ports::DatagramFailure> take_failure() override { return {}; }
  [[nodiscard]] Result<void> join(const ports::Membership&) override { return {}; }
  [[nodiscard]] Result<void> leave(const ports::Membership&) override { return {}; }
  [[nodiscard]] SocketAddress local_address() const override { return {}; }
  [[nodiscard]] std::size_t datagram_bytes_max(const SocketAddress&) const override {
    return run_bytes_max;
  }
  [[nodiscard]] ports::DatagramOffload offload() const override { return {}; }
  [[nodiscard]] std::uint64_t receive_drops() const override { return 0; }

 private:
  SocketScript& script_;
};

/// Its time stands still, and its poller never has anything.
class ScriptedHost final : public ports::Host,
                           private ports::MonotonicClock,
                           private ports::Poller,
                           private ports::Network,
                           private ports::Files,
                           private ports::FileStores,
                           private ports::Process {
 public:
  explicit ScriptedHost(SocketScript& script) : script_(script) {}

  [[nodiscard]] ports::MonotonicClock& clock() override { return *this; }
  [[nodiscard]] ports::WallClock& wall_clock() override { return day_; }
  [[nodiscard]] ports::FileStores& file_stores() override { return *this; }
  [[nodiscard]] Random& random() override { return random_; }
  [[nodiscard]] ports::Poller& poller() override { return *this; }
  [[nodiscard]] ports::Network& network() override { return *this; }
  [[nodiscard]] ports::Files& files() override { return *this; }
  [[nodiscard]] ports::Process& process() override { return *this; }
  [[nodiscard]] BufferPool& buffers() override { return buffers_; }

 private:
  struct Day final : ports::WallClock {
    [[nodiscard]] ports::WallTime now() const override { return {}; }
  };

  [[nodiscard]] Instant now() const override { return Instant(std::chrono::seconds(1)); }
  [[nodiscard]] Result<std::unique_ptr<ports::FileStore>> open(std::string_view) override {
    return none();
  }

  void wait(std::optional<Instant>) override {}
  void set_busy_poll(Duration) override {}
  void wake() noexcept override {}
  [[nodiscard]] int descriptor() const override { return -1; }
  void arm(std::optional<Instant>) override {}

  [[nodiscard]] static Error none() {
    return {ErrorKind::unsupported, "scripted host", "it has datagram sockets and nothing else"};
  }
  [[nodiscard]] Result<std::shared_ptr<const ports::NetworkSnapshot>> snapshot() override {
    return none();
  }
  void observe(ports::NetworkObserver*) override {}
  void watch_settings() override {}
  [[nodiscard]] std::optional<ports::SourceAddress> source_for(const IpAddress&,
                                                               std::uint32_t) override {
    return {};
  }
  [[nodiscard]] Result<ports::Connecting> connect(const SocketAddress&, const ports::Binding&,
                                                  const ports::StreamOptions&,
                                                  ports::SocketObserver&) override {
    return none();
  }
  [[nodiscard]] Result<std::unique_ptr<ports::StreamListener>> listen(
      const SocketAddress&, const ports::ListenOptions&, ports::SocketObserver&) override {
    return none();
  }
  [[nodiscard]] Result<std::unique_ptr<ports::DatagramSocket>> open_datagram(
      const ports::DatagramOptions&, ports::SocketObserver& observer) override {
    return std::make_unique<ScriptedSocket>(script_, observer);
  }

  [[nodiscard]] Result<std::string> read(std::string_view, std::size_t) override { return none(); }
  [[nodiscard]] Result<void> append_private(std::string_view, std::string_view) override {
    return none();
  }
  [[nodiscard]] std::uint64_t version(std::string_view) override { return 0; }
  [[nodiscard]] std::string variable(const char*) override { return {}; }

  [[nodiscard]] Result<void> watch_signals(std::span<const int>, ports::SignalObserver&) override {
    return none();
  }
  [[nodiscard]] Result<std::unique_ptr<ports::DescriptorWatch>> watch(
      int, ports::Awaited, ports::SocketObserver&) override {
    return none();
  }
  [[nodiscard]] Result<std::unique_ptr<ports::ByteSource>> open_standard_input(
      ports::SocketObserver&) override {
    return none();
  }

  Day day_;
  SocketScript& script_;
  SeededRandom random_{1};
  BufferPool buffers_;
};

/// Packets of a test, and what became of them.
class TestPackets final : public PacketSource {
 public:
  void add(const ports::DatagramRun& how, std::string text) {
    queue_.push_back({how, std::move(text)});
  }
  [[nodiscard]] bool first(ports::DatagramRun& into) override {
    looked_at_ = 0;
    return look(into);
  }
  [[nodiscard]] bool next(ports::DatagramRun& into) override { return look(into); }
  void handle_sent(std::size_t count, const Error* failure) override {
    for (std::size_t i = 0; i < count; ++i) {
      sent.push_back(queue_.front().text);
      queue_.pop_front();
    }
    if (failure != nullptr) {
      failed.push_back({queue_.front().text, failure->kind()});
      queue_.pop_front();
    }
    if (then) then();
  }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

  std::vector<std::string> sent;
  std::vector<std::pair<std::string, ErrorKind>> failed;
  std::function<void()> then;

 private:
  struct Packet {
    ports::DatagramRun how;
    std::string text;
  };
  bool look(ports::DatagramRun& into) {
    if (looked_at_ == queue_.size()) return false;
    const Packet& packet = queue_[looked_at_++];
    into = packet.how;
    into.bytes = as_bytes(packet.text);
    if (into.segment_bytes == 0) into.segment_bytes = packet.text.size();
    return true;
  }
  std::deque<Packet> queue_;
  std::size_t looked_at_ = 0;
};

/// A port on a scripted socket, and its owner.
struct PortScene final : UdpPort::Owner {
  PortScene()
      : loop(new Loop(std::make_unique<ScriptedHost>(script))), port(new UdpPort(*loop, *this)) {
    EXPECT_TRUE(port->open({}).has_value());
  }
  ~PortScene() {
    port = {};
    loop->shut_down();
  }
  PortScene(const PortScene&) = delete;
  PortScene& operator=(const PortScene&) = delete;

  void handle_port_readable() override {
    ++readable_reports;
    if (then) then();
  }
  PacketSource* packets() override { return &queue; }

  void add(const std::string& text, const ports::DatagramRun& how = {}) { queue.add(how, text); }
  /// A turn of the loop, at whose end the port sends.
  void turn() {
    port->send_soon();
    static_cast<void>(loop->run_ready());
  }
  void report(ports::Readiness readiness) { script.observer->handle_readiness(readiness); }
  /// The texts of the runs of one call.
  [[nodiscard]] std::vector<std::string> call(std::size_t index) const {
    std::vector<std::string> texts;
    for (const auto& run : script.calls.at(index)) texts.push_back(run.text);
    return texts;
  }

  SocketScript script;
  TestPackets queue;
  detail::Ref<Loop> loop;
  detail::Ref<UdpPort> port;
  int readable_reports = 0;
  std::function<void()> then;
};

}  // namespace bowline::drive
