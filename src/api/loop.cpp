#include "drive/loop/loop.h"

#include <bowline/loop.h>

#include <utility>

#include "api/compose.h"
#include "drive/establish/host/usable_families.h"
#include "drive/naming/name_service.h"

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
void Loop::trace(std::function<void(const TraceEvent&)> sink) {
  core_->tracer().set_sink(std::move(sink));
}

Operation<void> Loop::sleep(Duration duration) {
  return Operation<void>(core_->make_sleep(duration));
}

Result<Path> Loop::path() {
  BOWLINE_TRY(const auto snapshot, core_->host().network().snapshot());
  Path path;
  const drive::UsableFamilies usable = drive::usable_families(*snapshot, 0);
  path.supports_ipv4 = usable.ipv4;
  path.supports_ipv6 = usable.ipv6;
  path.satisfied = usable.ipv4 || usable.ipv6;
  path.interfaces = snapshot->interfaces;
  path.routes = snapshot->routes;
  for (const core::ResolverEntry& entry : core_->names().config().entries) {
    path.dns_servers.insert(path.dns_servers.end(), entry.servers.begin(), entry.servers.end());
    path.search_domains.insert(path.search_domains.end(), entry.search.begin(), entry.search.end());
  }
  path.supports_dns = !path.dns_servers.empty();
  return path;
}

}  // namespace bowline
