#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "drive/establish/candidates/layer.h"
#include "drive/proxy/proxy_route.h"

namespace bowline::drive {

/// A way through a proxy: it shakes hands with the proxy, and then is the stream below.
///
/// Nothing that the proxy said is seen by whoever uses it, and nothing that secures the way to the proxy
/// counts as securing the way to the peer.
class TunnelStream final : public HandshakingStream, private ports::SocketObserver {
 public:
  TunnelStream(std::shared_ptr<const ProxyRoute> route, std::unique_ptr<core::ProxyTunnel> tunnel,
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

 private:
  void handle_readiness(ports::Readiness readiness) override {
    if (observer_ != nullptr) observer_->handle_readiness(readiness);
  }
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<bool> feed();
  void remember(bool has_failed);
  [[nodiscard]] Error give_up(const std::optional<Error>& broken);

  std::shared_ptr<const ProxyRoute> route_;
  std::unique_ptr<core::ProxyTunnel> tunnel_;
  std::unique_ptr<ports::ByteStream> below_;
  ports::SocketObserver* observer_ = nullptr;
  std::vector<std::byte> leftover_;  // of the peer's, read with the proxy's answer
  bool has_started_ = false;
};

/// The layer that leads from a proxy to `target`. Borrowed nothing: `route` is shared.
[[nodiscard]] Layer tunnel_layer(const std::shared_ptr<const ProxyRoute>& route,
                                 core::TunnelTarget target);

}  // namespace bowline::drive
