#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ports/byte_stream.h"

namespace bowline::test {

/// A `Stream` on a `Below` that passes everything on: for layers that differ from that in little.
template <class Stream, class Below = ports::ByteStream>
class PassingStream : public Stream, protected ports::SocketObserver {
 public:
  void observe(ports::SocketObserver& observer) override { observer_ = &observer; }
  Result<ports::Transfer> read(std::span<std::byte> into) override { return below_->read(into); }
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override {
    return below_->write(pieces);
  }
  Result<ports::Transfer> finish() override { return below_->finish(); }
  Result<void> check() override { return below_->check(); }
  [[nodiscard]] bool has_unacknowledged() const override { return below_->has_unacknowledged(); }
  void abort() noexcept override { below_->abort(); }
  [[nodiscard]] SocketAddress local_address() const override { return below_->local_address(); }
  [[nodiscard]] SocketAddress remote_address() const override { return below_->remote_address(); }
  [[nodiscard]] ports::StreamStatistics statistics() const override { return below_->statistics(); }
  void append_facts(std::vector<ports::LayerFacts>& layers) const override {
    below_->append_facts(layers);
  }

 protected:
  PassingStream() = default;
  explicit PassingStream(std::unique_ptr<Below> below) { set_below(std::move(below)); }
  /// Whoever sets it sees to it that this observes it.
  void set_below(std::unique_ptr<Below> below) { below_ = std::move(below); }
  [[nodiscard]] Below& below() const { return *below_; }

  void handle_readiness(ports::Readiness readiness) override {
    if (observer_ != nullptr) observer_->handle_readiness(readiness);
  }

 private:
  std::unique_ptr<Below> below_;
  ports::SocketObserver* observer_ = nullptr;
};

}  // namespace bowline::test
