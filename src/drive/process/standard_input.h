#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <bowline/message.h>

#include "drive/loop/loop.h"
#include "ports/process.h"

namespace bowline::drive {

class StandardInput;

/// Takes between `min` and `max` bytes from standard input.
class InputReceiveRequest final : public detail::Request<Message> {
 public:
  InputReceiveRequest(detail::RequestQueue& loop, StandardInput& input, std::size_t min,
                      std::size_t max)
      : Request(loop), input_(&input), min_(min), max_(max) {}

 private:
  friend class StandardInput;
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<Message>&& received, detail::Undone how) noexcept override;

  detail::Ref<StandardInput> input_;
  const std::size_t min_;
  const std::size_t max_;
};

/// Standard input as a stream; one for each loop, opened when somebody first receives.
///
/// lifetime  its loop and handles hold it
class StandardInput final : public detail::RefCounted<StandardInput>,
                            private Resident,
                            private ports::SocketObserver {
 public:
  explicit StandardInput(Loop& loop) : loop_(&loop) { loop.add_resident(*this); }
  [[nodiscard]] Loop& loop() { return *loop_; }

 private:
  friend RefCounted;
  friend class InputReceiveRequest;
  ~StandardInput() = default;

  void start_receive(InputReceiveRequest& request);
  void withdraw_receive(InputReceiveRequest& request) noexcept { receives_.remove(request); }
  void take_back(const Message& message) noexcept;
  void serve_again() noexcept;
  void receive_all();
  [[nodiscard]] bool serve_front();
  void finish_with_leftover(InputReceiveRequest& request);
  [[nodiscard]] std::optional<Buffer> read(std::size_t wanted);
  void handle_readiness(ports::Readiness readiness) override;
  void handle_loop_gone() override;

  detail::Ref<Loop> loop_;
  std::unique_ptr<ports::ByteSource> source_;
  detail::TakenList taken_;
  detail::RequestList<InputReceiveRequest> receives_;
  std::vector<std::byte> leftover_;  // read, and not handed over
  std::optional<Error> error_;       // why it broke; told behind what is left over
  bool readable_ = true;
  bool ended_ = false;
};

}  // namespace bowline::drive
