#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <bowline/operation.h>

#include "drive/stream/receiving.h"
#include "drive/stream/sending.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// A byte stream that does what a test says: for the halves of a connection alone.
class ScriptedStream final : public ports::ByteStream {
 public:
  // What reads meet, one after another; nothing more is `blocked`.
  void comes(std::string_view bytes) { coming_.push_back({std::string(bytes), {}, false, false}); }
  void comes_nothing() { coming_.push_back({{}, {}, true, false}); }
  void comes_end() { coming_.push_back({{}, {}, false, true}); }
  void comes_error(ErrorKind kind) {
    coming_.push_back({{}, Error(kind, ErrorDomain::bowline, 0, "read"), false, false});
  }

  // What writes meet.
  std::size_t room = SIZE_MAX;           ///< bytes that are taken before it blocks
  std::size_t taken_at_once = SIZE_MAX;  ///< of one call, without blocking
  std::optional<ErrorKind> write_error;  ///< once there is no room
  std::size_t finishes_that_block = 0;
  bool finish_fails = false;

  // What was done.
  std::string written;
  std::size_t given_bytes = 0;
  bool finished = false;

  void observe(ports::SocketObserver&) override {}
  Result<ports::Transfer> read(std::span<std::byte> into) override {
    if (coming_.empty()) return ports::Transfer{0, true, false};
    Coming& next = coming_.front();
    if (next.error) return *next.error;
    if (next.end) return ports::Transfer{0, false, true};
    const std::size_t count = std::min(into.size(), next.bytes.size());
    std::ranges::copy(std::as_bytes(std::span(next.bytes)).first(count), into.begin());
    given_bytes += count;
    next.bytes.erase(0, count);
    const bool blocked = std::exchange(next.blocks, false);
    if (next.bytes.empty()) coming_.pop_front();
    return ports::Transfer{count, blocked, false};
  }
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override {
    ports::Transfer transfer;
    std::size_t left = taken_at_once;
    for (const auto piece : pieces) {
      const std::size_t count = std::min({piece.size(), room, left});
      written.append(reinterpret_cast<const char*>(piece.data()), count);
      transfer.bytes += count;
      room -= count;
      left -= count;
      if (count == piece.size()) continue;
      transfer.blocked = room == 0;
      if (room == 0 && write_error && transfer.bytes == 0)
        return Error(*write_error, ErrorDomain::bowline, 0, "write");
      break;
    }
    return transfer;
  }
  Result<ports::Transfer> finish() override {
    if (finish_fails) return Error(ErrorKind::reset, ErrorDomain::bowline, 0, "finish");
    if (finishes_that_block > 0) {
      --finishes_that_block;
      return ports::Transfer{0, true, false};
    }
    finished = true;
    return ports::Transfer{};
  }
  Result<void> check() override { return {}; }
  [[nodiscard]] bool has_unacknowledged() const override { return false; }
  void abort() noexcept override {}
  [[nodiscard]] SocketAddress local_address() const override { return {}; }
  [[nodiscard]] SocketAddress remote_address() const override { return {}; }
  [[nodiscard]] ports::StreamStatistics statistics() const override { return {}; }
  void append_facts(std::vector<ports::LayerFacts>&) const override {}

 private:
  struct Coming {
    std::string bytes;
    std::optional<Error> error;  // stays
    bool blocks;                 // once, with the first byte or none
    bool end;                    // stays
  };
  std::deque<Coming> coming_;
};

/// A loop's queue of operations that are done, without the loop.
class UnloopedQueue final : public detail::RequestQueue {
 public:
  UnloopedQueue() = default;
  void deliver() {
    while (has_ready()) pop().run_delivery();
  }
  void run_until_delivered(const bool&) override {}
  void link_stop(detail::RequestBase&, std::stop_token) override {}
  void unlink_stop(detail::RequestBase&) noexcept override {}
  detail::Request<void>* make_sleep(Duration) override { return nullptr; }

 private:
  void wake() override {}
};

/// A receiving half, and operations on it as a connection has them.
struct ReceivingScene {
  ScriptedStream stream;
  BufferPool pool;
  detail::Ref<UnloopedQueue> queue{new UnloopedQueue};
  Receiving half;
  Receiving::Source source{&stream, &pool};
  std::optional<Error> error;  ///< what broke the stream

