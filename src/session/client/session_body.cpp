#include "session/client/session_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include "session/store/public_suffixes.h"
#include "session/task/task_body.h"

namespace bowline::session {

namespace {

core::HttpPool::Options pool_options(const SessionFacts& facts) {
  core::HttpPool::Options options;
  options.per_key_max = facts.per_host_max;
  options.links_max = facts.connections_max;
  options.idle_timeout = facts.connection_idle;
  return options;
}

std::vector<std::string> split_protocols(const std::string& text) {
  if (text.empty()) return {};
  if (const std::size_t comma = text.find(','); comma != std::string::npos)
    return {text.substr(0, comma), text.substr(comma + 1)};
  return {text};
}

}  // namespace

SessionBody::SessionBody(Loop& loop, const std::shared_ptr<SessionFacts>& facts)
    : ground_(loop),
      facts_(std::make_shared<const SessionFacts>(*facts)),
      pool_(pool_options(*facts)),
      jar_({}, is_public_suffix),
      cache_(facts->cache_octets),
      proxies_(facts->proxies, facts->environment_proxies,
               [this](const char* name) { return ground_.variable(name); }) {
  if (facts_->store.empty()) return;
  auto store = ground_.open_records(facts_->store);
  if (!store.has_value()) {
    store_error_ = store.error();
    return;
  }
  records_.emplace(*std::move(store), SessionRecords::Memory{jar_, hsts_, cache_});
  if (auto taken = records_->take_over(wall_seconds()); !taken.has_value())
    store_error_ = taken.error();
}

Result<void> SessionBody::refresh_memory() {
  if (store_error_) return *store_error_;
  if (!records_) return {};
  // That somebody else holds the file is no reason to fail: what we know still holds.
  static_cast<void>(records_->take_over(wall_seconds()));
  return {};
}

SessionBody::~SessionBody() = default;

void SessionBody::drop_handle() {
  if (--handles_ > 0) return;
  const detail::Ref<SessionBody> keep(this);
  // Tasks whose result nobody waits for have nobody left who could hear of them.
  is_finishing_ = true;
  for (TaskBody* const task : std::set(tasks_))
    if (tasks_.contains(task)) task->handle_session_dropped();
  if (ground_.is_gone()) return;
  pool_.drain(ground_.now());
  run_pool();
  end_if_unused();
}

void SessionBody::cancel() {
  const detail::Ref<SessionBody> keep(this);
  is_finishing_ = true;
  for (TaskBody* const task : std::set(tasks_))
    if (tasks_.contains(task)) task->cancel();
  for (const auto& [id, link] : std::exchange(links_, {})) {
    link->close(link->is_idle());
    pool_.handle_closed(id, ground_.now());
  }
  run_pool();
}

void SessionBody::begin_finish() {
  is_finishing_ = true;
  pool_.drain(ground_.now());
  run_pool();
}

void SessionBody::add_waiter(FinishRequest& request) {
  waiters_.push(request);
  tell_waiters();
}

void SessionBody::remove_waiter(FinishRequest& request) noexcept { waiters_.remove(request); }

void SessionBody::forget_connections() { ++generation_; }

std::string SessionBody::chance(std::size_t characters) const {
  constexpr std::string_view alphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ--";
  std::string text(characters, '\0');
  ground_.fill_random(std::as_writable_bytes(std::span(text)));
  for (char& c : text) {
    const auto index = static_cast<unsigned char>(c) % 62U;
    c = alphabet[index];
  }
  return text;
}

Result<void> SessionBody::add_task(TaskBody& task) {
  if (is_finishing_) return Error(ErrorKind::closed, "request", "the session was finished");
  if (ground_.is_gone()) return Error(ErrorKind::cancelled, "request", "the loop is gone");
  tasks_.insert(&task);
  return {};
}

void SessionBody::remove_task(TaskBody& task) {
  tasks_.erase(&task);
  if (!tasks_.empty() || is_gone_) return;
  tell_waiters();
  end_if_unused();
}

Result<core::HttpPool::WishId> SessionBody::want(TaskBody& task, core::HttpPool::Wish wish) {
  const core::HttpPool::WishId id = ++last_wish_;
  BOWLINE_TRY_VOID(pool_.want(id, std::move(wish), ground_.now()));
  wishes_.emplace(id, &task);
  expect_pool_turn();
  return id;
}

void SessionBody::withdraw(core::HttpPool::WishId wish) {
  if (wishes_.erase(wish) == 0) return;
  pool_.withdraw(wish, ground_.now());
}

const DomainException* SessionBody::exception_for(const Url& url) const {
  const DomainException* best = nullptr;
  for (const DomainException& each : facts_->exceptions) {
    const bool fits = each.with_subdomains() ? core::domain_matches(url.host(), each.domain(),
                                                                    url.address().has_value())
                                             : url.host() == each.domain();
    // The longest domain is the narrowest.
    if (fits && (best == nullptr || each.domain().size() >= best->domain().size())) best = &each;
  }
  return best;
}

std::uint32_t SessionBody::security_number(const Url& url) const {
  const DomainException* const exception = exception_for(url);
  if (exception == nullptr || !exception->security()) return 0;
  return static_cast<std::uint32_t>(exception - facts_->exceptions.data()) + 1;
}

Link* SessionBody::link_that_covers(const core::PoolKey& key) const {
  if (key.scheme != "https" || !key.proxy.empty() || separate_hosts_.contains(key.host))
    return nullptr;
  Link* found = nullptr;
  for (const auto& [id, link] : links_) {
    if (link->key() == key) return nullptr;
    core::PoolKey other = link->key();
    other.host = key.host;
    if (other == key && link->covers(key.host)) found = link.get();
  }
  return found;
}

void SessionBody::note_misdirected(const std::string& host) {
  constexpr std::size_t hosts_max = 1000;
  if (separate_hosts_.size() >= hosts_max) separate_hosts_.erase(separate_hosts_.begin());
  separate_hosts_.insert(host);
}

void SessionBody::handle_link_failed(Link& link, const Error& error) {
  const detail::Ref<SessionBody> keep(this);
  const core::HttpPool::LinkId id = link.id();
  links_.erase(id);
  pool_.handle_failed(id, error, ground_.now());
  expect_pool_turn();
}

void SessionBody::handle_link_closed(Link& link) {
  const detail::Ref<SessionBody> keep(this);
  const core::HttpPool::LinkId id = link.id();
  links_.erase(id);
  pool_.handle_closed(id, ground_.now());
  expect_pool_turn();
}

void SessionBody::handle_link_waiting(Link& link, const Error& why) {
  const detail::Ref<SessionBody> keep(this);
  const detail::Ref<Link> still(&link);
  std::vector<detail::Ref<TaskBody>> told;
  for (const auto& [wish, task] : wishes_) told.emplace_back(task);
  for (const detail::Ref<TaskBody>& task : told) task->handle_waiting(link.key(), why);
}

void SessionBody::expect_pool_turn() {
  if (is_in_pool_) {
    is_pool_turn_wanted_ = true;
    return;
  }
  run_pool();
}

void SessionBody::handle_loop_gone() noexcept {
  if (std::exchange(is_gone_, true)) return;
  const detail::Ref<SessionBody> keep(this);
  is_finishing_ = true;
  while (!waiters_.empty())
    waiters_.pop().finish(Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "finish"));
  for (TaskBody* const task : std::exchange(tasks_, {})) task->handle_loop_gone();
  // Their connections are the loop's, which has closed them.
  std::exchange(links_, {}).clear();
}

