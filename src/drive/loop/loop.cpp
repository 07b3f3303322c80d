#include "drive/loop/loop.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <bowline/resident.h>

#include "base/flag_scope.h"
#include "drive/establish/learnt.h"
#include "drive/loop/sleep.h"
#include "drive/naming/name_service.h"
#include "drive/process/signals.h"
#include "drive/process/standard_input.h"

namespace bowline::drive {

/// Ties a stop token, which may be triggered on any thread, to a request. The token posts a letter to the
/// loop. By the time the letter is read the request may be gone, and another may lie at its address: hence
/// the number.
class Loop::StopLink final {
 public:
  StopLink(Loop& loop, detail::RequestBase& request, std::stop_token token)
      : number_(++loop.stop_link_count_),
        token_(token),
        callback_(std::move(token), Post{&loop, loop.mailbox_, &request, number_}) {}

  [[nodiscard]] bool is_stop_requested() const { return token_.stop_requested(); }

 private:
  struct Post {
    Loop* loop;
    std::shared_ptr<Mailbox> mailbox;
    detail::RequestBase* request;
    std::uint64_t number;
    void operator()() const noexcept {
      try {
        // The letter is read by that loop or by nobody, so the pointer to it is good whenever it is used.
        mailbox->post([loop = loop, request = request, number = number] {
          const auto found = loop->stoppable_.find(request);
          if (found != loop->stoppable_.end() && found->second->number_ == number) request->stop();
        });
      } catch (const std::bad_alloc&) {
        mailbox->ask_for_stops();
      }
    }
  };

