#include "drive/message/framer_chain.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bowline::drive {

/// One framer and the bytes that it has not understood yet.
class FramerChain::Layer final : public FramerContext {
 public:
  Layer(FramerChain& chain, std::size_t index, std::unique_ptr<Framer> made)
      : framer(std::move(made)), chain_(chain), index_(index) {}

  Result<void> feed(Buffer bytes) {
    add(std::move(bytes));
    if (started) BOWLINE_TRY_VOID(framer->handle_input(*this));  // else kept until it starts
    if (input().size() <= framer->input_bytes_max()) return {};
    return Error(ErrorKind::limit_exceeded, "framer", "the peer's message is larger than allowed")
        .about(std::string(framer->name()));
  }

  [[nodiscard]] std::span<const std::byte> input() const override {
    return gathered_.empty() ? held_.bytes() : std::span(gathered_).subspan(consumed_);
  }
  void consume(std::size_t count) override {
    assert(count <= input().size());
    if (gathered_.empty()) {
      held_.remove_prefix(count);
      if (held_.empty()) held_ = {};
      return;
    }
    consumed_ += count;
    if (consumed_ < gathered_.size()) return;
    consumed_ = 0;
    if (gathered_.capacity() > gathered_kept_max) gathered_ = {};
    gathered_.clear();
  }
  void deliver_input(std::size_t count, bool complete) override {
    Buffer bytes =
        gathered_.empty() ? held_.slice(0, count) : Buffer::copy_of(input().first(count));
    consume(count);
    chain_.pass_up(index_, std::move(bytes), complete);
  }
  void deliver(std::span<const std::byte> bytes, bool complete) override {
    chain_.pass_up(index_, Buffer::copy_of(bytes), complete);
  }
  void write(std::span<const std::byte> bytes) override { chain_.pass_down(index_, bytes); }
  void mark_ready() override {
    if (started && chain_.ready_count_ == index_) ++chain_.ready_count_;
  }
  void wake_at(std::optional<Instant> at) override { wake = at; }
  [[nodiscard]] Instant now() const override { return chain_.now_; }

  std::unique_ptr<Framer> framer;
  std::optional<Instant> wake;
  bool started = false;

 private:
  static constexpr std::size_t gathered_kept_max = 64 * 1024;

  void add(Buffer bytes) {
    if (gathered_.empty() && held_.empty()) {
      held_ = std::move(bytes);
      return;
    }
    if (consumed_ > 0) {
      gathered_.erase(gathered_.begin(),
                      gathered_.begin() + static_cast<std::ptrdiff_t>(consumed_));
      consumed_ = 0;
    }
    gathered_.insert(gathered_.end(), held_.bytes().begin(), held_.bytes().end());
    held_ = {};
    gathered_.insert(gathered_.end(), bytes.bytes().begin(), bytes.bytes().end());
  }

  FramerChain& chain_;
  std::size_t index_;
  Buffer held_;                      // what came last, uncopied, if nothing is gathered
  std::vector<std::byte> gathered_;  // several pieces in one
  std::size_t consumed_ = 0;         // of gathered_
};

FramerChain::FramerChain(const std::vector<FramerFactory>& factories) {
  for (const FramerFactory& make : factories)
    layers_.push_back(std::make_unique<Layer>(*this, layers_.size(), make()));
}

FramerChain::~FramerChain() = default;

Result<void> FramerChain::start(Instant now) {
  now_ = now;
  return start_layers();
}

Result<void> FramerChain::start_layers() {
  while (started_count_ < layers_.size() && started_count_ == ready_count_) {
    Layer& layer = *layers_[started_count_++];
    layer.started = true;
    BOWLINE_TRY(const bool ready, layer.framer->start(layer));
    if (ready) layer.mark_ready();
    if (!layer.input().empty()) BOWLINE_TRY_VOID(layer.framer->handle_input(layer));
  }
  if (error_) return *std::exchange(error_, std::nullopt);
  return {};
}

Result<void> FramerChain::handle_input(Buffer bytes, Instant now) {
  now_ = now;
  if (layers_.empty()) {
    delivered_.push_back({std::move(bytes), false});
    return {};
  }
  BOWLINE_TRY_VOID(layers_.front()->feed(std::move(bytes)));
  return start_layers();
}

Result<void> FramerChain::handle_end(Instant now) {
  now_ = now;
  for (const auto& layer : layers_)
    if (layer->started) BOWLINE_TRY_VOID(layer->framer->handle_end(*layer));
  return start_layers();
}

Result<void> FramerChain::handle_output(std::span<const std::byte> message, Instant now) {
  now_ = now;
  if (message.size() > message_bytes_max())
    return Error(ErrorKind::message_too_large, "send",
                 "the framer carries at most " + std::to_string(message_bytes_max()) + " bytes");
  pass_down(layers_.size(), message);
  if (error_) return *std::exchange(error_, std::nullopt);
  return {};
}

Result<void> FramerChain::handle_timeout(Instant now) {
  now_ = now;
  for (const auto& layer : layers_) {
    if (!layer->wake || *layer->wake > now) continue;
    layer->wake.reset();
    BOWLINE_TRY_VOID(layer->framer->handle_timeout(*layer));
  }
  return start_layers();
}

std::optional<Instant> FramerChain::deadline() const {
  std::optional<Instant> earliest;
  for (const auto& layer : layers_)
    if (layer->wake) earliest = earliest ? std::min(*earliest, *layer->wake) : *layer->wake;
  return earliest;
}

std::size_t FramerChain::message_bytes_max() const {
  return layers_.empty() ? SIZE_MAX : layers_.back()->framer->message_bytes_max();
}

void FramerChain::pass_up(std::size_t from, Buffer bytes, bool complete) {
  if (from + 1 == layers_.size()) {
    delivered_.push_back({std::move(bytes), complete});
    return;
  }
  if (auto fed = layers_[from + 1]->feed(std::move(bytes)); !fed.has_value() && !error_)
    error_ = std::move(fed).error();
}

void FramerChain::pass_down(std::size_t from, std::span<const std::byte> bytes) {
  if (from == 0) {
    unwritten_.insert(unwritten_.end(), bytes.begin(), bytes.end());
    return;
  }
  Layer& below = *layers_[from - 1];
  if (auto written = below.framer->handle_output(below, bytes); !written.has_value() && !error_)
    error_ = std::move(written).error();
}

}  // namespace bowline::drive
