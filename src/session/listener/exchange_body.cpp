#include "session/listener/exchange_body.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "session/listener/server_link.h"

namespace bowline::session {

ExchangeBody::ExchangeBody(ServerLink& link, StreamId stream, wire::RequestHead head, bool has_body)
    : link_(&link),
      queue_(&link.ground().queue()),
      stream_(stream),
      head_(std::move(head)),
      remote_(link.remote()),
      is_secure_(link.is_secure()),
      has_body_(has_body),
      is_request_ended_(!has_body) {}

ExchangeBody::~ExchangeBody() = default;

detail::RequestQueue& ExchangeBody::queue() const { return *queue_; }

void ExchangeBody::drop_handle() {
  if (--handles_ > 0 || is_over_) return;
  if (!sends_.empty() || !dones_.empty() || is_finish_wanted_) return;  // it goes on by itself
  const detail::Ref<ExchangeBody> keep(this);
  if (!has_responded_) {
    static_cast<void>(respond(500, {}, Buffer()));
  } else {
    abort();
  }
}

Result<void> ExchangeBody::closed() const {
  if (error_) return *error_;
  return Error(ErrorKind::closed, "respond", "the exchange is over");
}

Result<void> ExchangeBody::inform(int status, const HttpFields& fields) {
  if (!link_) return closed();
  wire::ResponseHead head;
  head.status = status;
  head.fields = fields;
  if (!head.is_interim())
    return Error(ErrorKind::invalid_argument, "respond", "this is no interim status");
  BOWLINE_TRY_VOID(link_->carrier().send_response(stream_, head, core::HttpBodySize::none()));
  link_->pump();
  return {};
}

Result<void> ExchangeBody::respond(int status, const HttpFields& fields, Buffer body) {
  BOWLINE_TRY_VOID(begin(status, fields, body.size()));
  body_ = std::move(body);
  is_finish_wanted_ = true;
  serve_senders();
  return {};
}

Result<void> ExchangeBody::begin(int status, const HttpFields& fields,
                                 std::optional<std::uint64_t> octets) {
  if (!link_) return closed();
  if (has_responded_)
    return Error(ErrorKind::invalid_argument, "respond", "a response was given already");
  wire::ResponseHead head;
  head.status = status;
  head.fields = fields;
  if (head.is_interim())
    return Error(ErrorKind::invalid_argument, "respond", "an interim status is for inform()");
  const bool has_no_body = status == 204 || status == 304 || status == 205;
  const core::HttpBodySize size = has_no_body ? core::HttpBodySize::none()
                                  : octets    ? core::HttpBodySize::of(*octets)
                                              : core::HttpBodySize::unknown();
  BOWLINE_TRY_VOID(link_->carrier().send_response(stream_, head, size));
  has_responded_ = true;
  link_->pump();
  return {};
}

Result<void> ExchangeBody::finish(const HttpFields& trailers) {
  if (!link_) return closed();
  if (!has_responded_ || is_finish_wanted_)
    return Error(ErrorKind::invalid_argument, "respond", "there is no body to be finished");
  is_finish_wanted_ = true;
  trailers_ = trailers;
  serve_senders();
  return {};
}

void ExchangeBody::abort() {
  if (!link_) return;
  const detail::Ref<ExchangeBody> keep(this);
  const detail::Ref<ServerLink> link = link_;
  link->cancel(stream_);
  end(Error(ErrorKind::closed, "respond", "the response was cut off"));
}

void ExchangeBody::add(ExchangeReceive& request) {
  receives_.push(request);
  serve_receivers();
}

void ExchangeBody::add(ExchangeReceiveAll& request) {
  receive_alls_.push(request);
  serve_receivers();
}

void ExchangeBody::remove(ExchangeReceiveAll& request) noexcept { receive_alls_.remove(request); }

void ExchangeBody::add(ExchangeSend& request) {
  const detail::Ref<ExchangeBody> keep(this);
  if (!link_) return request.finish(closed());
  if (!has_responded_ || is_finish_wanted_)
    return request.finish(
        Error(ErrorKind::invalid_argument, "send", "the body has not begun, or has ended"));
  sends_.push(request);
  serve_senders();
}

/// Half of a piece must not look like the whole.
void ExchangeBody::remove(ExchangeSend& request) noexcept {
  const detail::Ref<ExchangeBody> keep(this);
  sends_.remove(request);
  if (link_) abort();
}

void ExchangeBody::add(ExchangeDone& request) {
  if (is_over_) {
    if (error_) return request.finish(*error_);
    return request.finish({});
  }
  dones_.push(request);
}

void ExchangeBody::take_back(Message&& message) noexcept {
  if (!message.empty()) received_.push_front(message.buffer());
}

void ExchangeBody::handle_body(std::span<const std::byte> bytes) {
  received_.push_back(Buffer::copy_of(bytes));
  serve_receivers();
}

void ExchangeBody::handle_message_end() {
  is_request_ended_ = true;
  serve_receivers();
}

void ExchangeBody::handle_room() { serve_senders(); }

void ExchangeBody::handle_done() { end(std::nullopt); }
void ExchangeBody::handle_failed(const Error& error) { end(error); }
void ExchangeBody::handle_link_gone(const Error& error) { end(error); }

void ExchangeBody::serve_receivers() {
  const detail::Ref<ExchangeBody> keep(this);
  std::size_t consumed = 0;
  while (!receives_.empty() && !received_.empty()) {
    Buffer piece = received_.take_front();
    consumed += piece.size();
    receives_.pop().finish(Message(std::move(piece), false, false));
  }
  while (!receive_alls_.empty() && !received_.empty()) {
    const Buffer piece = received_.take_front();
    consumed += piece.size();
    if (all_.size() + piece.size() > receive_alls_.front().octets_max()) {
      receive_alls_.pop().finish(Error(ErrorKind::limit_exceeded, "receive",
                                       "the request's body is longer than is wanted"));
      break;
    }
    all_ += piece.text();
  }
  if (received_.empty() && (is_request_ended_ || is_over_)) {
    if (!is_request_ended_ && error_) {
      while (!receives_.empty()) receives_.pop().finish(*error_);
      while (!receive_alls_.empty()) receive_alls_.pop().finish(*error_);
    } else {
      while (!receives_.empty()) receives_.pop().finish(Message(Buffer(), true, true));
      while (!receive_alls_.empty())
        receive_alls_.pop().finish(Buffer::own(std::exchange(all_, {})));
    }
  }
  if (consumed > 0 && link_) {
    link_->carrier().mark_consumed(stream_, consumed);
    link_->pump();
  }
}

void ExchangeBody::serve_senders() {
  const detail::Ref<ExchangeBody> keep(this);
  const detail::Ref<ServerLink> link = link_;
  const auto send = [&](Buffer& bytes) -> Result<bool> {
    while (link_ && !bytes.empty()) {
      const std::size_t room = link->carrier().machine().room(stream_);
      if (room == 0) return false;
      BOWLINE_TRY(
          const std::size_t count,
          link->carrier().send_body(stream_, bytes.bytes().first(std::min(room, bytes.size()))));
      if (count == 0) return false;
      bytes.remove_prefix(count);
    }
    return static_cast<bool>(link_);
  };
  bool is_all_sent = false;
  if (auto sent = send(body_); !sent.has_value() || !*sent) {
    if (!sent.has_value()) abort();
  } else {
    is_all_sent = true;
  }
  while (is_all_sent && !sends_.empty()) {
    const auto sent = send(sends_.front().bytes());
    if (sent.has_value() && !*sent) {
      is_all_sent = false;
    } else if (sent.has_value()) {
      sends_.pop().finish({});
    } else {
      sends_.pop().finish(sent.error());
      abort();
      is_all_sent = false;
    }
  }
  if (is_all_sent && is_finish_wanted_ && link_ && !std::exchange(has_finished_, true)) {
    if (const auto ended = link->carrier().end_body(stream_, trailers_); !ended.has_value())
      abort();
  }
  if (link) link->pump();
}

void ExchangeBody::end(const std::optional<Error>& error) {
  if (std::exchange(is_over_, true)) return;
  const detail::Ref<ExchangeBody> keep(this);
  error_ = error;
  const detail::Ref<ServerLink> link = std::exchange(link_, {});
  while (!sends_.empty())
    sends_.pop().finish(error ? *error : Error(ErrorKind::closed, "send", "the exchange is over"));
  serve_receivers();
  while (!dones_.empty()) {
    if (error) {
      dones_.pop().finish(*error);
    } else {
      dones_.pop().finish({});
    }
  }
}

ExchangeReceive::ExchangeReceive(detail::RequestQueue& queue, ExchangeBody& exchange)
    : detail::Request<Message>(queue), exchange_(&exchange) {
  exchange_->add_ref();
}
ExchangeReceive::~ExchangeReceive() { exchange_->drop_ref(); }
void ExchangeReceive::begin() { exchange_->add(*this); }
void ExchangeReceive::withdraw() noexcept { exchange_->remove(*this); }
void ExchangeReceive::give_back(Result<Message>&& message, detail::Undone /*how*/) noexcept {
  if (message.has_value()) exchange_->take_back(*std::move(message));
}

ExchangeReceiveAll::ExchangeReceiveAll(detail::RequestQueue& queue, ExchangeBody& exchange,
                                       std::size_t octets_max)
    : detail::Request<Buffer>(queue), exchange_(&exchange), octets_max_(octets_max) {
  exchange_->add_ref();
}
ExchangeReceiveAll::~ExchangeReceiveAll() { exchange_->drop_ref(); }
void ExchangeReceiveAll::begin() { exchange_->add(*this); }
void ExchangeReceiveAll::withdraw() noexcept { exchange_->remove(*this); }

ExchangeSend::ExchangeSend(detail::RequestQueue& queue, ExchangeBody& exchange, Buffer bytes)
    : detail::Request<void>(queue), exchange_(&exchange), bytes_(std::move(bytes)) {
  exchange_->add_ref();
}
ExchangeSend::~ExchangeSend() { exchange_->drop_ref(); }
void ExchangeSend::begin() { exchange_->add(*this); }
void ExchangeSend::withdraw() noexcept { exchange_->remove(*this); }

ExchangeDone::ExchangeDone(detail::RequestQueue& queue, ExchangeBody& exchange)
    : detail::Request<void>(queue), exchange_(&exchange) {
  exchange_->add_ref();
}
ExchangeDone::~ExchangeDone() { exchange_->drop_ref(); }
void ExchangeDone::begin() { exchange_->add(*this); }
void ExchangeDone::withdraw() noexcept { exchange_->remove(*this); }

}  // namespace bowline::session
