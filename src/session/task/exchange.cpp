#include <algorithm>
#include <array>
#include <utility>

#include "session/task/task_body.h"

// A task's part in an exchange: the request goes out, the response comes in.

namespace bowline::session {

namespace {

constexpr std::size_t discarded_octets_max = std::size_t{64} * 1024;
constexpr std::size_t upload_piece_octets = std::size_t{64} * 1024;
constexpr std::size_t retries_max = 3;

std::string text_of(const core::HttpPool::Give& give) {
  switch (give.miss) {
    case core::PoolMiss::none: return {};
    case core::PoolMiss::first: return "the first";
    case core::PoolMiss::all_in_use: return "all are in use";
    case core::PoolMiss::fresh_wanted: return "a fresh one was needed";
    case core::PoolMiss::last_not_reused:
      return "the last was not kept: " + std::string(give.lost ? to_string(*give.lost) : "gone");
  }
  return {};
}

/// From the report of how a connection came to be.
void note_establishment(Transaction& transaction, const Link& link) {
  const Report& report = link.report();
  transaction.facts.establishment = report;
  transaction.link_began = link.created();
  Duration shaking{};
  for (const Handshake& handshake : report.handshakes()) {
    const bool is_tls = handshake.protocol() == "tls";
    (is_tls ? transaction.securing : transaction.connecting) += handshake.duration();
    shaking += handshake.duration();
  }
  transaction.naming = std::max(report.total() - shaking, Duration::zero());
}

/// What is known of the connection, new or not.
void note_connection(Transaction& transaction, Link& link) {
  const Report& report = link.report();
  transaction.facts.connection = report.id();
  transaction.facts.protocol = link.protocol();
  transaction.facts.local = report.local();
  transaction.facts.remote = report.remote();
  transaction.facts.proxy = link.key().proxy;
  if (const auto security = report.security(); security && link.key().scheme == "https") {
    transaction.facts.tls_version = security->version();
    transaction.facts.tls_cipher = security->cipher();
  }
}

bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> methods{"GET",   "HEAD", "OPTIONS",
                                                    "TRACE", "PUT",  "DELETE"};
  return std::ranges::find(methods, method) != methods.end();
}

}  // namespace

void TaskBody::handle_given(Link& link, const core::HttpPool::Give& give) {
  wish_ = 0;
  if (state_ == State::done) return;
  const detail::Ref<TaskBody> keep(this);
  link_ = detail::Ref<Link>(&link);
  state_ = State::exchanging;
  active_at_ = now();
  Transaction& transaction = transactions_.back();
  transaction.given = stamp();
  was_reused_ = give.miss == core::PoolMiss::none;
  transaction.facts.is_reused = was_reused_;
  transaction.facts.not_reused_because = text_of(give);
  if (!was_reused_) note_establishment(transaction, link);
  note_connection(transaction, link);

  core::HttpConnection::RequestForm form;
  form.priority = priority_;
  form.is_absolute = link.key().is_forwarded();
  if (upload_) {
    const auto octets = upload_->octets();
    form.body = octets ? core::HttpBodySize::of(*octets) : core::HttpBodySize::unknown();
    form.expects_continue = facts_->expects_continue;
  } else if (head_.method == "POST" || head_.method == "PUT" || head_.method == "PATCH") {
    form.body = core::HttpBodySize::of(0);
  }
  upload_offset_ = 0;
  upload_piece_ = {};
  is_upload_done_ = !upload_;
  is_message_ended_ = false;
  requested_at_ = session_->wall_seconds();
  auto begun = link.begin(head_, form, *this);
  if (!begun.has_value()) {
    link_ = {};
    // Between being given and being used, the connection may have ended.
    if (begun.error().kind() == ErrorKind::not_ready && ++retries_ <= retries_max)
      return retry(true);
    return fail(begun.error());
  }
  stream_ = *begun;
  transaction.facts.head_sent = head_.fields.lines().size() + head_.path.size() + 32;
  if (is_upload_done_ && !upload_ && !form.body.is_none()) {
    static_cast<void>(link.carrier().end_body(stream_, {}));
  }
  if (is_upload_done_) transaction.sent = stamp();
  set_alarm();
  send_more();
}

void TaskBody::handle_response(wire::ResponseHead& head) {
  const detail::Ref<TaskBody> keep(this);
  active_at_ = now();
  if (head.is_interim()) {
    if (facts_->on_interim) facts_->on_interim(head.status, head.fields);
    return;
  }
  Transaction& transaction = transactions_.back();
  transaction.response_began = stamp();
  transaction.facts.status = head.status;
  transaction.facts.head_received = head.fields.lines().size() + head.reason.size() + 15;
  response_ = std::move(head);
  const auto verdict = judge();
  if (!verdict.has_value()) return fail(verdict.error());
  if (*verdict != Verdict::answer) {
    is_discarding_ = true;
    discarded_ = 0;
    after_ = *verdict;
    return;
  }
  if (auto begun = begin_answer(); !begun.has_value()) return fail(begun.error());
}

void TaskBody::handle_body(std::span<const std::byte> bytes) {
  const detail::Ref<TaskBody> keep(this);
  active_at_ = now();
  transactions_.back().facts.body_received += bytes.size();
  if (is_discarding_) {
    discarded_ += bytes.size();
    if (discarded_ > discarded_octets_max) {
      leave_link();
      return take_next_step();
    }
    link_->mark_consumed(stream_, bytes.size());
    return;
  }
  if (auto taken = intake_.take(bytes); !taken.has_value()) return fail(taken.error());
  note_progress();
}

