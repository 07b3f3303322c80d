#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "drive/carrier/later_report.h"
#include "passing_stream.h"
#include "ports/stream_socket.h"

namespace bowline::test {

/// A layer on a TCP socket that changes nothing.
class Layer : public PassingStream<ports::StreamSocket, ports::StreamSocket> {
 public:
  using PassingStream::set_below;
  /// For the time before there is a socket below: it is made with its observer.
  void report_to(ports::SocketObserver& observer) { PassingStream::observe(observer); }
  [[nodiscard]] ports::SocketObserver& observer_of_below() { return *this; }

  void observe(ports::SocketObserver& observer) override {
    report_to(observer);
    below().observe(*this);
  }
  Result<void> finish_connect() override { return below().finish_connect(); }
};

/// Turns the bits of every byte around. Like TLS it takes bytes over before the layer below has room for
/// them.
class Reversing final : public Layer {
 public:
  ~Reversing() override { static_cast<void>(flush()); }

  Result<ports::Transfer> read(std::span<std::byte> into) override {
    BOWLINE_TRY(const ports::Transfer transfer, below().read(into));
    for (std::byte& byte : into.first(transfer.bytes)) byte = reversed(byte);
    return transfer;
  }
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override {
    BOWLINE_TRY_VOID(flush());
    ports::Transfer transfer;
    for (const auto piece : pieces) {
      for (const std::byte byte : piece) {
        if (pending_.size() == record_bytes_max) BOWLINE_TRY_VOID(flush());
        transfer.blocked = pending_.size() == record_bytes_max;
        if (transfer.blocked) return transfer;
        pending_.push_back(reversed(byte));
        ++transfer.bytes;
      }
    }
    BOWLINE_TRY_VOID(flush());
    return transfer;
  }
  Result<ports::Transfer> finish() override {
    BOWLINE_TRY_VOID(flush());
    if (!pending_.empty()) return ports::Transfer{0, true, false};
    return below().finish();
  }
  [[nodiscard]] bool has_unacknowledged() const override {
    return !pending_.empty() || below().has_unacknowledged();
  }
  void append_facts(std::vector<ports::LayerFacts>& layers) const override {
    below().append_facts(layers);
    layers.push_back({"reversed", {}, {}, {}, {{"bits", "8"}}});
  }

 private:
  static constexpr std::size_t record_bytes_max = 1000;

  static std::byte reversed(std::byte byte) {
    auto bits = std::to_integer<unsigned>(byte);
    unsigned turned = 0;
    for (int i = 0; i < 8; ++i, bits >>= 1U) turned = (turned << 1U) | (bits & 1U);
    return static_cast<std::byte>(turned);
  }
  Result<void> flush() {
    for (bool blocked = false; !pending_.empty() && !blocked;) {
      const std::span<const std::byte> piece(pending_);
      BOWLINE_TRY(const ports::Transfer written, below().write(std::span(&piece, 1)));
      pending_.erase(pending_.begin(),
                     pending_.begin() + static_cast<std::ptrdiff_t>(written.bytes));
      blocked = written.blocked;
    }
    return {};
  }
  void handle_readiness(ports::Readiness readiness) override {
    // What broke is found by the observer, too.
    if (readiness.writable && !pending_.empty()) static_cast<void>(flush());
    Layer::handle_readiness(readiness);
  }

  std::vector<std::byte> pending_;
};

/// Gives one byte with each read, takes one with each write and then has no room for a moment, and ends only
/// when it is asked for the fourth time.
class Trickling final : public Layer {
 public:
  explicit Trickling(drive::Loop& loop) : later_(loop) {}

  void observe(ports::SocketObserver& observer) override {
    later_.observe(observer);
    Layer::observe(observer);
  }
  Result<ports::Transfer> read(std::span<std::byte> into) override {
    BOWLINE_TRY(ports::Transfer transfer, below().read(into.first(1)));
    return transfer;
  }
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override {
    for (const auto piece : pieces) {
      if (piece.empty()) continue;
      const auto one = piece.first(1);
      BOWLINE_TRY(const ports::Transfer written, below().write(std::span(&one, 1)));
      if (!written.blocked) later_.report({.readable = false, .writable = true});
      return ports::Transfer{written.bytes, true, false};
    }
    return ports::Transfer{};
  }
  Result<ports::Transfer> finish() override {
    if (finishes_left_ == 0) return below().finish();
    --finishes_left_;
    later_.report({.readable = false, .writable = true});
    return ports::Transfer{0, true, false};
  }
  [[nodiscard]] bool has_unacknowledged() const override {
    return (finishes_left_ > 0 && finishes_left_ < 3) || below().has_unacknowledged();
  }

 private:
  drive::LaterReport later_;
  int finishes_left_ = 3;
};

}  // namespace bowline::test
