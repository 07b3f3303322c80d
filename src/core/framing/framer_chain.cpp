#include "core/framing/framer_chain.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "core/framing/framer_input.h"

namespace bowline::core {

/// One framer, how far it is, and what it has not understood yet.
class FramerChain::Layer final : public FramerContext {
 public:
  Layer(FramerChain& chain, std::size_t place, std::unique_ptr<Framer> made)
      : framer(std::move(made)), index(place), chain_(chain) {}

  [[nodiscard]] FramerRole role() const override { return chain_.options_.role; }
  [[nodiscard]] Endpoint remote_endpoint() const override {
    const Options& options = chain_.options_;
    return options.remote_endpoint ? *options.remote_endpoint : Endpoint(options.remote_address);
  }
  [[nodiscard]] SocketAddress remote_address() const override {
    return chain_.options_.remote_address;
  }
  [[nodiscard]] Instant now() const override { return chain_.now_; }
  [[nodiscard]] bool is_closing() const override { return chain_.state_ == State::closing; }

  [[nodiscard]] std::span<const std::byte> input() const override { return kept.bytes(); }
  void consume(std::size_t count) override { kept.consume(count); }
  void deliver_input(std::size_t count, MessageContext message) override {
    chain_.pass_up(index, kept.take(count), message);
  }
  void deliver(std::span<const std::byte> bytes, MessageContext message) override {
    chain_.pass_up(index, Buffer::copy_of(bytes), message);
  }
  void deliver(Buffer bytes, MessageContext message) override {
    chain_.pass_up(index, std::move(bytes), message);
  }
  void mark_ended(MessageContext goodbye) override {
    if (!std::exchange(has_ended, true)) chain_.pass_end(index, goodbye);
  }
  void write(std::span<const std::byte> bytes, MessageContext message) override {
    chain_.pass_down(index, bytes, message);
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return chain_.unwritten().size(); }
  void fill_random(std::span<std::byte> bytes) override {
    assert(chain_.options_.random != nullptr);
    chain_.options_.random->fill(bytes);
  }
  void mark_ready() override {
    if (is_started) is_ready = true;
  }
  void mark_closed() override {
    if (is_asked_to_close) is_closed = true;
  }
  void wake_at(std::optional<Instant> at) override { wake = at; }

  const std::unique_ptr<Framer> framer;
  const std::size_t index;
  FramerInput kept;
  std::optional<Instant> wake;
  bool is_started = false;
  bool is_ready = false;
  bool input_has_ended = false;  // nothing comes from below
  bool has_ended = false;        // nothing goes up any more
  bool is_asked_to_close = false;
  bool is_closed = false;
  bool has_failed = false;

