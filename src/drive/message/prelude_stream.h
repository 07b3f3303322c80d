#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <bowline/framer.h>

#include "core/framing/framer_chain.h"
#include "drive/establish/candidates/layer.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// A framer that speaks first, on a byte stream that others carry on with once it is ready, such as TLS that
/// a server is asked for in the clear (STARTTLS). Afterwards this only passes on.
class PreludeStream final : public HandshakingStream, private ports::SocketObserver {
 public:
  PreludeStream(const LayerContext& context, std::string name, std::unique_ptr<Framer> framer,
                std::unique_ptr<ports::ByteStream> below);

  Result<bool> shake_hands() override;
  void observe(ports::SocketObserver& observer) override { observer_ = &observer; }
  Result<ports::Transfer> read(std::span<std::byte> into) override;
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
  void append_facts(std::vector<ports::LayerFacts>& layers) const override;
  [[nodiscard]] ports::SecureChannel* secure_channel() override { return below_->secure_channel(); }

 private:
  void handle_readiness(ports::Readiness readiness) override {
    observer_->handle_readiness(readiness);
  }
  /// Whoever shakes hands goes on with it.
  void handle_timer();
  [[nodiscard]] Result<bool> speak();
  [[nodiscard]] Result<bool> take_outputs();
  [[nodiscard]] Result<bool> write_out();
  [[nodiscard]] Result<bool> read_once();

  Loop& loop_;
  const std::string name_;
  std::unique_ptr<ports::ByteStream> below_;
  ports::SocketObserver* observer_ = nullptr;
  std::unique_ptr<core::FramerChain> chain_;  // until it is ready
  bool started_ = false;
  Buffer kept_;  // what came behind the framer's last word
  MemberTimer<PreludeStream, &PreludeStream::handle_timer> timer_{*this};
};

/// `make` gives a framer for each attempt.
[[nodiscard]] Layer prelude_layer(std::string name, std::function<std::unique_ptr<Framer>()> make);

}  // namespace bowline::drive