void SessionBody::run_pool() {
  if (is_in_pool_) {
    is_pool_turn_wanted_ = true;
    return;
  }
  const detail::Ref<SessionBody> keep(this);
  is_in_pool_ = true;
  do {
    is_pool_turn_wanted_ = false;
    while (!ground_.is_gone()) {
      auto output = pool_.poll(ground_.now());
      if (!output) break;
      std::visit([this](auto& item) { carry_out(item); }, *output);
    }
  } while (is_pool_turn_wanted_ && !ground_.is_gone());
  is_in_pool_ = false;
  if (!ground_.is_gone()) alarm_.set(ground_, pool_.deadline(), false);
}

void SessionBody::carry_out(const core::HttpPool::Open& open) {
  const std::shared_ptr<const drive::StackPlan> plan = plan_for(open.key);
  Parameters parameters = facts_->parameters;
  std::string_view host = open.key.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  Endpoint endpoint = bowline::host(host, open.key.port);
  if (open.key.is_forwarded()) endpoint = proxies_.at(open.key.proxy_security - 1).proxy.endpoint();
  const detail::Ref<Link> link(
      new Link(*this, open.link, open.key,
               ground_.connect(plan, std::move(endpoint), std::move(parameters))));
  links_.emplace(open.link, link);
  link->start();
}