  Operation<Message> receive(std::size_t min, std::size_t max) {
    return make<ReceiveRequest, Message>(Wish::some, min, max);
  }
  Operation<Message> receive_exactly(std::size_t count) {
    return make<ReceiveRequest, Message>(Wish::exactly, count, count);
  }
  Operation<Message> receive_until(std::string delimiter, std::size_t max) {
    return make<ReceiveUntilRequest, Message>(std::move(delimiter), max);
  }
  Operation<std::size_t> receive_into(std::span<std::byte> into, std::size_t min = 1) {
    return make<ReceiveIntoRequest, std::size_t>(into, min);
  }
  detail::TakenList taken;
  /// The stream said that it is readable.
  void become_readable() {
    half.set_readable();
    serve();
  }
  void serve() {
    const Result<void> served = half.serve(source);
    if (!served.has_value()) {
      error = served.error();
      source.stream = nullptr;
    }
    // As a connection that broke: whoever asks later has what is left, and then the error.
    if (error) half.fail_all(*error, Receiving::Fate::broke, &pool);
  }

 private:
  template <class Kind, class T>
  struct Plain final : Kind {
    template <class... Asked>
    Plain(detail::RequestQueue& loop, ReceivingScene& owner, Asked&&... asked)
        : Kind(loop, std::forward<Asked>(asked)...), scene(owner) {}
    void begin() override {
      scene.half.push(*this);
      scene.serve();
    }
    void withdraw() noexcept override {
      scene.half.withdraw(*this);
      scene.serve();
    }
    detail::TakenList* source() noexcept override {
      return this->has_value() ? &scene.taken : nullptr;
    }
    void give_back(Result<T>&& result, detail::Undone how) noexcept override {
      if (how == detail::Undone::waits) scene.half.push_front(*this);
      if constexpr (std::is_same_v<T, Message>) {
        if (result.has_value()) scene.half.take_back(result->bytes());
      } else {
        scene.half.take_back(*this, result.has_value() ? *result : 0);
      }
      if (how == detail::Undone::abandoned) scene.serve();
    }
    ReceivingScene& scene;
  };
  template <class Kind, class T, class... Asked>
  Operation<T> make(Asked&&... asked) {
    return Operation<T>(
        detail::RequestBase::make<Plain<Kind, T>>(*queue, *this, std::forward<Asked>(asked)...));
  }
};

/// A sending half, and sends on it.
struct SendingScene {
  ScriptedStream stream;
  detail::Ref<UnloopedQueue> queue{new UnloopedQueue};
  Sending half;
  std::optional<Error> error;
  bool has_stream = true;  ///< false: the connection is not ready yet
  bool cut = false;        ///< a send was dropped of which half was written

  template <class Bytes>
  Operation<void> send(Bytes bytes, SendKind kind = SendKind::plain) {
    return Operation<void>(detail::RequestBase::make<Plain>(*queue, *this, std::move(bytes), kind));
  }
  void write() {
    const auto written = half.write(stream);
    if (written.has_value()) return;
    error = written.error();
    half.fail_all(*error);
  }
  void become_writable(std::size_t room) {
    stream.room = room;
    half.set_writable();
    write();
  }
  /// As when the stream had no room for a while.
  void take_over(std::size_t bytes_max) {
    if (half.stall() == nullptr) half.set_stall(std::make_unique<Sending::Stall>());
    half.take_over(bytes_max);
  }

 private:
  struct Plain final : SendRequest {
    template <class Bytes>
    Plain(detail::RequestQueue& loop, SendingScene& owner, Bytes&& bytes, SendKind kind)
        : SendRequest(loop, std::forward<Bytes>(bytes), kind), scene(owner) {}
    void begin() override {
      const bool is_first = scene.half.push(*this);
      if (scene.has_stream && is_first && scene.half.is_writable()) scene.write();
    }
    void withdraw() noexcept override { scene.cut |= scene.half.withdraw(*this); }
    SendingScene& scene;
  };
};

}  // namespace bowline::drive
