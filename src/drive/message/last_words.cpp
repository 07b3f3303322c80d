#include "drive/message/last_words.h"

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "drive/carrier/discard.h"

namespace bowline::drive {

void LastWords::say(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
                    std::vector<std::byte> words, Duration limit) noexcept {
  // It lives in the loop's list of residents, and ends itself.
  static_cast<void>(new (std::nothrow)
                        LastWords(loop, std::move(carrier), std::move(words), limit));
}

LastWords::LastWords(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
                     std::vector<std::byte> words, Duration limit)
    : loop_(loop),
      carrier_(std::move(carrier)),
      words_(std::move(words)),
      until_(loop.now() + limit) {
  loop_.add_resident(*this);
  loop_.begin_work();
  carrier_->observe(*this);
  loop_.timers().set(timer_, loop_.now());
}

LastWords::~LastWords() { loop_.end_work(); }

void LastWords::handle_readiness(ports::Readiness readiness) {
  unread_ = unread_ || readiness.readable;
  if (readiness.readable) discard_input();
  write();
}

void LastWords::look() {
  if (loop_.now() >= until_) {
    delete this;
    return;
  }
  discard_input();
  write();
}

/// The last thing a handler does: it may delete this.
void LastWords::write() {
  while (written_ < words_.size()) {
    const std::span<const std::byte> piece = std::span(words_).subspan(written_);
    const auto written = carrier_->write(std::span(&piece, 1));
    if (!written.has_value()) {
      delete this;
      return;
    }
    written_ += written->bytes;
    if (written->blocked) break;
  }
  if (written_ == words_.size()) {
    loop_.lingering().close(std::move(carrier_), true, until_ - loop_.now());
    delete this;
    return;
  }
  loop_.timers().set(timer_, unread_ ? std::min(until_, loop_.now() + Duration(1)) : until_);
}

/// A peer that cannot send may not read either.
void LastWords::discard_input() {
  if (unread_) unread_ = discard(*carrier_) == Left::unread;
}

}  // namespace bowline::drive