void SessionBody::carry_out(core::HttpPool::Give& give) {
  const auto found = links_.find(give.link);
  const auto task = wishes_.find(give.wish);
  if (found == links_.end()) return;
  const detail::Ref<Link> link = found->second;
  if (task != wishes_.end()) {
    const detail::Ref<TaskBody> given(wishes_.extract(task).mapped());
    given->handle_given(*link, give);
  }
  link->pump();
}

void SessionBody::carry_out(const core::HttpPool::Refuse& refuse) {
  const auto task = wishes_.find(refuse.wish);
  if (task == wishes_.end()) return;
  const detail::Ref<TaskBody> refused(wishes_.extract(task).mapped());
  refused->handle_refused(refuse.error);
}

void SessionBody::carry_out(const core::HttpPool::Close& close) {
  const auto found = links_.find(close.link);
  if (found == links_.end()) return;
  const detail::Ref<Link> link = found->second;
  links_.erase(found);
  link->close(true);
  pool_.handle_closed(close.link, ground_.now());
}

void SessionBody::handle_alarm() {
  pool_.handle_timeout(ground_.now());
  run_pool();
}

void SessionBody::tell_waiters() {
  while (tasks_.empty() && !waiters_.empty()) waiters_.pop().finish({});
}

/// Nobody holds a handle and no task is left: what is idle has gone, and what is on its way leads nowhere.
void SessionBody::end_if_unused() {
  if (handles_ > 0 || !tasks_.empty() || ground_.is_gone()) return;
  const detail::Ref<SessionBody> keep(this);
  for (const auto& [id, link] : std::exchange(links_, {})) {
    link->close(true);
    pool_.handle_closed(id, ground_.now());
  }
  alarm_.clear();
}

/// One for each way of securing and each proxy: what is made with one object shares tickets, and what was
/// learnt about the proxy.
std::shared_ptr<const drive::StackPlan> SessionBody::plan_for(const core::PoolKey& key) {
  const bool is_secure = key.scheme == "https";
  auto& plan = plans_[std::to_string(key.security) + " " + std::to_string(key.proxy_security) +
                      " " + key.proxy_credential + (is_secure ? " tls " : " ") + key.protocols +
                      (key.is_forwarded() ? " forwarded" : "")];
  if (plan) return plan;
  if (key.proxy_security == 0) {
    plan = is_secure ? tls(security_of(key)).plan() : tcp().plan();
    return plan;
  }
  const Proxy& proxy = proxies_.at(key.proxy_security - 1).proxy;
  if (!key.is_forwarded()) {
    plan = is_secure ? tls(tunnel(proxy), security_of(key)).plan() : tunnel(proxy).plan();
  } else if (proxy.kind() == ProxyKind::https) {
    plan = tls(SecurityOptions(proxy.security()).alpn({"http/1.1"})).plan();
  } else {
    plan = tcp().plan();
  }
  return plan;
}

SecurityOptions SessionBody::security_of(const core::PoolKey& key) const {
  SecurityOptions options =
      key.security == 0 ? facts_->security : *facts_->exceptions[key.security - 1].security();
  options.alpn(split_protocols(key.protocols));
  // Who asked for HTTP/2 and nothing else is not to get something else.
  if (key.protocols == "h2") options.require_alpn();
  return options;
}

}  // namespace bowline::session