 private:
  FramerChain& chain_;
};

FramerChain::FramerChain(std::vector<std::unique_ptr<Framer>> framers, Options options)
    : options_(std::move(options)) {
  assert(!framers.empty());
  layers_.reserve(framers.size());
  for (std::unique_ptr<Framer>& framer : framers)
    layers_.push_back(std::make_unique<Layer>(*this, layers_.size(), std::move(framer)));
}

FramerChain::~FramerChain() = default;

void FramerChain::start(Instant now) {
  begin(now);
  assert(state_ == State::idle);
  state_ = State::preparing;
  settle();
}

Result<void> FramerChain::send(std::span<const std::byte> bytes, const MessageContext& message,
                               Instant now) {
  begin(now);
  assert(state_ == State::open);
  Layer& top = *layers_.back();
  BOWLINE_TRY_VOID(refusal(*top.framer, bytes.size(), message));
  const std::size_t writes_before = writes_;
  auto put = top.framer->handle_output(top, bytes, message);
  const bool is_refused = !put.has_value() && writes_ == writes_before;
  if (!put.has_value() && !is_refused) fail(top, std::move(put).error());
  settle();
  return is_refused ? std::move(put) : Result<void>();
}

void FramerChain::close(Instant now) {
  begin(now);
  if (is_over() || state_ == State::closing) return;
  assert(state_ == State::open);
  state_ = State::closing;
  settle();
}

void FramerChain::handle_input(Buffer bytes, Instant now) {
  begin(now);
  if (is_over()) return;
  Layer& bottom = *layers_.front();
  if (state_ == State::preparing) handshake_bytes_ += bytes.size();
  if (handshake_bytes_ > options_.handshake_bytes_max && state_ == State::preparing) {
    fail(bottom, Error(ErrorKind::protocol_violation, "framer", "no end of the peer's handshake"));
  } else {
    feed(bottom, std::move(bytes));
  }
  settle();
}

void FramerChain::handle_end(Instant now) {
  begin(now);
  if (is_over()) return;
  end(*layers_.front());
  settle();
}

void FramerChain::handle_timeout(Instant now) {
  begin(now);
  for (const auto& layer : layers_) {
    if (is_over()) return;
    if (!layer->wake || *layer->wake > now) continue;
    layer->wake.reset();
    auto handled = layer->framer->handle_timeout(*layer);
    if (!handled.has_value()) fail(*layer, std::move(handled).error());
    settle();
  }
}

std::optional<Instant> FramerChain::deadline() const {
  std::optional<Instant> earliest;
  if (is_over()) return earliest;
  for (const auto& layer : layers_)
    if (layer->wake) earliest = earliest ? std::min(*earliest, *layer->wake) : *layer->wake;
  return earliest;
}

std::optional<FramerChain::Output> FramerChain::poll() {
  if (outputs_.empty()) return std::nullopt;
  return outputs_.take_front();
}

std::span<const std::byte> FramerChain::unwritten() const {
  return std::span(unwritten_).subspan(written_);
}

void FramerChain::mark_written(std::size_t count) {
  constexpr std::size_t kept_max = 64 * 1024;
  assert(count <= unwritten_.size() - written_);
  written_ += count;
  if (written_ == unwritten_.size()) {
    if (unwritten_.capacity() > kept_max) unwritten_ = {};
    unwritten_.clear();
    written_ = 0;
  } else if (written_ > unwritten_.size() / 2) {
    unwritten_.erase(unwritten_.begin(),
                     unwritten_.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ = 0;
  }
}

std::vector<std::byte> FramerChain::take_unwritten() {
  std::vector<std::byte> taken = std::move(unwritten_);
  taken.erase(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(written_));
  unwritten_.clear();
  written_ = 0;
  return taken;
}

std::size_t FramerChain::message_bytes_max() const {
  return layers_.back()->framer->message_bytes_max();
}

Buffer FramerChain::take_input() {
  FramerInput& kept = layers_.front()->kept;
  return kept.take(kept.bytes().size());
}

std::shared_ptr<const FramerFacts> FramerChain::facts() const {
  return layers_.back()->framer->facts();
}

/// Every command and input comes through here.
void FramerChain::begin(Instant now) {
  contract_.check(outputs_.empty(), now);
  now_ = now;
}

/// Passes on what the handlers said, and goes on with handshakes and goodbyes, until nothing is left to do.
void FramerChain::settle() {
  do {
    take_steps();
  } while (!is_over() && (start_next() || close_next()));
}

/// Handlers that run in here make further steps, which are taken in the next round.
void FramerChain::take_steps() {
  constexpr std::size_t steps_kept_max = 64;
  constexpr std::size_t bytes_kept_max = 64 * 1024;
  while (!steps_.empty()) {
    std::swap(steps_, steps_taken_);
    std::swap(carried_, carried_taken_);
    std::span<const std::byte> written = carried_taken_;
    for (Step& step : steps_taken_) {
      take(step, written.first(step.size));
      written = written.subspan(step.size);
    }
    if (steps_taken_.capacity() > steps_kept_max) steps_taken_ = {};
    if (carried_taken_.capacity() > bytes_kept_max) carried_taken_ = {};
    steps_taken_.clear();
    carried_taken_.clear();
  }
}

/// Nothing reaches a framer that has failed; but what it said before goes on, up and down.
void FramerChain::take(Step& step, std::span<const std::byte> written) {
  Layer& layer = *layers_[step.to];
  if (step.direction == Direction::failure) return pass_failure(step.to);
  if (layer.has_failed) return;
  if (step.direction == Direction::down) {
    auto put = refusal(*layer.framer, written.size(), step.message);
    if (put.has_value()) put = layer.framer->handle_output(layer, written, step.message);
    if (!put.has_value()) fail(layer, std::move(put).error());
  } else if (is_over()) {
    return;
  } else if (step.direction == Direction::up) {
    feed(layer, std::move(step.bytes));
  } else {
    end(layer);
  }
}

/// The next framer starts once the one below it is ready. Returns false if there is nothing to do.
bool FramerChain::start_next() {
  if (state_ != State::preparing) return false;
  if (open_count_ < started_count_) {
    if (!layers_[open_count_]->is_ready) return false;
    if (++open_count_ < layers_.size()) return true;
    state_ = State::open;
    outputs_.push_back(Ready{});
    return true;
  }
  Layer& layer = *layers_[started_count_++];
  layer.is_started = true;
  const auto started = layer.framer->start(layer);
  if (!started.has_value()) fail(layer, started.error());
  if (started.has_value() && *started) layer.is_ready = true;
  if (!layer.kept.bytes().empty() && !layer.has_failed) read(layer);
  if (layer.input_has_ended && !layer.has_failed) end(layer);
  return true;
}

/// The next framer down says goodbye once the one above it has. Returns false if there is nothing to do.
bool FramerChain::close_next() {
  if (state_ != State::closing) return false;
  Layer& layer = *layers_[open_count_ - 1];
  if (!std::exchange(layer.is_asked_to_close, true)) {
    const auto closed = layer.framer->handle_close(layer);
    if (!closed.has_value()) fail(layer, closed.error());
    if (closed.has_value() && *closed) layer.is_closed = true;
    return true;
  }
  // Of a peer that ended no answer will come.
  if (!layer.is_closed && !layer.has_ended) return false;
  layer.is_closed = true;
  if (--open_count_ > 0) return true;
  state_ = State::closed;
  outputs_.push_back(Closed{});
  return true;
}

void FramerChain::feed(Layer& layer, Buffer bytes) {
  if (layer.has_ended || layer.is_closed) return;
  layer.kept.add(std::move(bytes));
  read(layer);
}

/// Input that comes before the framer has started waits for that.
void FramerChain::read(Layer& layer) {
  if (layer.is_started) {
    auto handled = layer.framer->handle_input(layer);
    if (!handled.has_value()) return fail(layer, std::move(handled).error());
  }
  if (layer.has_ended) layer.kept.clear();
  if (layer.kept.bytes().size() > layer.framer->input_bytes_max())
    fail(layer,
         Error(ErrorKind::limit_exceeded, "framer", "the peer's message is larger than allowed"));
}

void FramerChain::end(Layer& layer) {
  layer.input_has_ended = true;
  if (layer.has_ended || !layer.is_started) return;
  auto handled = layer.framer->handle_end(layer);
  if (!handled.has_value()) return fail(layer, std::move(handled).error());
  if (!layer.is_ready)
    return fail(layer, Error(ErrorKind::protocol_violation, "framer",
                             "the peer ended its stream during the handshake"));
  layer.mark_ended(MessageContext());
  layer.kept.clear();
}

void FramerChain::pass_up(std::size_t from, Buffer bytes, MessageContext message) {
  if (layers_[from]->has_ended) return;
  if (!is_top(from)) {
    steps_.push_back({Direction::up, from + 1, std::move(bytes), 0, message});
  } else if (state_ != State::closing) {
    outputs_.push_back(Delivered{std::move(bytes), message});
  }
}

void FramerChain::pass_down(std::size_t from, std::span<const std::byte> bytes,
                            MessageContext message) {
  ++writes_;
  if (from == 0) {
    unwritten_.insert(unwritten_.end(), bytes.begin(), bytes.end());
    return;
  }
  carried_.insert(carried_.end(), bytes.begin(), bytes.end());
  steps_.push_back({Direction::down, from - 1, {}, bytes.size(), message});
}

void FramerChain::pass_end(std::size_t from, MessageContext goodbye) {
  if (!is_top(from)) {
    steps_.push_back({Direction::end, from + 1, {}, 0, goodbye});
  } else if (state_ != State::closing) {
    outputs_.push_back(Ended{goodbye});
  }
}

Result<void> FramerChain::refusal(const Framer& framer, std::size_t bytes,
                                  const MessageContext& message) {
  if (!framer.accepts(message))
    return Error(ErrorKind::unsupported, "send", "the framer cannot send such a message")
        .about(std::string(framer.name()));
  if (bytes > framer.message_bytes_max())
    return Error(
        ErrorKind::message_too_large, "send",
        "the framer carries at most " + std::to_string(framer.message_bytes_max()) + " bytes");
  return {};
}

/// The first failure is the one that is told, once what was delivered before it has reached the top.
void FramerChain::fail(Layer& layer, Error error) {
  layer.has_failed = true;
  if (failure_ || is_over()) return;
  const bool has_subject = !error.subject().empty();
  failure_ =
      has_subject ? std::move(error) : std::move(error).about(std::string(layer.framer->name()));
  pass_failure(layer.index);
}

void FramerChain::pass_failure(std::size_t from) {
  if (!is_top(from)) {
    steps_.push_back({Direction::failure, from + 1, {}, 0, {}});
  } else {
    state_ = State::failed;
    outputs_.push_back(Failed{*failure_});
  }
}

}  // namespace bowline::core
