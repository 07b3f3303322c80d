#include "drive/datagram/layered_flow.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void LayeredFlow::start() {
  started_ = loop_.now();
  DatagramLayer::Observer& observer = *this;
  layer_->start(observer, loop_.now());
  pump({});
}

void LayeredFlow::take(const ports::ReceivedRun& run) {
  has_heard_ = true;
  std::span<const std::byte> left = run.bytes.bytes();
  while (!left.empty()) {
    const auto datagram = left.first(std::min(run.segment_bytes, left.size()));
    left = left.subspan(datagram.size());
    layer_->take(datagram, loop_.now());
    carry_out(run);
  }
  tell();
}

void LayeredFlow::end() {
  layer_->end();
  pump({});
}

void LayeredFlow::handle_layer_progress() { pump({}); }

void LayeredFlow::handle_timeout() {
  layer_->handle_timeout(loop_.now());
  pump({});
}

void LayeredFlow::pump(const ports::ReceivedRun& from) {
  carry_out(from);
  tell();
}

/// Nothing in here destroys this: operations that end are told of later.
void LayeredFlow::carry_out(const ports::ReceivedRun& from) {
  while (auto message = layer_->poll_message()) owner_->handle_message(*std::move(message), from);
  send_packets();
}

void LayeredFlow::send_packets() {
  while (auto packet = layer_->poll_packet()) owner_->handle_packet(*std::move(packet));
}

void LayeredFlow::tell() {
  if (told_ == Told::end || told_ == Told::failure) return;
  const Result<DatagramLayer::Progress> progress = layer_->progress();
  // The goodbye to a peer whose word was the last, or the alert for one that failed.
  send_packets();
  loop_.timers().set(timer_, layer_->deadline());
  if (!progress.has_value()) {
    told_ = Told::failure;
    return owner_->handle_layer_failure(progress.error());
  }
  if (*progress == DatagramLayer::Progress::open && told_ == Told::nothing) {
    told_ = Told::open;
    opened_ = loop_.now();
    return owner_->handle_layer_open();
  }
  if (*progress == DatagramLayer::Progress::ended) {
    told_ = Told::end;
    return owner_->handle_layer_end();
  }
}

}  // namespace bowline::drive
