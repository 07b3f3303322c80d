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
  Closing(Lingering& owner, std::unique_ptr<ports::ByteStream> socket, Instant until, bool unread)
      : owner_(owner), socket_(std::move(socket)), until_(until), unread_(unread) {
    owner_.loop_.begin_work();
    socket_->observe(*this);
    look_again();
  }
  ~Closing() { owner_.loop_.end_work(); }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

 private:
  /// An unread byte would make the system answer a close with a reset.
  void handle_readiness(ports::Readiness readiness) override {
    if (!readiness.readable) return;
    const Left left = discard(*socket_);
    if (left == Left::nothing || !socket_->has_unacknowledged()) return owner_.remove(*this);
    unread_ = left == Left::unread;
    if (unread_) look_again();
  }
  void look() {
    if (unread_) {
      const Left left = discard(*socket_);
      if (left == Left::nothing) return owner_.remove(*this);
      unread_ = left == Left::unread;
    }
    if (!socket_->has_unacknowledged() || owner_.loop_.now() >= until_) return owner_.remove(*this);
    look_again();
  }
  void look_again() {
    if (unread_) return owner_.loop_.timers().set(timer_, owner_.loop_.now() + Duration(1));
    owner_.loop_.timers().set(timer_, std::min(until_, owner_.loop_.now() + pause_));
    pause_ = std::min(pause_ * 2, looks_apart_max);
  }

  Lingering& owner_;
  std::unique_ptr<ports::ByteStream> socket_;
  Instant until_;
  bool unread_;
  Duration pause_ = first_look_after;
  MemberTimer<Closing, &Closing::look> timer_{*this};
};

void Lingering::close_all() {
  while (!sockets_.empty()) remove(sockets_.front());
}

void Lingering::close(std::unique_ptr<ports::ByteStream> socket, bool readable, Duration limit) {
  const Left left = readable ? discard(*socket) : Left::maybe_more;
  if (left == Left::nothing) return;
  if (!socket->has_unacknowledged()) return;
  if (!socket->finish().has_value()) return;
  if (count_ == sockets_max) remove(sockets_.front());
  // Without memory it is closed as it is.
  auto* closing = new (std::nothrow)
      Closing(*this, std::move(socket), loop_.now() + limit, left == Left::unread);
  if (closing == nullptr) return;
  sockets_.push_back(*closing);
  ++count_;
}

void Lingering::remove(Closing& closing) {
  --count_;
  delete &closing;
}

}  // namespace bowline::drive
