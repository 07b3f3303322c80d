#include "drive/stream/receiving.h"

#include <new>
#include <string_view>

#include "drive/carrier/discard.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

Wish wish_of(const detail::RequestBase& request) { return static_cast<Wish>(request.kind()); }
ReceiveRequest& as_receive(detail::RequestBase& request) {
  return static_cast<ReceiveRequest&>(request);
}
ReceiveIntoRequest& as_into(detail::RequestBase& request) {
  return static_cast<ReceiveIntoRequest&>(request);
}
std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<void> Receiving::serve(Source& source) {
  while (!receives_.empty()) {
    const bool can_read = source.stream != nullptr && (readable_ || ended_);
    if (!can_read && !kept_) break;
    BOWLINE_TRY(const Progress progress, serve_first(source));
    if (progress == Progress::blocked) break;
  }
  return {};
}

Result<Receiving::Progress> Receiving::serve_first(Source& source) {
  detail::RequestBase& first = receives_.front();
  return wish_of(first) == Wish::into ? fill(as_into(first), source)
                                      : gather(as_receive(first), source);
}

Result<Receiving::Progress> Receiving::gather(ReceiveRequest& request, Source& source) {
  for (;;) {
    if (try_finish(request, source.pool)) return Progress::done;
    if (!readable_ || source.stream == nullptr) return Progress::blocked;
    const std::size_t kept = kept_bytes();
    const std::size_t wanted = std::min(request.max_ - kept, BufferPool::read_bytes_max);
    BOWLINE_TRY(const ports::Transfer got,
                read(source, source.pool->prepare(wanted).first(wanted)));
    Buffer bytes = source.pool->commit(got.bytes);
    if (kept == 0 && try_finish_whole(request, bytes)) return Progress::done;
    keep(bytes.bytes());
  }
}

/// From what is kept, and from what is known of the stream's end.
bool Receiving::try_finish(ReceiveRequest& request, BufferPool* pool) {
  const std::size_t kept = kept_bytes();
  if (const std::size_t count = kept > 0 ? find_enough(request, kept_->view()) : 0; count > 0) {
    finish_with_kept(request, count, pool);
    return true;
  }
  const bool wants_any = wish_of(request) == Wish::some;
  if ((ended_ || broke_) && wants_any && kept > 0) {
    finish_with_kept(request, std::min<std::size_t>(kept, request.max_), pool);
    return true;
  }
  const bool is_full = wish_of(request) == Wish::until && kept >= request.max_;
  if (!is_full && (!ended_ || broke_)) return false;
  receives_.pop();
  wants_any ? request.finish(Message({}, true, true)) : finish_with_error(request);
  return true;
}

/// Hands on what was just read as it is, if that is what was asked for and nothing is left of it.
bool Receiving::try_finish_whole(ReceiveRequest& request, Buffer& bytes) {
  if (bytes.empty() || find_enough(request, bytes.bytes()) != bytes.size()) return false;
  receives_.pop();
  request.finish(Message(std::move(bytes), ended_, ended_));
  return true;
}

std::size_t Receiving::find_enough(ReceiveRequest& request, std::span<const std::byte> bytes) {
  if (wish_of(request) != Wish::until)
    return bytes.size() >= request.min_ ? std::min<std::size_t>(bytes.size(), request.max_) : 0;
  auto& until = static_cast<ReceiveUntilRequest&>(request);
  const std::string_view text =
      as_text(bytes.first(std::min<std::size_t>(bytes.size(), until.max_)));
  const std::size_t found = text.find(until.delimiter_, until.searched_);
  if (found != std::string_view::npos) return found + until.delimiter_.size();
  // What is searched here is kept next, at the same place.
  if (text.size() >= until.delimiter_.size())
    until.searched_ = text.size() - until.delimiter_.size() + 1;
  return 0;
}

/// What there is does not satisfy the request, and nothing more will; it stays for the next one.
void Receiving::finish_with_error(ReceiveRequest& request) {
  const std::string kept = std::to_string(kept_bytes());
  if (wish_of(request) == Wish::exactly) {
    return request.finish(
        Error(ErrorKind::closed, "receive",
              "the stream ended after " + kept + " of " + std::to_string(request.min_) + " bytes"));
  }
  if (kept_bytes() >= request.max_) {
    return request.finish(Error(ErrorKind::limit_exceeded, "receive",
                                "no delimiter in " + std::to_string(request.max_) + " bytes"));
  }
  request.finish(Error(ErrorKind::closed, "receive",
                       "the stream ended after " + kept + " bytes without a delimiter"));
}

void Receiving::finish_with_kept(ReceiveRequest& request, std::size_t count, BufferPool* pool) {
  Buffer bytes = kept_->take(count, pool);
  drop_kept(0);
  receives_.pop();
  const bool end = ended_ && !broke_ && !kept_;
  request.finish(Message(std::move(bytes), end, end));
}

