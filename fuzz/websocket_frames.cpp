// Frames of a WebSocket in any pieces: the same octets give the same messages however they are cut, what is
// given was paid for, and nothing stands still.

#include <cstddef>
#include <span>
#include <string>
#include <variant>

#include "core/websocket/receiver.h"
#include "core/websocket/utf8.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

/// What a receiver says of octets, as a text; pieces of a message are joined.
class FrameReading {
 public:
  explicit FrameReading(const MessageReceiver::Options& options)
      : receiver_(options), bytes_max_(options.message_bytes_max), in_pieces_(options.in_pieces) {}

  /// `kept` is what it left, with more behind it. False once it has failed.
  bool read(std::string& kept) {
    for (;;) {
      const auto input = std::as_bytes(std::span(kept));
      auto step = receiver_.take(input);
      if (!step.has_value()) {
        said_ += "error " + std::to_string(step.error().code());
        return false;
      }
      require(step->consumed <= kept.size());
      require(step->event || step->consumed <= kept.size());
      std::size_t taken = step->consumed;
      if (step->event)
        taken += std::visit(
            [&](const auto& event) { return hear(event, input.subspan(step->consumed)); },
            *step->event);
      kept.erase(0, taken);
      if (!step->event) {
        require(kept.size() < 14 + 126);
        return true;
      }
      require(taken > 0 || ++idle_ < 100'000);
    }
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  void hear_bytes(WebSocketOpcode opcode, bool is_complete, std::span<const std::byte> bytes) {
    if (!in_pieces_) {
      require(bytes.size() <= bytes_max_);
      require(opcode != WebSocketOpcode::text || is_utf8(bytes));
    }
    said_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (is_complete) said_ += opcode == WebSocketOpcode::text ? "<text>" : "<binary>";
  }
  std::size_t hear(const MessageReceiver::Piece& piece, std::span<const std::byte>) {
    hear_bytes(piece.opcode, piece.is_complete, piece.bytes);
    return 0;
  }
  std::size_t hear(const MessageReceiver::PieceInPlace& piece, std::span<const std::byte> rest) {
    require(piece.bytes <= rest.size() && piece.bytes > 0);
    hear_bytes(piece.opcode, piece.is_complete, rest.first(piece.bytes));
    return piece.bytes;
  }
  std::size_t hear(const MessageReceiver::Ping& ping, std::span<const std::byte>) {
    require(ping.payload.size() <= 125);
    controls_ += "ping";
    return 0;
  }
  std::size_t hear(const MessageReceiver::Pong& pong, std::span<const std::byte>) {
    require(pong.payload.size() <= 125);
    controls_ += "pong";
    return 0;
  }
  std::size_t hear(const MessageReceiver::Close& close, std::span<const std::byte>) {
    require(close.code == 1005 || is_sendable_code(close.code));
    require(is_utf8(std::as_bytes(std::span(close.reason))));
    controls_ += "close";
    return 0;
  }

  MessageReceiver receiver_;
  const std::size_t bytes_max_;
  const bool in_pieces_;
  std::string said_;
  std::string controls_;
  int idle_ = 0;
};

}  // namespace

int fuzz_websocket_frames(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  MessageReceiver::Options options;
  const std::size_t manner = input.below(16);
  options.masked = (manner & 1) != 0;
  options.in_pieces = (manner & 2) != 0;
  options.message_bytes_max = 4096;
  if ((manner & 4) != 0)
    options.inflates =
        MessageInflater::Options{.window_bits = 15, .keeps_context = (manner & 8) != 0};
  const std::size_t cut = 1 + input.below(16);
  const auto rest = input.take(bytes.size());
  const std::string all(reinterpret_cast<const char*>(rest.data()), rest.size());

  FrameReading whole(options);
  std::string kept = all;
  const bool whole_good = whole.read(kept);
  FrameReading cut_up(options);
  bool cut_good = true;
  std::string waiting;
  for (std::size_t at = 0; at < all.size() && cut_good; at += cut) {
    waiting += all.substr(at, cut);
    cut_good = cut_up.read(waiting);
  }
  require(whole_good == cut_good);
  // Where it fails, a reader of small pieces has been given more before.
  if (whole_good) require(whole.said() == cut_up.said());
  return 0;
}
