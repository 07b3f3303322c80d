// Sequences of operations on the two halves of a stream: bytes that come in any pieces, blocks, ends and
// errors, receives and sends of every kind, of which any may be dropped at any time. Whatever happens, no
// byte is lost or out of order, and each operation that is not dropped completes once.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "drive/stream/scripted_stream.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::drive;
using fuzz::Input;

constexpr std::size_t pending_max = 8;

/// What comes of one operation.
template <class T>
struct Pending {
  Operation<T> operation;
  int calls = 0;
};

/// Checks the receiving half against the string that the peer sent.
class Receives {
 public:
  explicit Receives(Input& input) : input_(input) {}

  void step() {
    switch (input_.below(8)) {
      case 0: come(); break;
      case 1: scene_.stream.comes_nothing(); break;
      case 2: scene_.become_readable(); break;
      case 3: drop_one(); break;
      case 4: scene_.queue->deliver(); break;
      case 5: receive_into(); break;
      case 6: receive_until(); break;
      default: receive(); break;
    }
  }

  /// Whatever waits or is kept comes out in the end.
  void end() {
    if (input_.below(2) == 0) scene_.stream.comes_error(ErrorKind::reset);
    scene_.stream.comes_end();
    // Each report reads up to the next block.
    for (int i = 0; i < 4096 && !scene_.half.has_ended(); ++i) {
      start(scene_.receive(1, 4096));
      scene_.become_readable();
      scene_.queue->deliver();
    }
    require(scene_.half.has_ended());
    for (int i = 0; i < 4096 && scene_.half.has_kept(); ++i) {
      start(scene_.receive(1, 4096));
      scene_.queue->deliver();
    }
    scene_.queue->deliver();
    require(taken_ == scene_.stream.given_bytes);
    if (scene_.error) require(!scene_.half.is_waited_for());
    for (const auto& pending : messages_) require(pending->calls == 1);
    for (const auto& pending : sizes_) require(pending->calls == 1);
  }

 private:
  void come() {
    std::string bytes;
    for (std::size_t left = 1 + input_.below(40); left > 0; --left)
      bytes.push_back(static_cast<char>('a' + input_.below(3)));
    sent_ += bytes;
    scene_.stream.comes(bytes);
  }
  void receive() {
    if (messages_.size() + sizes_.size() >= pending_max) return drop_one();
    const std::size_t min = input_.below(20);
    if (input_.below(2) == 0) return start(scene_.receive(min, 1 + min + input_.below(20)));
    start(scene_.receive_exactly(1 + min), [this, count = 1 + min](const Result<Message>& told) {
      if (told.has_value()) require(told->size() == count);
    });
  }
  void receive_until() {
    if (messages_.size() + sizes_.size() >= pending_max) return drop_one();
    std::string delimiter;
    for (std::size_t left = 1 + input_.below(3); left > 0; --left)
      delimiter.push_back(static_cast<char>('a' + input_.below(3)));
    const std::size_t max = delimiter.size() + input_.below(30);
    start(scene_.receive_until(delimiter, max),
          [this, delimiter, max](const Result<Message>& told) {
            if (told.has_value()) {
              require(told->size() <= max);
              require(told->text().find(delimiter) == told->size() - delimiter.size());
            } else if (told.error().kind() == ErrorKind::limit_exceeded && !dropped_any_) {
              // A receive that was dropped may have put bytes in front of those that were searched.
              require(sent_.substr(taken_, max).find(delimiter) == std::string::npos);
            }
          });
  }
  void receive_into() {
    if (messages_.size() + sizes_.size() >= pending_max) return drop_one();
    const std::size_t size = 1 + input_.below(memory_bytes);
    const std::size_t min = input_.below(size + 1);
    auto memory = std::make_shared<std::array<std::byte, memory_bytes>>();
    auto pending = std::make_unique<Pending<std::size_t>>();
    pending->operation = scene_.receive_into(std::span(*memory).first(size), min);
    sizes_.push_back(std::move(pending));
    Pending<std::size_t>& it = *sizes_.back();
    it.operation.start([this, &it, memory](const Result<std::size_t>& told) {
      ++it.calls;
      if (told.has_value()) take(std::span(*memory).first(*told));
    });
  }
  void start(Operation<Message> operation,
             std::function<void(const Result<Message>&)> check = nullptr) {
    auto pending = std::make_unique<Pending<Message>>();
    pending->operation = std::move(operation);
    messages_.push_back(std::move(pending));
    Pending<Message>& it = *messages_.back();
    it.operation.start([this, &it, check = std::move(check)](const Result<Message>& told) {
      ++it.calls;
      if (check) check(told);
      if (told.has_value()) take(told->bytes());
    });
  }
  void take(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    require(sent_.substr(taken_, bytes.size()) == text);
    taken_ += bytes.size();
  }
  void drop_one() {
    if (!messages_.empty() && (sizes_.empty() || input_.below(2) == 0)) return drop_from(messages_);
    if (!sizes_.empty()) drop_from(sizes_);
  }
  template <class Operations>
  void drop_from(Operations& operations) {
    const std::size_t index = input_.below(operations.size());
    require(operations[index]->calls <= 1);
    dropped_any_ = true;
    operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(index));
  }

  static constexpr std::size_t memory_bytes = 24;

  Input& input_;
  std::string sent_;       // by the peer
  std::size_t taken_ = 0;  // of it, by whoever receives
  bool dropped_any_ = false;
  ReceivingScene scene_;
  std::deque<std::unique_ptr<Pending<Message>>> messages_;
  std::deque<std::unique_ptr<Pending<std::size_t>>> sizes_;
};

