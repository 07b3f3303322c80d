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
