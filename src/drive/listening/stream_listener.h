#pragma once

#include <memory>

#include "drive/listening/listener.h"

namespace bowline::drive {

/// Accepts TCP connections, plain or under framers.
class StreamListener final : public Listener, private ports::SocketObserver {
 public:
  StreamListener(Loop& loop, std::shared_ptr<const StackPlan> plan, Parameters parameters)
      : Listener(loop, std::move(plan), std::move(parameters)) {}

  Result<void> open(const SocketAddress& local) override;
  [[nodiscard]] SocketAddress local_address() const override;

 private:
  void accept_all() override;
  void release() override;
  void handle_readiness(ports::Readiness readiness) override;
  [[nodiscard]] bool shakes_hands() const;
  void take_in(std::unique_ptr<ports::ByteStream> stream);
  template <class Kind>
  void prepare_stream(const detail::Ref<Kind>& connection,
                      std::unique_ptr<ports::ByteStream> stream);
  void pause(const Error& error);
  void resume();

  static constexpr Duration pause_min = std::chrono::milliseconds(10);
  static constexpr Duration pause_max = std::chrono::milliseconds(500);

  std::unique_ptr<ports::StreamListener> socket_;
  MemberTimer<StreamListener, &StreamListener::resume> pause_timer_{*this};
  Duration pause_ = pause_min;
  bool readable_ = false;
  bool accepting_ = false;
};

}  // namespace bowline::drive
