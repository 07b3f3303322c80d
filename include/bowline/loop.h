#pragma once

#include <bowline/export.h>
#include <bowline/operation.h>
#include <bowline/path.h>
#include <bowline/remote.h>
#include <bowline/result.h>
#include <bowline/signal_set.h>
#include <bowline/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace bowline::drive {
class Loop;
class Mailbox;
}  // namespace bowline::drive
namespace bowline::sim {
class Host;
}
namespace bowline::ports {
class Host;
}

namespace BOWLINE_API bowline {

class ResidentSnapshot;  // bowline/resident.h
class StandardInput;     // bowline/standard_input.h
class Tracing;           // bowline/trace.h
struct TraceEvent;       // bowline/trace.h

/// One serial queue on one thread. Connections, listeners and lookups belong to one loop, and all that they
/// call back runs there.
///
/// thread    the one that calls run; others have a Remote, and may call post, call and stop while the loop
///           is there
/// lifetime  whatever is still open when the loop goes is aborted; of the program's code only destructors
///           run, also of callbacks and coroutines that still waited; handles that remain are inert
class Loop {
 public:
  /// On this host's own network. Out of descriptors or memory it throws what open() returns as an error.
  Loop();
  /// errors    resources_exhausted; internal if the kernel lacks what a loop needs
  [[nodiscard]] static Result<Loop> open();
  /// On a host of the simulator (bowline/sim/host.h): the same code, virtual time.
  explicit Loop(sim::Host& host);
  Loop(Loop&&) noexcept;
  Loop& operator=(Loop&&) noexcept;
  ~Loop();

  /// Runs until stop() is called, or until nothing is left to wait for: no operation, connection attempt,
  /// accept handler, posted task or Hold. An exception that leaves a callback leaves run() too, and the next
  /// run() goes on with the rest.
  void run();
  /// While it lives, run() goes on although nothing is left to do: for a loop that serves other threads.
  ///
  /// thread    made and destroyed on the loop's
  class Hold;
  [[nodiscard]] Hold hold();
  /// Does what is ready now and returns; true if there was anything.
  bool run_ready();
  /// Whether anything is left to wait for: exactly then run() would go on. False once the loop is gone.
  [[nodiscard]] bool has_work() const;
  /// Calls `handler` from run_ready(), as the last thing it does, each time that nothing is left to wait for
  /// but was before: a program that the loop is embedded in can end then. It may destroy the loop.
  void on_idle(std::move_only_function<void()> handler);
  void stop();

  /// Readable whenever run_ready() would do something: for use inside Qt, GLib, Asio, libuv.
  /// Level-triggered.
  [[nodiscard]] int descriptor();

  /// For other threads: what post, call and stop do, and it outlives the loop.
  [[nodiscard]] Remote remote() const { return Remote(mailbox_); }
  /// As Remote::post.
  bool post(std::move_only_function<void()> task);
  /// As Remote::call.
  template <class Make>
  auto call(Make make) -> Result<typename std::invoke_result_t<Make&>::value_type>;

  /// Busy polling: from now on run() looks for up to `longest` whether something has come before it sleeps;
  /// while nothing comes within that time, ever more rarely. Being woken costs some microseconds, and tens
  /// in a virtual machine, which a peer on this host pays too. In return the loop takes a whole core while
  /// messages come that often, and on a core that it shares it keeps the others from working. Some 50 us
  /// suit most; zero, the default, means never. In the simulator it makes no difference.
  void set_busy_poll(Duration longest);

  /// Completes after `duration`; at once, in the next turn, if that is not positive.
  [[nodiscard]] Operation<void> sleep(Duration duration);

  /// Waits for one of these signals: `const SignalSet interrupts{SIGINT, SIGTERM};` and then
  /// `const Result<int> signal = co_await loop.signal(interrupts);`.
  /// From the first wait on until the loop is gone they do nothing else, whatever thread of the process the
  /// system hands them to; then they do again what they did before. Child processes are not affected.
  ///
  /// Everyone who waits for a signal is told of it. If nobody waits, it is kept for the next one who does,
  /// once however often it came: so wait again, if a second ctrl-C shall end what the first did not.
  /// In the simulator, sim::Host::send_signal sends them.
  ///
  /// errors    invalid_argument for none, and for those that cannot be waited for: SIGKILL, SIGSTOP and what
  ///           faults of the program raise; unsupported if another loop of this process has waited for one
  ///           of them, as a signal has one handler in a process
  [[nodiscard]] Operation<int> signal(SignalSet signals);

  /// Completes once a read from `descriptor`, whatever it is, would not wait; also if it would fail. At once
  /// for a regular file. For the descriptors of other libraries; several waits may be pending for one.
  ///
  /// It waits for what is open under that number when it is started, and keeps that open until it is done or
  /// dropped: closing the number, or using it for something else, does not confuse it, but closes nothing
  /// yet.
  /// errors    invalid_argument if nothing is open under that number; resources_exhausted; unsupported in the
  ///           simulator, which has no descriptors
  [[nodiscard]] Operation<void> readable(int descriptor);
  /// The same for a write.
  [[nodiscard]] Operation<void> writable(int descriptor);

  /// Standard input as a stream; all calls give handles on the same.
  [[nodiscard]] StandardInput standard_input();

  /// The loop's time: still during a turn, virtual in the simulator.
  [[nodiscard]] Instant now() const;

  /// The clock that now() is taken from, which does not stand still during a turn: for measuring round trips.
  [[nodiscard]] Instant precise_now() const;

  /// The host's network now.
  [[nodiscard]] Result<Path> path();

  /// Every event inside the library goes to `sink` from now on, and to the others that are there; until the
  /// result is dropped: `const Tracing tracing = loop.trace(sink);`, or `loop.trace(sink).detach();`.
  ///
  /// The sink is called from run(), as any callback: it may start, cancel and drop anything, and add and
  /// remove sinks. An exception leaves run(), and the event counts as told. Tracing changes nothing of what
  /// happens. The loop keeps up to 4,096 events until then, and tells how many it had to drop. Nothing is
  /// told once the loop is being destroyed.
  Tracing trace(std::move_only_function<void(const TraceEvent&)> sink);

  /// Connections, listeners and lookups that are on this loop now: for an inspector.
  [[nodiscard]] std::vector<ResidentSnapshot> residents() const;

  /// For the library's own handles.
  [[nodiscard]] drive::Loop& core() const { return *core_; }
  [[nodiscard]] detail::RequestQueue& core_queue() const;

 private:
  friend Loop make_loop(std::unique_ptr<ports::Host> host);  // for the library's own tests
  explicit Loop(std::unique_ptr<ports::Host> host);
  void close();

  drive::Loop* core_ = nullptr;  // counted
  std::shared_ptr<drive::Mailbox> mailbox_;
};

class Loop::Hold {
 public:
  Hold() = default;
  Hold(Hold&&) noexcept = default;
  Hold& operator=(Hold&& other) noexcept {
    std::swap(queue_, other.queue_);
    return *this;
  }
  ~Hold() {
    if (queue_) queue_->end_work();
  }

 private:
  friend class Loop;
  explicit Hold(detail::RequestQueue& queue) : queue_(&queue) { queue.begin_work(); }
  detail::Ref<detail::RequestQueue> queue_;
};

template <class Make>
auto Loop::call(Make make) -> Result<typename std::invoke_result_t<Make&>::value_type> {
  return remote().call(std::move(make));
}

}  // namespace BOWLINE_API bowline