/// Checks what the sending half writes against what was handed to it.
class Sends {
 public:
  explicit Sends(Input& input) : input_(input) {
    scene_.stream.room = input_.below(50);
    scene_.stream.finishes_that_block = input_.below(3);
  }

  void step() {
    switch (input_.below(6)) {
      case 0: scene_.take_over(input_.below(256)); break;
      case 1: scene_.stream.taken_at_once = 1 + input_.below(20); break;
      case 2: scene_.become_writable(input_.below(100)); break;
      case 3: drop_last(); break;
      case 4: scene_.queue->deliver(); break;
      default: send(); break;
    }
    check();
  }

  void end() {
    for (int i = 0; i < 8; ++i) scene_.become_writable(SIZE_MAX);
    scene_.queue->deliver();
    if (scene_.cut) return;
    check();
    require(scene_.stream.written == expected_);
    require(!scene_.half.has_unsent() && scene_.half.queued_bytes() == 0);
    require(scene_.stream.finished == scene_.half.is_ended());
    for (const auto& sent : sends_) require(sent->calls == 1);
  }

 private:
  struct Sent {
    std::string bytes;  // that are borrowed
    std::size_t size;
    Operation<void> operation;
    int calls = 0;
  };
  void send() {
    if (scene_.half.is_ended() || scene_.cut) return;
    auto sent = std::make_unique<Sent>();
    std::string bytes;
    for (std::size_t left = input_.below(4) == 0 ? 600 : input_.below(40); left > 0; --left)
      bytes.push_back(static_cast<char>('a' + next_++ % 26));
    expected_ += bytes;
    sent->size = bytes.size();
    const SendKind kind = input_.below(16) == 0 ? SendKind::last : SendKind::plain;
    if (input_.below(2) == 0) {
      sent->operation = scene_.send(Buffer::own(std::move(bytes)), kind);
    } else {
      sent->bytes = std::move(bytes);
      sent->operation = scene_.send(std::as_bytes(std::span(std::as_const(sent->bytes))), kind);
    }
    sends_.push_back(std::move(sent));
    Sent& it = *sends_.back();
    it.operation.start([&it](const Result<void>& told) {
      ++it.calls;
      require(told.has_value());
      it.bytes.assign(it.bytes.size(), 'X');  // it is the owner's again
    });
  }
  /// The last one, so that what is expected stays simple. One that is done keeps its bytes in the stream.
  void drop_last() {
    if (sends_.empty()) return;
    const std::size_t queued = scene_.half.queued_bytes();
    const std::size_t size = sends_.back()->size;
    sends_.pop_back();
    if (scene_.cut) return;
    if (queued - scene_.half.queued_bytes() == size) expected_.resize(expected_.size() - size);
  }
  void check() {
    if (scene_.cut) return;
    require(expected_.starts_with(scene_.stream.written));
    require(scene_.half.queued_bytes() == expected_.size() - scene_.stream.written.size());
  }

  Input& input_;
  std::string expected_;
  std::size_t next_ = 0;
  SendingScene scene_;
  std::deque<std::unique_ptr<Sent>> sends_;
};

}  // namespace

int fuzz_stream_operations(std::span<const std::byte> bytes) {
  Input input(bytes);
  Receives receives(input);
  Sends sends(input);
  while (!input.empty()) input.below(2) == 0 ? receives.step() : sends.step();
  receives.end();
  sends.end();
  return 0;
}
