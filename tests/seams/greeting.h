#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "drive/connection/stack.h"
#include "drive/establish/candidates/layer.h"
#include "passing_stream.h"

namespace bowline::test {

/// What the layers of a scene were told, in the order in which they were made.
struct SeenContext {
  std::string layer;
  drive::LayerRole role;
  std::string host;
  std::string target;
  SocketAddress remote;
  std::vector<std::string> alpn;
  std::size_t ech_bytes = 0;
};

/// A layer that sends its name in a line, waits until the peer sends the same line, and then carries
/// bytes as they are.
class GreetingStream final : public PassingStream<drive::HandshakingStream> {
 public:
  GreetingStream(std::string name, std::unique_ptr<ports::ByteStream> stream)
      : PassingStream(std::move(stream)), greeting_(std::move(name) + "\n") {
    below().observe(*this);
  }

  Result<bool> shake_hands() override {
    while (sent_ < greeting_.size()) {
      const auto rest = std::as_bytes(std::span(greeting_)).subspan(sent_);
      BOWLINE_TRY(const ports::Transfer written, below().write(std::span(&rest, 1)));
      sent_ += written.bytes;
      if (written.blocked) return false;
    }
    while (received_.size() < greeting_.size()) {
      std::array<char, 64> room{};
      const auto wanted =
          std::span(room).first(std::min(room.size(), greeting_.size() - received_.size()));
      BOWLINE_TRY(const ports::Transfer got, below().read(std::as_writable_bytes(wanted)));
      received_.append(room.data(), got.bytes);
      if (got.end) return Error(ErrorKind::protocol_violation, "greet", "the peer ended");
      if (got.blocked) break;
    }
    if (!greeting_.starts_with(received_))
      return Error(ErrorKind::protocol_violation, "greet", "not the greeting that was expected");
    return received_.size() == greeting_.size();
  }

  void append_facts(std::vector<ports::LayerFacts>& layers) const override {
    PassingStream::append_facts(layers);
    layers.push_back({greeting_.substr(0, greeting_.size() - 1), {}, {}, {}, {{"greeted", "yes"}}});
  }

 private:
  const std::string greeting_;
  std::size_t sent_ = 0;
  std::string received_;
};

/// A greeting as a layer of a stack; `seen` outlives the stack's connections.
inline drive::Layer greeting(const std::string& name, std::vector<SeenContext>& seen) {
  return {
      name,
      [name, &seen](const drive::LayerContext& context, std::unique_ptr<ports::ByteStream> below)
          -> Result<std::unique_ptr<drive::HandshakingStream>> {
        seen.push_back({.layer = name,
                        .role = context.role,
                        .host = context.host,
                        .target = context.target,
                        .remote = context.remote,
                        .alpn = context.alpn,
                        .ech_bytes = context.ech.size()});
        return std::make_unique<GreetingStream>(name, std::move(below));
      }};
}

/// A stack made of alternatives, for bowline::connect.
class StandInStack {
 public:
  using connection_type = StreamConnection;
  explicit StandInStack(std::vector<drive::StackAlternative> alternatives)
      : plan_(std::make_shared<drive::StackPlan>()) {
    plan_->alternatives = std::move(alternatives);
    plan_->names = {"stand-in"};
  }
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<drive::StackPlan> plan_;
};

}  // namespace bowline::test
