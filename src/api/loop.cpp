#include "drive/loop/loop.h"

#include <bowline/loop.h>
#include <bowline/resident.h>

#include <utility>

#include "api/compose.h"
#include "api/secure/compose_crypto.h"
#include "drive/naming/name_service.h"
#include "drive/paths/path_service.h"

namespace bowline {

Loop::Loop() : Loop(make_this_host().value()) { trace_as_environment_says(*this); }

Loop make_loop(std::unique_ptr<ports::Host> host) { return Loop(std::move(host)); }

Result<Loop> Loop::open() {
  BOWLINE_TRY(auto host, make_this_host());
  Loop loop = make_loop(std::move(host));
  trace_as_environment_says(loop);
  return loop;
}

Loop::Loop(std::unique_ptr<ports::Host> host)
    : core_(new drive::Loop(std::move(host))), mailbox_(core_->mailbox()) {
  core_->add_ref();
  core_->provide_crypto(make_crypto);
}

Loop::Loop(Loop&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)), mailbox_(std::move(other.mailbox_)) {}

Loop& Loop::operator=(Loop&& other) noexcept {
  std::swap(core_, other.core_);
  std::swap(mailbox_, other.mailbox_);
  return *this;
}

Loop::~Loop() {
  if (core_ == nullptr) return;
  core_->shut_down();
  core_->drop_ref();
}

void Loop::run() { core_->run(); }
bool Loop::run_ready() { return core_->run_ready(); }
void Loop::stop() { core_->stop(); }
bool Loop::has_work() const { return core_->has_work(); }
void Loop::on_idle(std::move_only_function<void()> handler) {
  core_->set_idle_handler(std::move(handler));
}
detail::RequestQueue& Loop::core_queue() const { return *core_; }
Loop::Hold Loop::hold() { return Hold(*core_); }
int Loop::descriptor() { return core_->descriptor(); }
bool Loop::post(std::move_only_function<void()> task) { return mailbox_->post(std::move(task)); }
bool Remote::post(std::move_only_function<void()> task) const {
  return mailbox_ && mailbox_->post(std::move(task));
}
void Remote::stop() const {
  if (mailbox_) mailbox_->ask_to_stop();
}
bool Remote::begin_call(detail::Caller& caller) const {
  return mailbox_ && mailbox_->begin_call(caller);
}
void Remote::end_call(detail::Caller& caller) const noexcept { mailbox_->end_call(caller); }
void Loop::set_busy_poll(Duration longest) { core_->host().poller().set_busy_poll(longest); }
Instant Loop::now() const { return core_->now(); }
Instant Loop::precise_now() const { return core_->precise_now(); }
std::vector<ResidentSnapshot> Loop::residents() const { return core_->residents(); }
Tracing Loop::trace(std::move_only_function<void(const TraceEvent&)> sink) {
  return Tracing(*core_, core_->tracer().add(std::move(sink)));
}

Tracing::Tracing(drive::Loop& loop, std::uint64_t number) : loop_(&loop), number_(number) {
  loop_->add_ref();
}

Tracing::Tracing(Tracing&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), number_(other.number_) {}

Tracing& Tracing::operator=(Tracing&& other) noexcept {
  std::swap(loop_, other.loop_);
  std::swap(number_, other.number_);
  return *this;
}

Tracing::~Tracing() { stop(); }

void Tracing::stop() {
  if (loop_ == nullptr) return;
  drive::Loop& loop = *std::exchange(loop_, nullptr);
  loop.tracer().remove(number_);
  loop.drop_ref();
}

void Tracing::detach() {
  if (loop_ != nullptr) std::exchange(loop_, nullptr)->drop_ref();
}

Operation<void> Loop::sleep(Duration duration) {
  return Operation<void>(core_->make_sleep(duration));
}

Result<Path> Loop::path() { return core_->service<drive::PathService>().whole_path(); }

}  // namespace bowline
