#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <bowline/time.h>

#include "drive/establish/candidates/candidate.h"
#include "drive/establish/candidates/layer.h"

namespace bowline::drive {

/// A layer on another candidate: waits until that one is ready, takes its stream and shakes hands over
/// it; then it is ready itself and gives up the layer's stream.
///
/// The same for connections that we open and for accepted ones; those stand on a candidate that is ready.
class LayerCandidate final : public StreamCandidate,
                             private CandidateObserver,
                             private ports::SocketObserver {
 public:
  /// `layer` outlives the candidate.
  LayerCandidate(const Layer& layer, std::shared_ptr<const LayerContext> context,
                 std::unique_ptr<StreamCandidate> below);

  Result<Progress> start(CandidateObserver& observer) override;
  void append_handshakes(std::vector<Handshake::Facts>& done) const override;
  [[nodiscard]] std::optional<SecurityReport> security() const override;
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_stream() override;
  /// What the layer read behind its handshake it reports to nobody.
  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] std::size_t early_bytes_taken() const override {
    return stream_ ? stream_->early_bytes_taken() : 0;
  }

 private:
  void handle_progress() override;
  void handle_ready() override;
  void handle_failure(Error error) override;
  void handle_readiness(ports::Readiness readiness) override;
  [[nodiscard]] Result<Progress> begin_handshake();
  [[nodiscard]] Result<Progress> shake_hands();
  [[nodiscard]] Error blame(const Error& error) const;
  void report(const Result<Progress>& progress);

  const Layer& layer_;
  std::shared_ptr<const LayerContext> context_;
  std::unique_ptr<StreamCandidate> below_;  // a husk once the handshake has begun
  CandidateObserver* observer_ = nullptr;
  std::unique_ptr<HandshakingStream> stream_;
  Instant started_{};
  std::optional<Instant> ended_;
  bool told_progress_ = false;
};

/// A stream that is ready as it is: what an accepted connection's layers stand on.
class ReadyCandidate final : public StreamCandidate {
 public:
  explicit ReadyCandidate(std::unique_ptr<ports::ByteStream> stream) : stream_(std::move(stream)) {}

  Result<Progress> start(CandidateObserver& /*observer*/) override { return Progress::ready; }
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_stream() override {
    return std::move(stream_);
  }
  /// Its stream was observed by nobody so far, so that what has come will still be reported.
  [[nodiscard]] bool is_readable() const override { return false; }

 private:
  std::unique_ptr<ports::ByteStream> stream_;
};

/// Puts `layers`, bottom first, on a candidate; early data is for the last of them. `layers` outlives the
/// result.
[[nodiscard]] std::unique_ptr<StreamCandidate> put_layers(const std::vector<Layer>& layers,
                                                          LayerContext context,
                                                          std::unique_ptr<StreamCandidate> below);

}  // namespace bowline::drive
