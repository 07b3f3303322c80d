#pragma once

#include <memory>
#include <vector>

#include "drive/listening/listen_links.h"
#include "drive/listening/listener.h"

namespace bowline::drive {

/// Accepts TCP connections, plain or under framers.
class StreamListener final : public Listener,
                             private ports::SocketObserver,
                             private ListenLinks::Owner {
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

  /// One for all interfaces (index 0), or one for each that does.
  struct Socket {
    std::uint32_t interface_index = 0;
    std::unique_ptr<ports::StreamListener> listener;
  };
  [[nodiscard]] Result<void> open_where_allowed();
  [[nodiscard]] Result<void> open_on(std::uint32_t interface_index);
  void handle_links_changed() override;
  [[nodiscard]] Result<std::unique_ptr<ports::StreamSocket>> accept_next();

  std::vector<Socket> sockets_;
  SocketAddress local_;  // with the port, once that is known
  ports::ListenOptions options_;
  std::unique_ptr<ListenLinks> links_;  // null unless the parameters are choosy
  MemberTimer<StreamListener, &StreamListener::resume> pause_timer_{*this};
  Duration pause_ = pause_min;
  bool readable_ = false;
  bool accepting_ = false;
};

}  // namespace bowline::drive
