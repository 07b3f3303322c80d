#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include <bowline/detail/request.h>
#include <bowline/time.h>

#include "base/intrusive_list.h"
#include "drive/carrier/lingering.h"
#include "drive/loop/held_function.h"
#include "drive/loop/mailbox.h"
#include "drive/loop/service.h"
#include "drive/loop/timer.h"
#include "drive/loop/tracer.h"
#include "ports/host.h"

namespace bowline {
class ResidentSnapshot;
}
namespace bowline::core {
class History;
}

namespace bowline::drive {

struct Crypto;
/// Makes what drive/secure/crypto.h describes, for one host.
using MakeCrypto = Crypto (*)(ports::Host& host);

class NameService;
class Signals;
class StandardInput;

/// Something on a loop that holds system resources: told when the loop goes, so that nothing leaks.
class Resident : public ListHook<Resident> {
 public:
  /// Drops sockets and the user's handlers, and fails what is pending, which the loop then drops without a
  /// call. The object stays for its handles, but does nothing any more. It must call nothing of the user's
  /// but destructors.
  virtual void handle_loop_gone() = 0;
  /// For an inspector; nothing if it is not worth a line of its own.
  [[nodiscard]] virtual std::optional<ResidentSnapshot> describe(Instant now) const;
  [[nodiscard]] Instant resident_since() const { return resident_since_; }
  /// For the loop.
  void begin_residence(Instant now) { resident_since_ = now; }

 protected:
  ~Resident() = default;

 private:
  Instant resident_since_{};
};

/// Something that is told when addresses, routes or links of the host changed, after the services.
class NetworkWatcher : public ListHook<NetworkWatcher> {
 public:
  /// It must not destroy other watchers.
  virtual void handle_network_change() = 0;

 protected:
  ~NetworkWatcher() = default;
};

/// Something to be done at the end of a turn, as what was collected during it.
class Deferred : public ListHook<Deferred> {
 public:
  virtual void handle_turn_end() = 0;

 protected:
  ~Deferred() = default;
};

/// One serial queue on one thread: waits for readiness, fires timers, delivers results.
///
/// A turn is: wait, fire timers, read mail, deliver what is done, then do what was deferred. `now()` stands
/// still during a turn. Trace events go to their sinks before each of these steps and at the end.
class Loop final : public detail::RequestQueue, private ports::NetworkObserver {
 public:
  explicit Loop(std::unique_ptr<ports::Host> host);

  // For the owner.
  /// Turns until stop() is called, or nothing is left to wait for.
  void run();
  /// One turn that does not block; true if it did anything.
  bool run_ready();
  /// Something is left to wait for.
  [[nodiscard]] bool has_work() const;
  /// Called at the end of a run_ready() that left nothing to wait for, if there was something before.
  void set_idle_handler(std::move_only_function<void()> handler) {
    idle_handler_.set(std::move(handler));
  }
  void run_until_delivered(const bool& delivered) override;
  /// From any thread.
  void stop();
  /// When run_ready should be called next, if nothing else happens before.
  [[nodiscard]] std::optional<Instant> deadline();
  [[nodiscard]] int descriptor();
  /// The owner goes. Residents are told, and whatever waits or is done is dropped: of the user's, only
  /// destructors run.
  void shut_down();

