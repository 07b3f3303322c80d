#include "drive/establish/candidates/layer_candidate.h"

#include <cassert>
#include <ranges>
#include <utility>

#include "drive/loop/loop.h"

namespace bowline::drive {

LayerCandidate::LayerCandidate(const Layer& layer, std::shared_ptr<const LayerContext> context,
                               std::unique_ptr<StreamCandidate> below)
    : layer_(layer), context_(std::move(context)), below_(std::move(below)) {}

Result<Candidate::Progress> LayerCandidate::start(CandidateObserver& observer) {
  observer_ = &observer;
  BOWLINE_TRY(Progress progress, below_->start(*this));
  if (progress == Progress::ready) {
    BOWLINE_TRY(progress, begin_handshake());
  }
  told_progress_ = progress != Progress::connecting;
  return progress;
}

void LayerCandidate::append_handshakes(std::vector<Handshake::Facts>& done) const {
  below_->append_handshakes(done);
  if (ended_) done.push_back({layer_.name, *ended_ - started_, std::nullopt, {}});
}

std::optional<SecurityReport> LayerCandidate::security() const {
  if (!stream_) return below_->security();
  std::vector<ports::LayerFacts> layers;
  stream_->append_facts(layers);
  for (ports::LayerFacts& layer : layers | std::views::reverse)
    if (layer.security) return std::move(layer.security);
  return std::nullopt;
}

std::unique_ptr<ports::ByteStream> LayerCandidate::take_stream() {
  assert(ended_);
  return std::move(stream_);
}

void LayerCandidate::handle_progress() { report(Progress::connected); }

void LayerCandidate::handle_ready() { report(begin_handshake()); }

void LayerCandidate::handle_failure(Error error) { observer_->handle_failure(std::move(error)); }

void LayerCandidate::handle_readiness(ports::Readiness /*readiness*/) {
  // Between the end of the handshake and the handing over, whoever takes the stream will read anyway.
  if (!ended_) report(shake_hands());
}

Result<Candidate::Progress> LayerCandidate::begin_handshake() {
  started_ = context_->loop.now();
  auto made = layer_.make_stream(*context_, below_->take_stream());
  if (!made.has_value()) return blame(made.error());
  stream_ = *std::move(made);
  stream_->observe(*this);
  return shake_hands();
}

Result<Candidate::Progress> LayerCandidate::shake_hands() {
  const Result<bool> done = stream_->shake_hands();
  if (!done.has_value()) return blame(done.error());
  if (!*done) return Progress::connected;
  ended_ = context_->loop.now();
  return Progress::ready;
}

/// The error, with this layer's name.
Error LayerCandidate::blame(const Error& error) const {
  return error.about(layer_.name + " " + to_string(context_->remote));
}

/// The last thing an event does: the observer may destroy this.
void LayerCandidate::report(const Result<Progress>& progress) {
  if (!progress.has_value()) return observer_->handle_failure(progress.error());
  if (*progress == Progress::ready) return observer_->handle_ready();
  if (!std::exchange(told_progress_, true)) observer_->handle_progress();
}

std::unique_ptr<StreamCandidate> put_layers(const std::vector<Layer>& layers, LayerContext context,
                                            std::unique_ptr<StreamCandidate> below) {
  std::vector<std::byte> early_data = std::exchange(context.early_data, {});
  auto shared = std::make_shared<LayerContext>(std::move(context));
  for (const Layer& layer : layers) {
    const bool is_highest = &layer == &layers.back();
    if (is_highest && !early_data.empty()) {
      shared = std::make_shared<LayerContext>(*shared);
      shared->early_data = std::move(early_data);
    }
    below = std::make_unique<LayerCandidate>(layer, shared, std::move(below));
  }
  return below;
}

}  // namespace bowline::drive
