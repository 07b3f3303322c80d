#include "drive/loop/mailbox.h"

#include <utility>

namespace bowline::drive {

bool Mailbox::post(Letter letter) {
  const std::scoped_lock lock(mutex_);
  if (poller_ == nullptr) return false;
  letters_.push_back(std::move(letter));
  news_ = true;
  if (letters_.size() == 1) poller_->wake();
  return true;
}

void Mailbox::wake() noexcept {
  const std::scoped_lock lock(mutex_);
  if (poller_ != nullptr) poller_->wake();
}

void Mailbox::ask_for_stops() noexcept {
  question_ = true;
  news_ = true;
  wake();
}

void Mailbox::ask_to_stop() noexcept {
  stop_ = true;
  wake();
}

bool Mailbox::begin_call(detail::Caller& caller) {
  const std::scoped_lock lock(mutex_);
  if (poller_ == nullptr || !lets_callers_in_) return false;
  caller.next = callers_;
  if (callers_ != nullptr) callers_->previous = &caller;
  callers_ = &caller;
  return true;
}

void Mailbox::end_call(detail::Caller& caller) noexcept {
  const std::scoped_lock lock(mutex_);
  if (caller.next != nullptr) caller.next->previous = caller.previous;
  if (caller.previous != nullptr) caller.previous->next = caller.next;
  if (callers_ == &caller) callers_ = caller.next;
}

void Mailbox::end_calls() noexcept {
  const std::scoped_lock lock(mutex_);
  lets_callers_in_ = false;
  for (detail::Caller* caller = callers_; caller != nullptr; caller = caller->next) caller->end();
}

void Mailbox::allow_calls() noexcept {
  const std::scoped_lock lock(mutex_);
  lets_callers_in_ = true;
}

std::vector<Mailbox::Letter> Mailbox::take_all() {
  const std::scoped_lock lock(mutex_);
  news_ = false;
  return std::exchange(letters_, {});
}

void Mailbox::close() {
  std::vector<Letter> unread;
  const std::scoped_lock lock(mutex_);
  poller_ = nullptr;
  unread.swap(letters_);
}

}  // namespace bowline::drive
