#include "drive/carrier/lingering.h"

#include <algorithm>
#include <new>

#include "drive/carrier/discard.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

// Acknowledgements are not reported, so they are asked for, ever less often.
constexpr Duration first_look_after = std::chrono::milliseconds(5);
constexpr Duration looks_apart_max = std::chrono::seconds(1);

}  // namespace

class Lingering::Closing final : public ListHook<Closing>, private ports::SocketObserver {
 public:
  Closing(Lingering& owner, std::unique_ptr<ports::ByteStream> stream, Instant until, Left left,
          bool finished)
      : owner_(owner), stream_(std::move(stream)), until_(until), left_(left), finished_(finished) {
    owner_.loop_.begin_work();
    stream_->observe(*this);
    look_again();
  }
  ~Closing() { owner_.loop_.end_work(); }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

 private:
  void handle_readiness(ports::Readiness readiness) override {
    if (readiness.readable) {
      drop_input();
      if (left_ == Left::unread) look_again();
    }
    if (readiness.writable && !finish()) return owner_.remove(*this);
    if (is_done()) owner_.remove(*this);
  }
  void look() {
    if (left_ == Left::unread) drop_input();
    if (is_done() || owner_.loop_.now() >= until_) return owner_.remove(*this);
    look_again();
  }
  void look_again() {
    TimerQueue& timers = owner_.loop_.timers();
    if (left_ == Left::unread) return timers.set(timer_, owner_.loop_.now() + Duration(1));
    timers.set(timer_, std::min(until_, owner_.loop_.now() + pause_));
    pause_ = std::min(pause_ * 2, looks_apart_max);
  }
  /// An unread byte would make the system answer a close with a reset.
  void drop_input() {
    if (left_ != Left::nothing) left_ = discard(*stream_);
  }
  /// False if the stream broke.
  [[nodiscard]] bool finish() {
    if (finished_) return true;
    const auto ended = stream_->finish();
    finished_ = ended.has_value() && !ended->blocked;
    return ended.has_value();
  }
  /// Everything was handed down, and the peer has it or will send nothing more that could hinder it.
  [[nodiscard]] bool is_done() const {
    return finished_ && (left_ == Left::nothing || !stream_->has_unacknowledged());
  }

  Lingering& owner_;
  std::unique_ptr<ports::ByteStream> stream_;
  Instant until_;
  Left left_;
  bool finished_;  // our end was handed down whole
  Duration pause_ = first_look_after;
  MemberTimer<Closing, &Closing::look> timer_{*this};
};

void Lingering::close_all() {
  while (!streams_.empty()) remove(streams_.front());
}

void Lingering::close(std::unique_ptr<ports::ByteStream> stream, bool readable, Duration limit) {
  const Left left = readable ? discard(*stream) : Left::maybe_more;
  if (!stream->has_unacknowledged()) return;
  const auto ended = stream->finish();
  if (!ended.has_value()) return;
  if (left == Left::nothing && !ended->blocked) return;
  if (count_ == streams_max) remove(streams_.front());
  // Without memory it is closed as it is.
  auto* closing = new (std::nothrow)
      Closing(*this, std::move(stream), loop_.now() + limit, left, !ended->blocked);
  if (closing == nullptr) return;
  streams_.push_back(*closing);
  ++count_;
}

void Lingering::remove(Closing& closing) {
  --count_;
  delete &closing;
}

}  // namespace bowline::drive