Result<Receiving::Progress> Receiving::fill(ReceiveIntoRequest& request, Source& source) {
  for (;;) {
    if (kept_) {
      const auto rest = request.into_.subspan(request.received_);
      const std::size_t count = std::min(kept_->size(), rest.size());
      std::ranges::copy(kept_->view().first(count), rest.begin());
      request.received_ += count;
      drop_kept(count);
    }
    if ((request.received_ >= request.min_ && request.received_ > 0) || ended_ || broke_) break;
    if (!readable_ || source.stream == nullptr) return Progress::blocked;
    BOWLINE_TRY(const ports::Transfer got, read(source, request.into_.subspan(request.received_)));
    request.received_ += got.bytes;
  }
  receives_.pop();
  request.finish(request.received_);
  return Progress::done;
}

Result<ports::Transfer> Receiving::read(Source& source, std::span<std::byte> into) {
  auto got = source.stream->read(into);
  readable_ = got.has_value() && !got->blocked;
  ended_ = ended_ || !got.has_value() || got->end;
  if (got.has_value() && got->bytes > 0) {
    received_any_ = true;
    source.read_bytes += got->bytes;
  }
  return got;
}

void Receiving::withdraw(detail::RequestBase& request) {
  receives_.remove(request);
  if (wish_of(request) != Wish::into) return;  // it gathers in what is kept
  auto& into = as_into(request);
  keep_ahead(into.into_.first(std::exchange(into.received_, 0)));
}

void Receiving::take_back(std::span<const std::byte> bytes) {
  for (auto* at = receives_.first(); at != nullptr; at = receives_.after(*at)) {
    if (wish_of(*at) == Wish::until) static_cast<ReceiveUntilRequest&>(*at).searched_ = 0;
    if (wish_of(*at) != Wish::into) continue;
    ReceiveIntoRequest& into = as_into(*at);
    keep_ahead(into.into_.first(std::exchange(into.received_, 0)));
  }
  keep_ahead(bytes);
}

void Receiving::take_back(ReceiveIntoRequest& request, std::size_t count) {
  request.received_ = 0;
  if (count > 0) take_back(request.into_.first(count));
}

void Receiving::fail_all(const Error& error, Fate fate, BufferPool* pool) {
  if (fate == Fate::broke) broke_ = true;
  while (!receives_.empty()) {
    fate == Fate::broke ? finish_broken(receives_.front(), error, pool) : fail_first(error);
  }
}

/// What came before the error is delivered first.
void Receiving::finish_broken(detail::RequestBase& request, const Error& error, BufferPool* pool) {
  if (wish_of(request) == Wish::into) {
    ReceiveIntoRequest& into = as_into(request);
    receives_.pop();
    return into.received_ > 0 ? into.finish(into.received_) : into.finish(error);
  }
  if (kept_ && try_finish(as_receive(request), pool)) return;
  receives_.pop();
  as_receive(request).finish(error);
}

void Receiving::fail_first(const Error& error) {
  detail::RequestBase& request = receives_.pop();
  wish_of(request) == Wish::into ? as_into(request).finish(error)
                                 : as_receive(request).finish(error);
}

void Receiving::keep_rest(Source& source, std::size_t bytes_max) {
  while (source.stream != nullptr && readable_ && !ended_ && kept_bytes() < bytes_max) {
    const auto room = source.pool->prepare(BufferPool::read_bytes_max);
    const auto got = read(source, room);
    if (!got.has_value()) break;
    keep(room.first(got->bytes));
  }
  ended_ = true;
}

void Receiving::discard(ports::ByteStream& stream) {
  const Left left = drive::discard(stream);
  readable_ = left == Left::unread;
  ended_ = ended_ || left == Left::nothing;
}

void Receiving::keep(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  try {
    if (!kept_) kept_ = std::make_unique<KeptBytes>();
    kept_->append(bytes);
  } catch (const std::bad_alloc&) {
    leave_gap();
    throw;
  }
}

void Receiving::keep_ahead(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  try {
    if (!kept_) kept_ = std::make_unique<KeptBytes>();
    kept_->prepend(bytes);
  } catch (const std::bad_alloc&) {
    leave_gap();
    throw;
  }
}

/// For want of memory bytes of the stream are lost, which must not pass unnoticed.
void Receiving::leave_gap() {
  kept_.reset();
  gap_ = true;
  const Error error = shortage("receive");
  while (!receives_.empty()) fail_first(error);
}

void Receiving::drop_kept(std::size_t count) {
  kept_->drop(count);
  if (kept_->empty()) kept_.reset();
}

}  // namespace bowline::drive
