#include "drive/process/standard_input.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/buffer_pool.h"
#include "drive/loop/ended.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

void InputReceiveRequest::begin() { input_->start_receive(*this); }
void InputReceiveRequest::withdraw() noexcept { input_->withdraw_receive(*this); }

detail::TakenList* InputReceiveRequest::source() noexcept {
  return has_value() || input_->error_ ? &input_->taken_ : nullptr;
}
void InputReceiveRequest::give_back(Result<Message>&& received, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) input_->receives_.push_front(*this);
  if (received.has_value()) input_->take_back(*received);
  if (how == detail::Undone::abandoned) input_->serve_again();
}

void StandardInput::start_receive(InputReceiveRequest& request) {
  if (loop_->is_gone()) return request.finish(loop_ended("receive"));
  if (request.max_ == 0 || request.min_ > request.max_)
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "min is over max, or max is 0"));
  if (!source_) {
    ports::SocketObserver& observer = *this;
    auto opened = loop_->host().process().open_standard_input(observer);
    if (!opened.has_value()) return request.finish(opened.error());
    source_ = *std::move(opened);
  }
  receives_.push(request);
  if (&receives_.front() == &request) receive_all();
}

void StandardInput::receive_all() {
  while (!receives_.empty() && serve_front()) continue;
}

/// False if there is nothing yet for the first who waits.
bool StandardInput::serve_front() {
  InputReceiveRequest& request = receives_.front();
  while (leftover_.size() < std::max<std::size_t>(request.min_, 1) && !ended_ && !error_) {
    if (!readable_) return false;
    std::optional<Buffer> bytes = read(request.max_ - leftover_.size());
    if (!bytes) continue;
    if (leftover_.empty() && bytes->size() >= request.min_) {
      receives_.pop();
      request.finish(Message(*std::move(bytes), false, false));
      return true;
    }
    leftover_.insert(leftover_.end(), bytes->bytes().begin(), bytes->bytes().end());
  }
  if (!leftover_.empty()) {
    finish_with_leftover(request);
  } else if (error_) {
    receives_.pop();
    request.finish(*error_);
  } else {
    receives_.pop();
    request.finish(Message({}, true, true));
  }
  return true;
}

void StandardInput::finish_with_leftover(InputReceiveRequest& request) {
  const std::size_t given = std::min(leftover_.size(), request.max_);
  Buffer bytes = Buffer::copy_of(std::span(leftover_).first(given));
  leftover_.erase(leftover_.begin(), leftover_.begin() + static_cast<std::ptrdiff_t>(given));
  receives_.pop();
  const bool end = ended_ && leftover_.empty();
  request.finish(Message(std::move(bytes), end, end));
}

/// Nothing if the input waits, ended or broke, which is noted.
std::optional<Buffer> StandardInput::read(std::size_t wanted) {
  wanted = std::min(wanted, BufferPool::read_bytes_max);
  BufferPool& pool = loop_->buffers();
  const auto got = source_->read(pool.prepare(wanted).first(wanted));
  if (!got.has_value()) {
    error_ = got.error();
    return std::nullopt;
  }
  readable_ = !got->blocked;
  ended_ = got->end;
  if (got->bytes == 0) return std::nullopt;
  return pool.commit(got->bytes);
}

void StandardInput::take_back(const Message& message) noexcept {
  try {
    leftover_.insert(leftover_.begin(), message.bytes().begin(), message.bytes().end());
  } catch (const std::bad_alloc&) {
    // Bytes of a stream are lost, which must not pass unnoticed.
    leftover_.clear();
    error_ = shortage("receive");
  }
}

void StandardInput::serve_again() noexcept {
  if (loop_->is_gone()) return;
  try {
    receive_all();
  } catch (const std::bad_alloc&) {
    while (!receives_.empty()) receives_.pop().finish(shortage("receive"));
  }
}

void StandardInput::handle_readiness(ports::Readiness readiness) {
  if (!readiness.readable) return;
  readable_ = true;
  receive_all();
}

void StandardInput::handle_loop_gone() {
  source_.reset();
  while (!receives_.empty()) receives_.pop().finish(loop_ended("receive"));
}

}  // namespace bowline::drive
