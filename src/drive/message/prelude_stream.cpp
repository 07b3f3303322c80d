#include "drive/message/prelude_stream.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bowline::drive {

namespace {

core::FramerChain::Options prelude_options(const LayerContext& context) {
  core::FramerChain::Options options;
  options.role = context.role == LayerRole::client ? FramerRole::client : FramerRole::server;
  options.remote_address = context.remote;
  options.random = &context.loop.host().random();
  if (!context.host.empty())
    options.remote_endpoint =
        std::make_shared<const Endpoint>(host(context.host, context.remote.port));
  return options;
}

std::vector<std::unique_ptr<Framer>> alone(std::unique_ptr<Framer> framer) {
  std::vector<std::unique_ptr<Framer>> framers;
  framers.push_back(std::move(framer));
  return framers;
}

}  // namespace

PreludeStream::PreludeStream(const LayerContext& context, std::string name,
                             std::unique_ptr<Framer> framer,
                             std::unique_ptr<ports::ByteStream> below)
    : loop_(context.loop),
      name_(std::move(name)),
      below_(std::move(below)),
      chain_(
          std::make_unique<core::FramerChain>(alone(std::move(framer)), prelude_options(context))) {
  below_->observe(*this);
}

Result<bool> PreludeStream::shake_hands() {
  if (!chain_) return true;
  Result<bool> done = speak();
  // What the framer had still to say goes out as far as there is room.
  if (!done.has_value()) static_cast<void>(write_out());
  if (done.has_value() && !*done) loop_.timers().set(timer_, chain_->deadline());
  if (done.has_value() && !*done) return done;
  loop_.timers().set(timer_, std::nullopt);
  if (done.has_value()) {
    kept_ = chain_->take_input();
    chain_.reset();
  }
  return done;
}

Result<bool> PreludeStream::speak() {
  if (!std::exchange(started_, true)) {
    chain_->start(loop_.now());
  } else {
    chain_->handle_timeout(loop_.now());
  }
  for (;;) {
    BOWLINE_TRY(const bool is_ready, take_outputs());
    BOWLINE_TRY(const bool all_written, write_out());
    if (!all_written) return false;
    if (is_ready) return true;
    BOWLINE_TRY(const bool has_read, read_once());
    if (!has_read) return false;
  }
}

/// True once the framer is ready.
Result<bool> PreludeStream::take_outputs() {
  while (auto output = chain_->poll()) {
    if (auto* failed = std::get_if<core::FramerChain::Failed>(&*output))
      return std::move(failed->error);
    // Nobody is there to receive: the stream belongs to the layer above.
    if (std::holds_alternative<core::FramerChain::Delivered>(*output))
      return Error(ErrorKind::unsupported, "prelude",
                   "a framer that only speaks first delivers nothing");
  }
  return chain_->is_ready();
}

Result<bool> PreludeStream::write_out() {
  while (!chain_->unwritten().empty()) {
    const std::span<const std::byte> piece = chain_->unwritten();
    BOWLINE_TRY(const ports::Transfer put, below_->write(std::span(&piece, 1)));
    chain_->mark_written(put.bytes);
    if (put.blocked) break;
  }
  return chain_->unwritten().empty();
}

Result<bool> PreludeStream::read_once() {
  std::array<std::byte, 4096> room;
  BOWLINE_TRY(const ports::Transfer got, below_->read(room));
  if (got.bytes > 0)
    chain_->handle_input(Buffer::copy_of(std::span(room).first(got.bytes)), loop_.now());
  // Outputs are drained between two inputs.
  if (got.end && got.bytes == 0) chain_->handle_end(loop_.now());
  return got.bytes > 0 || got.end;
}

Result<ports::Transfer> PreludeStream::read(std::span<std::byte> into) {
  if (kept_.empty()) return below_->read(into);
  ports::Transfer transfer;
  transfer.bytes = std::min(into.size(), kept_.size());
  std::ranges::copy(kept_.bytes().first(transfer.bytes), into.begin());
  kept_.remove_prefix(transfer.bytes);
  if (kept_.empty()) kept_ = {};
  return transfer;
}

void PreludeStream::append_facts(std::vector<ports::LayerFacts>& layers) const {
  below_->append_facts(layers);
  ports::LayerFacts facts;
  facts.protocol = name_;
  layers.push_back(std::move(facts));
}

void PreludeStream::handle_timer() {
  if (observer_ != nullptr) observer_->handle_readiness({});
}

Layer prelude_layer(std::string name, std::function<std::unique_ptr<Framer>()> make) {
  return {
      name,
      [name, make = std::move(make)](
          const LayerContext& context,
          std::unique_ptr<ports::ByteStream> below) -> Result<std::unique_ptr<HandshakingStream>> {
        return std::make_unique<PreludeStream>(context, name, make(), std::move(below));
      }};
}

}  // namespace bowline::drive
