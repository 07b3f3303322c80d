#pragma once

#include <bowline/multicast.h>
#include <bowline/parameters.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>

#include "core/path/path_evaluation.h"
#include "drive/datagram/udp_port.h"
#include "drive/group/group_sends.h"
#include "drive/loop/loop.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

/// Takes one datagram.
class GroupReceiveRequest final : public detail::Request<GroupMessage> {
 public:
  GroupReceiveRequest(detail::RequestQueue& loop, Group& group);

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<GroupMessage>&& message, detail::Undone how) noexcept override;
  detail::Ref<Group> group_;
};

/// A socket that is a member of multicast groups on every interface that does. It follows the network: an
/// interface that comes is joined, one that goes is forgotten.
///
/// lifetime  keeps itself until close()
class Group final : public detail::RefCounted<Group>,
                    public Resident,
                    private UdpPort::Owner,
                    private PathObserver {
 public:
  Group(Loop& loop, MulticastDescriptor&& descriptor, const Parameters& parameters);

  [[nodiscard]] Result<void> open();
  void add_handle() { ++handles_; }
  void drop_handle() {
    if (--handles_ == 0) close();
  }
  void close();
  void start_send(GroupSendRequest& request);
  void withdraw_send(GroupSendRequest& request) noexcept { sends_.withdraw(request); }

  [[nodiscard]] SocketAddress local_address() const;
  [[nodiscard]] std::uint64_t receive_drops() const;
  /// Of the interfaces that are joined, or why none is.
  [[nodiscard]] Path path();
  [[nodiscard]] const MulticastDescriptor& descriptor() const { return descriptor_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] Loop& loop() { return *loop_; }
  /// Empty once it is gone.
  [[nodiscard]] std::string interface_name(std::uint32_t index);

 private:
  friend RefCounted;
  friend class GroupReceiveRequest;
  ~Group();
  void start_receive(GroupReceiveRequest& request);
  void serve();
  [[nodiscard]] bool takes(const ports::ReceivedRun& run) const;
  void join_where_possible();
  [[nodiscard]] bool change(std::uint32_t index, bool join);
  void add_packets(GroupSendRequest& request);
  void handle_port_readable() override;
  PacketSource* packets() override { return &sends_; }
  void handle_paths_changed() override { join_where_possible(); }
  void handle_loop_gone() override { close(); }
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;

  static constexpr std::size_t reads_per_turn_max = 256;

  detail::Ref<Loop> loop_;
  PathService& paths_;
  const MulticastDescriptor descriptor_;
  const Parameters parameters_;
  const core::PathRequirements requirements_;
  detail::Ref<UdpPort> port_;
  GroupSends sends_;
  std::vector<std::uint32_t> joined_;  // by index
  core::PathEvaluation evaluation_;
  std::optional<Error> join_error_;  // of the last interface that could not be joined
  std::deque<GroupMessage> returned_;
  detail::RequestList<GroupReceiveRequest> waiting_;
  detail::TakenList taken_;
  std::uint64_t number_;
  std::uint32_t handles_ = 0;
  bool readable_ = true;
  bool closed_ = false;
};

}  // namespace bowline::drive
