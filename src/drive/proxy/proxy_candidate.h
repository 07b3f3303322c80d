#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "drive/establish/candidates/approach.h"
#include "drive/proxy/proxy_route.h"

namespace bowline::drive {

/// A candidate that ends at the peer's side of a proxy: TCP, what secures the way to the proxy, the tunnel.
/// A proxy that asks who we are, and then closes, is gone to once more.
class ProxyCandidate final : public StreamCandidate {
 public:
  ProxyCandidate(std::shared_ptr<const ProxyRoute> route, const Approach& approach);

  Result<Progress> start(CandidateObserver& observer) override;
  void append_handshakes(std::vector<Handshake::Facts>& done) const override;
  [[nodiscard]] std::optional<SecurityReport> security() const override {
    return std::nullopt;  // that of the proxy is not the peer's
  }
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_stream() override {
    return try_->candidate->take_stream();
  }
  [[nodiscard]] bool is_readable() const override { return true; }

 private:
  /// One way to the proxy. One that has failed may still hear of its socket, and is not heeded then.
  struct Try final : CandidateObserver {
    explicit Try(ProxyCandidate& of) : owner(of) {}
    void handle_progress() override {
      if (owner.try_.get() == this) owner.observer_->handle_progress();
    }
    void handle_ready() override {
      if (owner.try_.get() == this) owner.observer_->handle_ready();
    }
    void handle_failure(Error error) override {
      if (owner.try_.get() == this) owner.handle_failure(std::move(error));
    }
    ProxyCandidate& owner;
    std::unique_ptr<StreamCandidate> candidate;
  };
  void handle_failure(Error error);
  [[nodiscard]] Result<Progress> begin();
  [[nodiscard]] bool is_worth_another_try(const Error& error);

  std::shared_ptr<const ProxyRoute> route_;
  Loop& loop_;
  const SocketAddress remote_;
  const ports::Binding binding_;
  std::vector<Layer> layers_;
  LayerContext context_;
  CandidateObserver* observer_ = nullptr;
  std::unique_ptr<Try> try_;
  std::unique_ptr<Try> failed_;  // which is still in the call that told of it
  bool has_tried_again_ = false;
};

/// Leads all alternatives of a stack through a proxy. What is not on TCP cannot be led so.
///
/// errors    unsupported
[[nodiscard]] Result<void> lead_through(const std::shared_ptr<const ProxyRoute>& route,
                                        std::vector<StackAlternative>& alternatives);

}  // namespace bowline::drive