  // For what lives on it.
  [[nodiscard]] Instant now();
  /// The clock itself, which goes on during a turn.
  [[nodiscard]] Instant precise_now();
  [[nodiscard]] ports::Host& host() { return *host_; }
  /// Where received bytes land.
  [[nodiscard]] BufferPool& buffers() { return buffers_; }
  [[nodiscard]] TimerQueue& timers() {
    expect_turn();
    return timers_;
  }
  /// The loop's one service of this type (drive/loop/service.h), made now if nobody asked before.
  template <class Kind>
  Kind& service() {
    if (Kind* const known = services_.find<Kind>()) return *known;
    watch_network();
    return services_.add(std::make_unique<Kind>(*this));
  }
  [[nodiscard]] NameService& names();
  [[nodiscard]] Signals& signals();
  [[nodiscard]] StandardInput& standard_input();
  /// Where TCP sockets go to be closed.
  [[nodiscard]] Lingering& lingering() { return lingering_; }
  [[nodiscard]] core::History& history();
  /// How this loop gets its TLS library, if it has one; before it is used.
  void provide_crypto(MakeCrypto make) { make_crypto_ = make; }
  [[nodiscard]] MakeCrypto make_crypto() const { return make_crypto_; }
  [[nodiscard]] Tracer& tracer() { return tracer_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  [[nodiscard]] bool is_gone() const { return host_ == nullptr; }
  void add_resident(Resident& resident) {
    resident.begin_residence(now());
    residents_.push_back(resident);
  }
  /// Who lives on this loop now, in the order in which they came.
  [[nodiscard]] std::vector<ResidentSnapshot> residents();
  void add_network_watcher(NetworkWatcher& watcher);
  /// Calls `work.handle_turn_end()` once, at the end of this turn or of the next.
  void defer(Deferred& work);
  /// There is something to do: a program that the loop is embedded in shall call again.
  void expect_turn() {
    if (wakes_) wake();
  }
  [[nodiscard]] std::uint64_t next_connection_number() { return ++connection_count_; }
  void link_stop(detail::RequestBase& request, std::stop_token token) override;
  void unlink_stop(detail::RequestBase& request) noexcept override;
  detail::Request<void>* make_sleep(Duration duration) override;
  /// Delivers what is done.
  void deliver_ready() {
    if (has_ready() && !delivering_) deliver_all();
  }
  /// Bytes were read from a socket, and may wait to be delivered.
  void count_read(std::size_t bytes) { undelivered_bytes_ += bytes; }
  /// For whoever just handled readiness: delivers once much was read, while it is in the cache. Small
  /// results wait for those of the sockets that were reported together, as the system is quicker to read
  /// from all of them and then to write to all of them than to do both in turns.
  void deliver_much() {
    if (undelivered_bytes_ >= undelivered_bytes_max) deliver_ready();
  }

 private:
  class StopLink;
  ~Loop() override;
  void wake() override;
  [[nodiscard]] bool has_mail() const { return !letters_.empty() || mailbox_->has_news(); }
  void turn(bool may_block);
  void allow_calls();
  bool fire_timers();
  bool read_mail();
  void stop_whoever_wants_to();
  void end_turn();
  void deliver_all();
  void tell_trace();
  void watch_network();
  void trace(const NetworkChange& change) noexcept;
  void handle_network_change() override;

  static constexpr std::size_t deliveries_per_turn_max = 1024;
  static constexpr std::size_t undelivered_bytes_max = 32 * 1024;  // a first-level cache
  static constexpr std::size_t timers_per_turn_max = 4096;
  static constexpr int deferrals_per_turn_max = 16;
  static constexpr int last_drops_max = 10'000;

  std::unique_ptr<ports::Host> host_;
  BufferPool& buffers_;  // the host's
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<Mailbox::Letter> letters_;  // taken; read up to next_letter_
  std::size_t next_letter_ = 0;
  TimerQueue timers_;
  Tracer tracer_{*this};
  ServiceTable services_;
  MakeCrypto make_crypto_ = nullptr;
  std::unique_ptr<Signals> signals_;           // once one is waited for
  detail::Ref<StandardInput> standard_input_;  // once somebody asks
  Lingering lingering_{*this};
  IntrusiveList<Resident, Resident> residents_;
  IntrusiveList<NetworkWatcher, NetworkWatcher> network_watchers_;
  IntrusiveList<Deferred, Deferred> deferred_;
  std::unordered_map<detail::RequestBase*, std::unique_ptr<StopLink>> stoppable_;
  std::uint64_t stop_link_count_ = 0;
  std::uint64_t connection_count_ = 0;
  std::optional<Instant> turn_time_;
  std::size_t deliveries_left_ = 0;
  std::size_t undelivered_bytes_ = 0;
  bool calls_ended_ = false;
  bool in_turn_ = false;
  bool delivering_ = false;
  bool embedded_ = false;
  bool watching_network_ = false;
  NetworkChange::Snapshot network_;  // as services and watchers know it
  bool did_something_ = false;
  bool had_work_ = false;  // when run_ready() last looked
  HeldFunction<void()> idle_handler_;
};

}  // namespace bowline::drive
