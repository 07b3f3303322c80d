#include "session/carrier/http_carrier.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.h"

namespace bowline::session {

HttpCarrier::HttpCarrier(detail::LoopGround ground, StreamConnection connection,
                         std::unique_ptr<core::HttpConnection> machine, Observer& observer)
    : ground_(std::move(ground)),
      connection_(std::move(connection)),
      machine_(std::move(machine)),
      observer_(&observer) {}

void HttpCarrier::start() {
  machine_->start(ground_.now());
  pump();
}

Result<HttpCarrier::StreamId> HttpCarrier::send_request(
    const wire::RequestHead& head, const core::HttpConnection::RequestForm& form) {
  auto stream = machine_->send_request(head, form, ground_.now());
  collect();
  return stream;
}

Result<void> HttpCarrier::send_response(StreamId stream, const wire::ResponseHead& head,
                                        core::HttpBodySize body) {
  auto sent = machine_->send_response(stream, head, body, ground_.now());
  collect();
  return sent;
}

Result<std::size_t> HttpCarrier::send_body(StreamId stream, std::span<const std::byte> bytes) {
  auto sent = machine_->send_body(stream, bytes, ground_.now());
  collect();
  return sent;
}

Result<void> HttpCarrier::end_body(StreamId stream, const HttpFields& trailers) {
  auto ended = machine_->end_body(stream, trailers, ground_.now());
  collect();
  return ended;
}

void HttpCarrier::cancel(StreamId stream) {
  machine_->cancel(stream, ground_.now());
  collect();
}

void HttpCarrier::mark_consumed(StreamId stream, std::size_t count) {
  machine_->mark_consumed(stream, count, ground_.now());
  collect();
}

void HttpCarrier::set_priority(StreamId stream, const core::HttpPriority& priority) {
  machine_->set_priority(stream, priority, ground_.now());
  collect();
}

void HttpCarrier::shutdown() {
  machine_->shutdown(ground_.now());
  collect();
}

void HttpCarrier::pump() {
  if (has_ended_) return;
  if (is_pumping_) {
    is_pump_wanted_ = true;
    return;
  }
  const detail::Ref<HttpCarrier> keep(this);
  is_pumping_ = true;
  do {
    is_pump_wanted_ = false;
    drain();
    feed();
    write();
  } while (is_pump_wanted_ && !has_ended_);
  is_pumping_ = false;
  if (has_ended_) return;
  if (observer_ != nullptr) observer_->handle_pumped();
  if (has_ended_) return;
  read();
  set_alarm();
  if (is_closed_) end();
}

void HttpCarrier::set_quiet(bool quiet) {
  if (quiet == is_quiet_) return;
  is_quiet_ = quiet;
  quiet_receive_ = {};
  if (quiet && is_receiving_) quiet_receive_ = Quiet(ground_.queue());
  if (!has_ended_ && !is_pumping_) set_alarm();
}

void HttpCarrier::abandon(bool gracefully) {
  if (has_ended_) return;
  has_ended_ = true;
  observer_ = nullptr;
  alarm_.clear();
  quiet_receive_ = {};
  receive_ = {};
  if (ground_.is_gone()) return;
  if (gracefully && !is_output_broken_) {
    connection_.close().detach();
  } else {
    connection_.abort();
  }
}

void HttpCarrier::handle_received(Result<Message>&& message) {
  const detail::Ref<HttpCarrier> keep(this);
  quiet_receive_ = {};
  is_receiving_ = false;
  if (has_ended_) return;
  if (!message.has_value()) {
    is_input_ended_ = true;
    cut_off_ = std::move(message).error();
  } else {
    octets_received_ += message->size();
    unread_ = message->buffer();
    is_input_ended_ = message->end_of_stream();
  }
  pump();
}

void HttpCarrier::handle_sent(const Result<void>& sent, std::size_t count) {
  const detail::Ref<HttpCarrier> keep(this);
  is_sending_ = false;
  if (has_ended_) return;
  // What the peer said before it went away is still to be read: the end comes with that.
  if (!sent.has_value()) {
    is_output_broken_ = true;
    if (!cut_off_) cut_off_ = sent.error();
  } else {
    octets_sent_ += count;
  }
  machine_->mark_written(count, ground_.now());
  collect();
  pump();
}

void HttpCarrier::handle_dropped() noexcept {
  quiet_receive_ = {};
  is_receiving_ = false;
  if (has_ended_) return;
  has_ended_ = true;
  if (observer_ != nullptr) std::exchange(observer_, nullptr)->handle_loop_gone();
}

void HttpCarrier::handle_alarm() {
  const detail::Ref<HttpCarrier> keep(this);
  if (has_ended_) return;
  if (is_closed_) {
    is_output_broken_ = true;
    return end();
  }
  machine_->handle_timeout(ground_.now());
  pump();
}

void HttpCarrier::feed() {
  if (!unread_.empty() && !std::exchange(is_chosen_, true) && observer_ != nullptr) {
    if (auto chosen = observer_->choose(unread_.bytes())) {
      machine_ = std::move(chosen);
      machine_->start(ground_.now());
      drain();
    }
  }
  while (!unread_.empty() && !has_ended_ && !is_closed_ && machine_->wants_input()) {
    // Bodies are views of it.
    const Buffer given = unread_;
    const std::size_t taken = machine_->handle_input(given.bytes(), ground_.now());
    unread_.remove_prefix(taken);
    drain();
    if (taken == 0) break;
  }
  if (is_closed_) unread_ = {};
  if (unread_.empty() && is_input_ended_ && !std::exchange(has_told_end_, true)) {
    machine_->handle_end(cut_off_, ground_.now());
    drain();
  }
}

/// A machine wants to be heard before it is told or asked the next thing.
void HttpCarrier::collect() {
  while (auto told = machine_->poll()) told_.push_back(*std::move(told));
}

void HttpCarrier::drain() {
  collect();
  while (!has_ended_ && !told_.empty()) {
    core::HttpConnection::Output told = told_.take_front();
    if (std::holds_alternative<core::HttpConnection::OutputEnded>(told)) is_output_to_end_ = true;
    if (const auto* const closed = std::get_if<core::HttpConnection::Closed>(&told)) {
      is_closed_ = true;
      // Who takes nothing while something is being sent will not take the rest either.
      if (closed->error && is_sending_) is_output_broken_ = is_reset_wanted_ = true;
    }
    if (observer_ != nullptr) observer_->handle_told(told);
  }
}

void HttpCarrier::read() {
  if (is_receiving_ || is_input_ended_ || is_closed_ || !unread_.empty()) return;
  if (!machine_->wants_input() && !watches_peer_) return;
  is_receiving_ = true;
  receive_ = connection_.receive_some();
  receive_.start(Received{this});
  if (is_quiet_) quiet_receive_ = Quiet(ground_.queue());
}

void HttpCarrier::write() {
  if (has_ended_ || is_sending_) return;
  const auto unwritten = machine_->unwritten();
  if (is_output_broken_) {
    if (unwritten.empty()) return;
    machine_->mark_written(unwritten.size(), ground_.now());
    collect();
    is_pump_wanted_ = true;
    return;
  }
  if (!unwritten.empty()) {
    const std::size_t count = std::min(unwritten.size(), write_octets_max);
    is_sending_ = true;
    // The machine goes on writing to its memory meanwhile.
    send_ = connection_.send(std::string(as_text(unwritten.first(count))));
    send_.start(Sent{this, count});
    return;
  }
  if (is_output_to_end_ && !std::exchange(is_output_ended_, true) && !is_closed_)
    connection_.finish().detach();
}

void HttpCarrier::set_alarm() {
  // What is left to be written has that long.
  if (is_closed_) {
    if (!closing_until_) closing_until_ = ground_.now() + closing_max;
    return alarm_.set(ground_, closing_until_, true);
  }
  alarm_.set(ground_, has_ended_ ? std::nullopt : machine_->deadline(), !is_quiet_);
}

/// Once everything is written; the observer has heard all.
void HttpCarrier::end() {
  if (!is_output_broken_ && (is_sending_ || !machine_->unwritten().empty())) return;
  const detail::Ref<HttpCarrier> keep(this);
  Observer* const observer = std::exchange(observer_, nullptr);
  abandon(!is_reset_wanted_);
  if (observer != nullptr) observer->handle_ended();
}

}  // namespace bowline::session
