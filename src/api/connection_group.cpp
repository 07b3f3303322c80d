#include <bowline/connection_group.h>

#include <algorithm>
#include <utility>

#include <bowline/detail/facts.h>

#include "drive/datagram/datagram_connection.h"
#include "drive/group/group.h"
#include "drive/listening/listen_parameters.h"

namespace bowline {

namespace {

Result<void> check(const MulticastDescriptor& descriptor) {
  const auto refuse = [](const char* why, const std::string& what) {
    return Error(ErrorKind::invalid_argument, "join", why).about(what);
  };
  for (const IpAddress& group : descriptor.groups()) {
    if (!group.is_multicast()) return refuse("the address is of no group", to_string(group));
    if (group.family() != descriptor.groups().front().family())
      return refuse("the groups are of two families", to_string(group));
  }
  if (descriptor.port() == 0) return refuse("a group needs a port", "port 0");
  const auto& source = descriptor.source();
  if (source && source->family() != descriptor.groups().front().family())
    return refuse("the source is of another family than the group", to_string(*source));
  if (descriptor.hop_limit() == 0) return refuse("not from 1 to 255", "hop limit");
  return {};
}

}  // namespace

ConnectionGroup::ConnectionGroup(drive::Group& core) : core_(&core) {
  core_->add_ref();
  core_->add_handle();
}
ConnectionGroup::ConnectionGroup(const ConnectionGroup& other) : core_(other.core_) {
  if (core_ == nullptr) return;
  core_->add_ref();
  core_->add_handle();
}
ConnectionGroup::~ConnectionGroup() {
  if (core_ == nullptr) return;
  core_->drop_handle();
  core_->drop_ref();
}

Result<ConnectionGroup> ConnectionGroup::join(Loop& loop, MulticastDescriptor descriptor,
                                              const Parameters& parameters) {
  BOWLINE_TRY_VOID(check(descriptor));
  BOWLINE_TRY_VOID(drive::check_listen_parameters(parameters));
  ConnectionGroup group(*new drive::Group(loop.core(), std::move(descriptor), parameters));
  BOWLINE_TRY_VOID(group.core_->open());
  return group;
}

Operation<GroupMessage> ConnectionGroup::receive() {
  return Operation<GroupMessage>(
      detail::RequestBase::make<drive::GroupReceiveRequest>(core_->loop(), *core_));
}

namespace {

template <class Bytes>
Operation<void> make_group_send(drive::Group& group, Bytes&& bytes,
                                const std::optional<SocketAddress>& to = {}, std::uint32_t over = 0,
                                const IpAddress& from = {}) {
  return Operation<void>(detail::RequestBase::make<drive::GroupSendRequest>(
      group.loop(), group, std::forward<Bytes>(bytes), to, over, from));
}

}  // namespace

Operation<void> ConnectionGroup::send(std::span<const std::byte> message) {
  return make_group_send(*core_, message);
}
Operation<void> ConnectionGroup::send(Buffer message) {
  return make_group_send(*core_, std::move(message));
}
Operation<void> ConnectionGroup::send_to(const SocketAddress& to,
                                         std::span<const std::byte> message) {
  return make_group_send(*core_, message, to);
}
Operation<void> ConnectionGroup::reply(const GroupMessage& to, std::span<const std::byte> message) {
  const GroupMessage::Facts& facts = to.facts();
  return make_group_send(*core_, message, facts.sender, facts.interface_index, facts.local);
}

DatagramConnection ConnectionGroup::extract(const GroupMessage& from) {
  const GroupMessage::Facts& facts = from.facts();
  Parameters parameters = core_->parameters();
  parameters.interface(core_->interface_name(facts.interface_index)).reuse_local_address(true);
  parameters.source(
      facts.local.is_unspecified() ? IpAddress::any(facts.sender.ip.family()) : facts.local,
      core_->descriptor().port());
  UdpOptions stack;
  auto plan = stack.plan();
  Endpoint sender(facts.sender);
  return DatagramConnection(*drive::make_connection<drive::DatagramConnection>(
      core_->loop(),
      drive::Connection::Outbound{std::move(plan), std::move(sender), std::move(parameters)}));
}

Path ConnectionGroup::path() const { return core_->path(); }
SocketAddress ConnectionGroup::local_address() const { return core_->local_address(); }
std::uint64_t ConnectionGroup::receive_drops() const { return core_->receive_drops(); }
void ConnectionGroup::close() { core_->close(); }

}  // namespace bowline