void TaskBody::handle_message_end(HttpFields& trailers) {
  const detail::Ref<TaskBody> keep(this);
  active_at_ = now();
  is_message_ended_ = true;
  if (is_discarding_) return;
  trailers_ = std::move(trailers);
  if (auto finished = intake_.finish(); !finished.has_value()) return fail(finished.error());
  close_transaction();
  // Else the stream's own end comes next, and the connection can be used again.
  if (!is_upload_done_) go_on();
}

void TaskBody::handle_room() {
  const detail::Ref<TaskBody> keep(this);
  active_at_ = now();
  send_more();
}

void TaskBody::handle_body_unwanted() {
  is_upload_done_ = true;
  is_supplying_ = false;
  ++supply_;
}

void TaskBody::handle_stream_done() {
  const detail::Ref<TaskBody> keep(this);
  link_ = {};
  if (state_ == State::done) return;
  if (is_discarding_) return take_next_step();
  go_on();
}

void TaskBody::handle_stream_failed(const Error& error, core::HttpRetry how) {
  const detail::Ref<TaskBody> keep(this);
  link_ = {};
  if (state_ == State::done) return;
  const bool is_harmless =
      how == core::HttpRetry::always ||
      (how == core::HttpRetry::if_idempotent && is_idempotent(head_.method) && was_reused_);
  if (is_discarding_) return take_next_step();
  if (!has_answer_ && is_harmless && ++retries_ <= retries_max) {
    close_transaction();
    return retry(how != core::HttpRetry::always);
  }
  if (!has_answer_ && stand_in()) return;
  fail(error);
}

/// Behind a response that was not the answer.
void TaskBody::take_next_step() {
  is_discarding_ = false;
  close_transaction();
  state_ = State::waiting;
  const Verdict after = after_;
  if (after == Verdict::not_modified) return answer_from_stored(UrlSource::revalidated);
  next_hop();
}

void TaskBody::retry(bool is_fresh) {
  state_ = State::waiting;
  is_next_fresh_ = is_fresh;
  next_hop();
}

void TaskBody::send_more() {
  if (!link_ || is_upload_done_ || is_supplying_ || suspensions_ > 0) return;
  const detail::Ref<TaskBody> keep(this);
  const detail::Ref<Link> link = link_;
  while (link_ && !is_upload_done_ && send_piece()) {
  }
  if (link_) link->pump();
}

/// False if there is no room, or the next piece comes later.
bool TaskBody::send_piece() {
  const std::size_t room = link_->carrier().machine().room(stream_);
  if (room == 0) return false;
  if (upload_piece_.empty()) {
    auto read = upload_->read(upload_offset_, upload_piece_octets);
    if (!read.has_value()) {
      fail(read.error());
      return false;
    }
    if (!*read) {
      ask_source();
      // It may have answered at once.
      return !is_supplying_ && link_ && !is_upload_done_;
    }
    upload_piece_ = *std::move(*read);
    if (upload_piece_.empty()) {
      is_upload_done_ = true;
      transactions_.back().sent = stamp();
      if (auto ended = link_->carrier().end_body(stream_, {}); !ended.has_value())
        fail(ended.error());
      return false;
    }
  }
  const auto sent = link_->carrier().send_body(
      stream_, upload_piece_.bytes().first(std::min(room, upload_piece_.size())));
  if (!sent.has_value()) {
    fail(sent.error());
    return false;
  }
  upload_piece_.remove_prefix(*sent);
  upload_offset_ += *sent;
  transactions_.back().facts.body_sent += *sent;
  active_at_ = now();
  note_progress();
  return *sent > 0;
}

void TaskBody::ask_source() {
  is_supplying_ = true;
  is_asking_ = true;
  upload_->read_later(
      upload_offset_, upload_piece_octets,
      [task = detail::Ref<TaskBody>(this), supply = ++supply_](Result<Buffer> piece) {
        // An answer that comes twice, or to a request that was sent anew, is nobody's.
        if (task->supply_ == supply && task->is_supplying_) task->handle_supplied(std::move(piece));
      });
  is_asking_ = false;
}

void TaskBody::handle_supplied(Result<Buffer>&& piece) {
  const detail::Ref<TaskBody> keep(this);
  is_supplying_ = false;
  if (state_ == State::done || is_upload_done_) return;
  if (!piece.has_value()) return fail(std::move(piece).error());
  active_at_ = now();
  upload_piece_ = *std::move(piece);
  if (upload_piece_.empty() && link_) {
    is_upload_done_ = true;
    transactions_.back().sent = stamp();
    if (auto ended = link_->carrier().end_body(stream_, {}); !ended.has_value())
      return fail(ended.error());
    return is_asking_ ? void() : link_->pump();
  }
  if (!is_asking_) send_more();
}

void TaskBody::leave_link() {
  is_supplying_ = false;
  ++supply_;
  const detail::Ref<Link> link = std::exchange(link_, {});
  if (link) link->cancel(stream_);
}

void TaskBody::handle_taken(std::size_t octets) {
  if (!link_) return;
  link_->mark_consumed(stream_, octets);
  link_->pump();
}

/// The answer is there: takes what can be taken of it, and ends when all of it has.
void TaskBody::go_on() {
  if (!has_answer_ || state_ == State::done) return;
  const detail::Ref<TaskBody> keep(this);
  if (auto taken = intake_.go_on(); !taken.has_value()) return fail(taken.error());
  const bool is_over = is_message_ended_ && (!link_ || !is_upload_done_);
  if (state_ != State::done && is_over && intake_.is_complete()) finish_well();
}

}  // namespace bowline::session