  std::uint64_t number_;
  std::stop_token token_;
  std::stop_callback<Post> callback_;
};

Loop::Loop(std::unique_ptr<ports::Host> host)
    : host_(std::move(host)),
      buffers_(host_->buffers()),
      mailbox_(std::make_shared<Mailbox>(host_->poller())) {}

Loop::~Loop() { assert(is_gone()); }

void Loop::run() {
  struct End {
    Loop& loop;
    ~End() {
      loop.mailbox_->end_calls();
      loop.calls_ended_ = true;
    }
  } const end{*this};
  allow_calls();
  while (!mailbox_->take_stop() && has_work()) turn(true);
}

void Loop::allow_calls() {
  if (std::exchange(calls_ended_, false)) mailbox_->allow_calls();
}

bool Loop::has_work() const {
  return work() > 0 || has_ready() || has_mail() || !deferred_.empty() || tracer_.has_events();
}

bool Loop::run_ready() {
  if (in_turn_ || is_gone()) return false;
  const detail::Ref<Loop> keep(this);
  had_work_ = had_work_ || has_work();
  did_something_ = false;
  try {
    turn(false);
  } catch (...) {
    host_->poller().wake();  // for the rest
    throw;
  }
  if (embedded_) host_->poller().arm(deadline());
  wakes_ = embedded_;
  const bool did_something = did_something_;
  const bool became_idle = had_work_ && !has_work();
  had_work_ = had_work_ && !became_idle;
  if (became_idle && idle_handler_) idle_handler_.call();
  return did_something;
}

void Loop::run_until_delivered(const bool& delivered) {
  if (is_closed()) return;
  assert(!in_turn_ && "wait() from inside a callback would never return");
  while (!delivered) turn(true);
}

void Loop::stop() { mailbox_->ask_to_stop(); }

std::optional<Instant> Loop::deadline() {
  if (has_ready() || !deferred_.empty() || tracer_.has_events()) return Instant();
  return timers_.deadline();
}

int Loop::descriptor() {
  embedded_ = true;
  wakes_ = !in_turn_;
  host_->poller().arm(deadline());
  return host_->poller().descriptor();
}

void Loop::shut_down() {
  assert(!in_turn_ && "a loop must not be destroyed from inside of one of its callbacks");
  const detail::Ref<Loop> keep(this);
  in_turn_ = true;
  turn_time_ = host_->clock().now();  // and time stands still from now on
  close();  // what a destructor of the user's starts from now on is dropped at once
  wakes_ = embedded_ = false;
  tracer_.drop_user_sinks();
  idle_handler_.set(nullptr);
  mailbox_->close();
  mailbox_->end_calls();
  std::exchange(letters_, {}).clear();
  // Destructors of the user's may open something new, but not for ever.
  for (int i = 0; i < last_drops_max && (!residents_.empty() || has_ready()); ++i) {
    while (!residents_.empty()) residents_.pop_front().handle_loop_gone();
    while (has_ready()) pop().run_drop();
  }
  lingering_.close_all();  // streams that may need a service
  services_.clear();       // whose sockets are the host's
  standard_input_ = {};
  try {
    tell_trace();
  } catch (const std::bad_alloc&) {
    // A destructor cannot tell, and the last lines of a log are all that is lost.
  }
  host_.reset();
}

Instant Loop::now() {
  if (!in_turn_) return host_->clock().now();
  if (!turn_time_) turn_time_ = host_->clock().now();
  return *turn_time_;
}

Instant Loop::precise_now() { return host_->clock().now(); }

NameService& Loop::names() { return service<NameService>(); }
core::History& Loop::history() { return service<Learnt>().history(); }

std::optional<ResidentSnapshot> Resident::describe(Instant /*now*/) const { return std::nullopt; }

std::vector<ResidentSnapshot> Loop::residents() {
  std::vector<ResidentSnapshot> residents;
  residents_.for_each([&, at = now()](Resident& resident) {
    if (auto snapshot = resident.describe(at)) residents.push_back(*std::move(snapshot));
  });
  return residents;
}

Signals& Loop::signals() {
  if (!signals_) signals_ = std::make_unique<Signals>(*this);
  return *signals_;
}

StandardInput& Loop::standard_input() {
  if (standard_input_.get() == nullptr)
    standard_input_ = detail::Ref<StandardInput>(new StandardInput(*this));
  return *standard_input_;
}

/// Something was started outside of a turn: the program that the loop is embedded in shall call again.
void Loop::wake() {
  wakes_ = false;
  host_->poller().wake();
}

void Loop::add_network_watcher(NetworkWatcher& watcher) {
  network_watchers_.push_back(watcher);
  watch_network();
}

/// From the first who depends on the network on; so that a change can be compared with what was before.
void Loop::watch_network() {
  if (std::exchange(watching_network_, true)) return;
  host_->network().observe(this);
  if (auto snapshot = host_->network().snapshot(); snapshot.has_value()) network_ = *snapshot;
}

/// The host announces more than changes, such as the refresh of an address; those end here.
void Loop::handle_network_change() {
  auto snapshot = host_->network().snapshot();
  const NetworkChange change(network_, snapshot.has_value() ? *snapshot : nullptr);
  if (!change.is_any()) return;
  network_ = snapshot.has_value() ? *std::move(snapshot) : nullptr;
  trace(change);
  services_.tell(change);
  network_watchers_.for_each([](NetworkWatcher& watcher) { watcher.handle_network_change(); });
}

void Loop::trace(const NetworkChange& change) noexcept {
  if (!tracer_.is_on()) return;
  try {
    tracer_.emit(now(), "N", {core::TraceKind::network_changed, change.describe(), std::nullopt});
  } catch (const std::bad_alloc&) {
    // There is no memory for the line.
  }
}

void Loop::defer(Deferred& work) {
  expect_turn();
  if (!work.is_linked()) deferred_.push_back(work);
}

void Loop::link_stop(detail::RequestBase& request, std::stop_token token) {
  stoppable_[&request] = std::make_unique<StopLink>(*this, request, std::move(token));
}

void Loop::unlink_stop(detail::RequestBase& request) noexcept { stoppable_.erase(&request); }

detail::Request<void>* Loop::make_sleep(Duration duration) {
  return detail::RequestBase::make<SleepRequest>(*this, *this, duration);
}

void Loop::turn(bool may_block) {
  const FlagScope in_turn(in_turn_);
  wakes_ = false;
  if (calls_ended_) allow_calls();
  deliveries_left_ = deliveries_per_turn_max;
  turn_time_.reset();
  const bool busy =
      has_ready() || has_mail() || !deferred_.empty() || tracer_.has_events() || !may_block;
  host_->poller().wait(busy ? std::optional(Instant()) : timers_.deadline());
  turn_time_.reset();
  tell_trace();
  // Before the timers, by which connections report their states: what is pending completes first.
  deliver_ready();
  if (fire_timers()) did_something_ = true;
  if (read_mail()) did_something_ = true;
  // What it finishes may hand over more at once: a few rounds save the wait between them.
  for (int round = 0; round < deferrals_per_turn_max; ++round) {
    tell_trace();
    deliver_ready();
    if (deferred_.empty()) break;
    end_turn();
  }
  tell_trace();
}

/// Only where user code may run, as for completions.
void Loop::tell_trace() {
  if (!tracer_.has_events()) return;
  did_something_ = true;
  tracer_.deliver();
}

bool Loop::fire_timers() {
  if (!timers_.deadline()) return false;
  std::size_t fired = 0;
  for (; fired < timers_per_turn_max; ++fired) {
    tell_trace();  // of a change of state before its handler, which a timer calls
    Timer* timer = timers_.pop_due(now());
    if (timer == nullptr) break;
    timer->handle_timer();
  }
  return fired > 0;
}

bool Loop::read_mail() {
  if (!has_mail()) return false;
  // What an exception cut short goes on first.
  if (letters_.empty()) letters_ = mailbox_->take_all();
  const bool any = !letters_.empty();
  while (next_letter_ < letters_.size()) {
    Mailbox::Letter letter = std::move(letters_[next_letter_++]);
    letter();
  }
  letters_.clear();
  next_letter_ = 0;
  const bool asked = mailbox_->take_question();
  if (asked) stop_whoever_wants_to();
  return asked || any;
}

/// Each stop may end other requests, too: so the search begins anew after it.
void Loop::stop_whoever_wants_to() {
  const auto wants_to = [](const auto& stoppable) {
    return stoppable.second->is_stop_requested() && !stoppable.first->is_stop_wanted();
  };
  for (;;) {
    const auto found = std::ranges::find_if(stoppable_, wants_to);
    if (found == stoppable_.end()) return;
    found->first->stop();
  }
}

void Loop::end_turn() {
  did_something_ = true;
  while (!deferred_.empty()) deferred_.pop_front().handle_turn_end();
}

void Loop::deliver_all() {
  const FlagScope delivering(delivering_);
  while (deliveries_left_ > 0 && has_ready()) {
    if (tracer_.has_events()) {
      tell_trace();  // before the completions that the events led to
      if (!has_ready()) break;
    }
    --deliveries_left_;
    did_something_ = true;
    pop().run_delivery();
  }
  undelivered_bytes_ = 0;
}

}  // namespace bowline::drive
