#include <algorithm>
#include <utility>

#include "core/http/rules/challenge.h"
#include "session/task/task_body.h"
#include "wire/http/characters.h"
#include "wire/http/list.h"

// What a task asks for next, and what a response means for it.

namespace bowline::session {

namespace {

Error not_allowed(const Url& url) {
  return Error(ErrorKind::untrusted, ErrorDomain::policy, 0, "request",
               "without TLS anybody on the way could read and change it: use https, or allow plain "
               "http for this domain")
      .about(std::string(url.authority()));
}

std::string_view protocols_for(HttpChoice of_session, HttpChoice of_request) {
  const HttpChoice choice = of_request != HttpChoice::any ? of_request : of_session;
  switch (choice) {
    case HttpChoice::any: return "h2,http/1.1";
    case HttpChoice::http1: return "http/1.1";
    case HttpChoice::http2: return "h2";
  }
  return {};
}

bool is_cacheable_method(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

/// Once, before the first hop.
Result<void> TaskBody::prepare() {
  const SessionFacts& session = session_->facts();
  if (facts_->error) return *facts_->error;
  if (session.error) return *session.error;
  BOWLINE_TRY_VOID(session_->refresh_memory());
  idle_timeout_ = facts_->idle_timeout.value_or(session.idle_timeout);
  total_deadline_ = began_ + bounded(facts_->total_timeout.value_or(session.total_timeout));
  BOWLINE_TRY(upload_, make_upload(*facts_, session_->chance(40)));
  request_.url = facts_->url;
  request_.method = !facts_->method.empty() ? facts_->method : upload_ ? "POST" : "GET";
  for (const HttpField field : session.fields) {
    if (!facts_->fields.contains(field.name))
      BOWLINE_TRY_VOID(request_.fields.add(field.name, field.value));
  }
  for (const HttpField field : facts_->fields)
    BOWLINE_TRY_VOID(request_.fields.add(field.name, field.value));
  if (upload_ && !upload_->content_type().empty() && !request_.fields.contains("content-type"))
    BOWLINE_TRY_VOID(request_.fields.add("Content-Type", upload_->content_type()));
  if (facts_->file.empty()) return {};
  return begin_resume();
}

void TaskBody::next_hop() {
  if (suspensions_ > 0) {
    is_hop_wanted_ = true;
    return;
  }
  const detail::Ref<TaskBody> keep(this);
  state_ = State::waiting;
  close_transaction();
  upgrade_by_hsts();
  if (!look_for_https_record()) begin_hop();
}

/// Like HSTS, but said by DNS, so that nobody is asked in the clear even once. It says nothing of addresses
/// and of this host itself, and a proxy is not to learn by our resolver's questions whom we ask.
bool TaskBody::look_for_https_record() {
  const Url& url = request_.url;
  if (!session_->facts().https_records || url.scheme() != "http" || url.port()) return false;
  if (url.host().empty() || url.address() || is_this_host(url)) return false;
  if (!choose_way().has_value() || ways_[way_]) return false;
  return https_record_.ask_for_https(session_->ground(), std::string(url.host()));
}

void TaskBody::handle_https_record(bool has_one) {
  if (state_ != State::waiting) return;
  const detail::Ref<TaskBody> keep(this);
  if (has_one) {
    if (auto upgraded = request_.url.with_scheme("https"); upgraded.has_value())
      request_.url = *std::move(upgraded);
  }
  if (suspensions_ > 0) {
    is_hop_wanted_ = true;
    return;
  }
  begin_hop();
}

void TaskBody::begin_hop() {
  const detail::Ref<TaskBody> keep(this);
  Transaction transaction;
  // One begins where the one before ended, so that no time is lost between them.
  transaction.started =
      transactions_.empty() ? began_ : transactions_.back().ended.value_or(stamp());
  transaction.facts.method = request_.method;
  transaction.facts.url = request_.url.with_credentials("", "").with_fragment(std::nullopt).text();
  transactions_.push_back(std::move(transaction));
  if (auto allowed = check_policy(); !allowed.has_value()) return fail(allowed.error());
  if (auto chosen = choose_way(); !chosen.has_value()) return fail(chosen.error());
  if (auto made = make_head(); !made.has_value()) return fail(made.error());
  if (answer_from_cache()) return;
  want_link(std::exchange(is_next_fresh_, false));
}

Result<void> TaskBody::check_policy() const {
  const Url& url = request_.url;
  if (url.scheme() == "ftp")
    return Error(ErrorKind::unsupported, "request",
                 "FTP is not spoken: its password and content go unprotected; ask for an https URL")
        .about("ftp");
  if (url.scheme() != "https" && url.scheme() != "http")
    return Error(ErrorKind::unsupported, "request", "only http and https can be fetched")
        .about(std::string(url.scheme()));
  if (url.host().empty())
    return Error(ErrorKind::invalid_argument, "request", "the URL names no host").about(url.text());
  const std::string_view versions = protocols_for(session_->facts().versions, facts_->versions);
  if (url.scheme() == "http" && versions == "h2")
    return Error(ErrorKind::unsupported, "request", "HTTP/2 is spoken over TLS only: use https")
        .about(std::string(url.authority()));
  if (url.scheme() == "https" || session_->facts().allows_plain || is_this_host(url)) return {};
  const DomainException* const exception = session_->exception_for(url);
  if (exception != nullptr && exception->allows_plain()) return {};
  return not_allowed(url);
}

void TaskBody::upgrade_by_hsts() {
  if (request_.url.scheme() != "http") return;
  if (!session_->hsts().applies_to(request_.url, session_->wall_seconds())) return;
  if (auto upgraded = request_.url.with_scheme("https"); upgraded.has_value())
    request_.url = *std::move(upgraded);
}

Result<void> TaskBody::make_head() {
  const SessionFacts& session = session_->facts();
  head_ = {};
  head_.method = request_.method;
  head_.scheme = request_.url.scheme();
  head_.authority = request_.url.authority();
  head_.path = request_.url.target();
  HttpFields& fields = head_.fields;
  fields = request_.fields;
  if (!session.user_agent.empty() && !fields.contains("user-agent"))
    BOWLINE_TRY_VOID(fields.add("User-Agent", session.user_agent));
  if (!fields.contains("accept")) BOWLINE_TRY_VOID(fields.add("Accept", "*/*"));
  if (facts_->decode && facts_->file.empty() && !fields.contains("accept-encoding") &&
      !fields.contains("range"))
    BOWLINE_TRY_VOID(fields.add("Accept-Encoding", accepted_codings));
  if (const std::string priority = core::to_string(priority_);
      !priority.empty() && !fields.contains("priority"))
    BOWLINE_TRY_VOID(fields.add("Priority", priority));
  if (facts_->cache == CachePolicy::reload && !fields.contains("cache-control"))
    BOWLINE_TRY_VOID(fields.add("Cache-Control", "no-cache"));
  // Caches on the way are to ask, too.
  if (facts_->cache == CachePolicy::validate && !fields.contains("cache-control"))
    BOWLINE_TRY_VOID(fields.add("Cache-Control", "max-age=0"));
  if (resume_offset_ > 0) {
    BOWLINE_TRY_VOID(fields.set("Range", "bytes=" + std::to_string(resume_offset_) + "-"));
    BOWLINE_TRY_VOID(fields.set("If-Range", resume_validator_));
  }
  if (session.cookies && facts_->cookies && !fields.contains("cookie")) {
    core::CookieContext context;
    context.now = session_->wall_seconds();
    context.partition = facts_->partition;
    if (const std::string cookies = session_->jar().header_for(request_.url, context);
        !cookies.empty())
      BOWLINE_TRY_VOID(fields.add("Cookie", cookies));
  }
  add_credentials();
  add_proxy_credentials();
  return wire::check_request(head_);
}

/// True if nobody has to be asked.
bool TaskBody::answer_from_cache() {
  is_validating_ = false;
  const CachePolicy policy = facts_->cache;
  cache_key_ = ResponseCache::key_of(facts_->partition, request_.url);
  if (policy == CachePolicy::none || policy == CachePolicy::reload) return false;
  ResponseCache::Stored* const stored =
      is_cacheable_method(head_.method) && facts_->file.empty() && !head_.fields.contains("range")
          ? session_->cache().find(cache_key_, head_)
          : nullptr;
  if (stored == nullptr) {
    if (policy != CachePolicy::only_stored) return false;
    answer_missing();
    return true;
  }
  const core::CacheUse use = core::judge_use(stored->response, head_, session_->wall_seconds());
  const bool is_usable = use != core::CacheUse::validate && policy != CachePolicy::validate;
  if (is_usable || policy == CachePolicy::prefer_stored || policy == CachePolicy::only_stored) {
    answer_from_stored(UrlSource::cache);
    return true;
  }
  is_validating_ = core::add_conditions(stored->response, head_);
  return false;
}

core::PoolKey TaskBody::make_key() const {
  core::PoolKey key;
  key.scheme = request_.url.scheme();
  key.host = request_.url.host();
  key.port = request_.url.effective_port().value_or(0);
  key.security = session_->security_number(request_.url);
  key.partition = facts_->partition;
  key.generation = session_->generation();
  if (const ProxyBook::Way way = ways_[way_]) {
    const ProxyBook::Known& known = session_->proxies().at(*way);
    key.proxy = known.proxy.text();
    key.proxy_credential = known.proxy.username() + "#" + std::to_string(known.version);
    key.proxy_security = static_cast<std::uint32_t>(*way) + 1;
  }
  if (key.scheme == "https")
    key.protocols = protocols_for(session_->facts().versions, facts_->versions);
  return key;
}

void TaskBody::want_link(bool is_fresh) {
  const core::PoolKey key = make_key();
  if (!is_fresh && look_for_shared_link(key)) return;
  want_link_with(key, is_fresh);
}

/// Another host's connection serves if its certificate is for this one, too, and DNS leads to where it is.
bool TaskBody::look_for_shared_link(const core::PoolKey& key) {
  const Link* const other = session_->link_that_covers(key);
  if (other == nullptr || !other->report().remote()) return false;
  shared_link_ = other->id();
  return shared_way_.ask_for_address(session_->ground(), key.host, other->report().remote()->ip);
}

void TaskBody::handle_shared_way(bool is_agreed) {
  if (state_ != State::waiting || link_ || wish_ != 0) return;
  const detail::Ref<TaskBody> keep(this);
  const core::PoolKey key = make_key();
  const Link* const other = is_agreed ? session_->find_link(shared_link_) : nullptr;
  const bool still_covers = other != nullptr && other->covers(key.host);
  want_link_with(still_covers ? other->key() : key, false);
}

void TaskBody::want_link_with(core::PoolKey key, bool is_fresh) {
  core::HttpPool::Wish wish{std::move(key), is_fresh, false, priority_.urgency};
  wish.may_multiplex = wish.key.protocols.starts_with("h2");
  auto wanted = session_->want(*this, std::move(wish));
  if (!wanted.has_value()) return fail(wanted.error());
  // It may have been given a link, or refused, inside of the call.
  if (state_ == State::waiting && !link_) wish_ = *wanted;
}

Result<TaskBody::Verdict> TaskBody::judge() {
  learn_from_response();
  const int status = response_.status;
  if (status == 421 && !std::exchange(has_retried_misdirected_, true)) {
    is_next_fresh_ = true;
    session_->note_misdirected(std::string(request_.url.host()));
    return Verdict::again;
  }
  if (status == 304 && is_validating_) return Verdict::not_modified;
  if (status == 407 && is_forwarded()) {
    BOWLINE_TRY_VOID(authenticate_to_proxy());
    return Verdict::again;
  }
  if (status == 401 && authenticate()) return Verdict::again;
  if (core::is_redirect(status)) {
    BOWLINE_TRY(const bool follows, follow());
    if (follows) return Verdict::again;
  }
  if (status >= 500 && status <= 504 && status != 501 && is_validating_) {
    const ResponseCache::Stored* const stored = session_->cache().find(cache_key_, head_);
    if (stored != nullptr && core::may_stand_in(stored->response, head_, session_->wall_seconds()))
      return Verdict::not_modified;
  }
  return Verdict::answer;
}

Result<bool> TaskBody::follow() {
  const std::size_t hops_max =
      std::min(facts_->redirects_max.value_or(session_->facts().redirects_max),
               std::max<std::size_t>(session_->facts().redirects_max, 0));
  const auto location = response_.fields.find("location");
  if (!location || hops_max == 0) return false;
  core::RedirectRules rules;
  rules.hops_max = hops_max;
  BOWLINE_TRY(core::RedirectedRequest next,
              core::follow_redirect(request_, response_.status, *location, hops_, rules));
  ++hops_;
  if (next.changes_origin) has_own_credentials_ = false;
  if (!next.keeps_body) upload_.reset();
  request_ = std::move(next);
  request_.keeps_body = true;
  request_.changes_origin = false;
  refusals_ = 0;
  challenges_ = 0;
  return true;
}

void TaskBody::learn_from_response() {
  const std::int64_t wall = session_->wall_seconds();
  if (session_->facts().cookies && facts_->cookies) {
    core::CookieContext context;
    context.now = wall;
    context.partition = facts_->partition;
    session_->jar().set_all(request_.url, response_.fields.all("set-cookie"), context);
  }
  // Over TLS that was verified, or there would be no response.
  if (const auto field = response_.fields.find("strict-transport-security");
      field && request_.url.scheme() == "https")
    session_->hsts().learn(request_.url, *field, wall);
  if (!core::is_redirect(response_.status)) {
    for (const Url& url : core::invalidated_by(request_.url, head_.method, response_))
      session_->cache().remove(ResponseCache::key_of(facts_->partition, url));
  }
  session_->keep_memory();
}

/// The response is what the program gets.
Result<void> TaskBody::begin_answer() {
  has_answer_ = true;
  std::vector<std::string_view> codings;
  const bool is_coded = facts_->decode && facts_->file.empty() && head_.method != "HEAD";
  for (const std::string_view value :
       is_coded ? response_.fields.all("content-encoding") : std::vector<std::string_view>()) {
    for (const std::string_view coding : wire::split_http_list(value)) codings.push_back(coding);
  }
  BOWLINE_TRY_VOID(intake_.start(codings, facts_->body_octets_max));
  if (!facts_->file.empty()) BOWLINE_TRY_VOID(continue_file());
  tell_head();
  return {};
}

/// With a response that was stored, freshened if the origin said that it still holds.
void TaskBody::answer_from_stored(UrlSource source) {
  ResponseCache::Stored* const found = session_->cache().find(cache_key_, head_);
  if (found == nullptr) return answer_missing();
  ResponseCache::Stored stored = *found;
  const std::int64_t wall = session_->wall_seconds();
  if (source == UrlSource::revalidated && response_.status == 304) {
    core::freshen(stored.response, response_, {requested_at_, wall});
    session_->cache().put(stored, head_);
    session_->keep_memory();
  }
  response_ = stored.response.head;
  static_cast<void>(response_.fields.set("Age", core::age_of(stored.response, wall)));
  Transaction& transaction = transactions_.back();
  transaction.facts.source = source;
  transaction.facts.status = response_.status;
  close_transaction();
  has_answer_ = true;
  is_message_ended_ = true;
  auto answered = intake_.start({}, facts_->body_octets_max);
  tell_head();
  if (answered.has_value() && head_.method != "HEAD") answered = intake_.take(stored.body.bytes());
  if (answered.has_value()) answered = intake_.finish();
  if (!answered.has_value()) return fail(answered.error());
  go_on();
}

/// Nothing is stored, and nobody may be asked (RFC 9111 5.2.1.7).
void TaskBody::answer_missing() {
  response_ = {};
  response_.status = 504;
  response_.reason = "Not Stored";
  transactions_.back().facts.status = 504;
  transactions_.back().facts.source = UrlSource::cache;
  close_transaction();
  has_answer_ = true;
  is_message_ended_ = true;
  auto answered = intake_.start({}, facts_->body_octets_max);
  if (answered.has_value()) answered = intake_.finish();
  tell_head();
  go_on();
}

/// The origin cannot be asked; what is stored may do (RFC 5861 4).
bool TaskBody::stand_in() {
  if (!is_validating_) return false;
  const ResponseCache::Stored* const stored = session_->cache().find(cache_key_, head_);
  if (stored == nullptr || !core::may_stand_in(stored->response, head_, session_->wall_seconds()))
    return false;
  answer_from_stored(UrlSource::cache);
  return true;
}

void TaskBody::keep_in_cache() {
  const bool is_wanted = facts_->cache != CachePolicy::none && session_->cache().octets_max() > 0;
  if (!is_wanted || head_.method != "GET" || intake_.target() != Intake::Target::memory) return;
  if (transactions_.back().facts.source != UrlSource::network || !response_.status) return;
  const core::ResponseTimes times{requested_at_, session_->wall_seconds()};
  if (!core::may_store(head_, response_, times)) return;
  ResponseCache::Stored stored;
  stored.key = cache_key_;
  stored.response = {head_.method, core::fields_named_by_vary(head_, response_), response_, times};
  core::remove_hop_fields(stored.response.head.fields);
  stored.body = intake_.memory();
  session_->cache().put(std::move(stored), head_);
  session_->keep_memory();
}

void TaskBody::close_transaction() {
  if (transactions_.empty()) return;
  Transaction& transaction = transactions_.back();
  if (transaction.ended) return;
  transaction.ended = session_->ground().is_gone() ? transaction.started : stamp();
}

}  // namespace bowline::session
