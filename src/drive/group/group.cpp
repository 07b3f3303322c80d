#include "drive/group/group.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <bowline/detail/facts.h>

#include "drive/paths/path_requirements.h"

namespace bowline::drive {

namespace {

Error group_closed(const char* operation) {
  return Error(ErrorKind::closed, operation, "the group was closed by its owner");
}

}  // namespace

GroupReceiveRequest::GroupReceiveRequest(detail::RequestQueue& loop, Group& group)
    : Request(loop), group_(&group) {}
void GroupReceiveRequest::begin() { group_->start_receive(*this); }
void GroupReceiveRequest::withdraw() noexcept { group_->waiting_.remove(*this); }
detail::TakenList* GroupReceiveRequest::source() noexcept {
  return has_value() ? &group_->taken_ : nullptr;
}
void GroupReceiveRequest::give_back(Result<GroupMessage>&& message, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) group_->waiting_.push_front(*this);
  try {
    if (message.has_value()) group_->returned_.push_front(*std::move(message));
  } catch (const std::bad_alloc&) {
    // There is no memory for it: it is lost, as a datagram may be.
  }
  if (how == detail::Undone::abandoned) group_->serve();
}

Group::Group(Loop& loop, MulticastDescriptor&& descriptor, const Parameters& parameters)
    : loop_(&loop),
      paths_(loop.service<PathService>()),
      descriptor_(std::move(descriptor)),
      parameters_(parameters),
      requirements_(requirements_of(parameters)),
      number_(loop.next_connection_number()) {
  loop.add_resident(*this);
}

Group::~Group() {
  if (port_) port_->forget_owner(*this);
}

Result<void> Group::open() {
  const Family family = descriptor_.groups().front().family();
  ports::DatagramOptions options;
  options.family = family;
  options.dual_stack = false;
  options.binding.port = descriptor_.port();
  // Programs of one host share the port of a group.
  options.binding.reuse_address = descriptor_.port() != 0;
  options.binding.marks = marks_of(parameters_.service_class());
  options.receive_runs = false;
  options.receive = {.ecn = false, .hop_limit = true, .interface = true};
  options.hop_limit = descriptor_.hop_limit();
  options.multicast.loop = descriptor_.loopback();
  options.multicast.hop_limit = descriptor_.hop_limit();
  UdpPort::Owner& owner = *this;
  detail::Ref<UdpPort> port(new UdpPort(*loop_, owner));
  BOWLINE_TRY_VOID(port->open(options));
  port_ = std::move(port);
  join_where_possible();
  // Where it cannot be joined at all, there is no use in waiting for another interface.
  if (joined_.empty() && evaluation_.is_satisfied() && join_error_) return *join_error_;
  paths_.add_observer(*this);
  return {};
}

void Group::close() {
  if (closed_) return;
  const detail::Ref<Group> keep(this);
  closed_ = true;
  PathObserver::unlink();
  Resident::unlink();
  if (port_) port_->forget_owner(*this);
  port_ = {};
  joined_.clear();
  returned_.clear();
  sends_.fail_all(group_closed("send"));
  while (!waiting_.empty()) waiting_.pop().finish(group_closed("receive"));
}

/// Leaves first: of a group there is one membership for each interface.
void Group::join_where_possible() {
  if (closed_ || !port_) return;
  const Family family = descriptor_.groups().front().family();
  evaluation_ = core::evaluate_group_links(paths_.network(), requirements_, family);
  std::vector<std::uint32_t> wanted = evaluation_.links;
  std::ranges::sort(wanted);
  std::erase_if(joined_, [&](std::uint32_t index) {
    if (std::ranges::binary_search(wanted, index)) return false;
    static_cast<void>(change(index, false));
    return true;
  });
  join_error_.reset();
  for (const std::uint32_t index : wanted) {
    if (std::ranges::find(joined_, index) != joined_.end()) continue;
    if (change(index, true)) joined_.push_back(index);
  }
  std::ranges::sort(joined_);
}

/// True if the interface is a member of every group now.
bool Group::change(std::uint32_t index, bool join) {
  bool all = true;
  for (const IpAddress& group : descriptor_.groups()) {
    const ports::Membership membership{group.with_scope(0), index, descriptor_.source()};
    const Result<void> done =
        join ? port_->socket()->join(membership) : port_->socket()->leave(membership);
    // A link that went may have left its membership behind, which is good again when it is back.
    if (done.has_value() || (join && done.error().kind() == ErrorKind::address_in_use)) continue;
    all = false;
    if (join) join_error_ = done.error();
  }
  return all;
}

void Group::start_send(GroupSendRequest& request) {
  if (closed_) return request.finish(group_closed("send"));
  const std::size_t packets = request.to() ? 1 : joined_.size() * descriptor_.groups().size();
  if (packets == 0)
    return request.finish(evaluation_.is_satisfied()
                              ? join_error_.value_or(Error(ErrorKind::unreachable, "send",
                                                           "no interface is a member"))
                              : unsatisfied(evaluation_));
  if (!sends_.has_room_for(packets))
    return request.finish(
        Error(ErrorKind::limit_exceeded, "send", "too many datagrams wait to be sent"));
  add_packets(request);
  port_->send_soon();
}

void Group::add_packets(GroupSendRequest& request) {
  if (request.to()) return sends_.push({&request, *request.to(), request.from(), request.over()});
  for (const std::uint32_t index : joined_)
    for (const IpAddress& group : descriptor_.groups())
      sends_.push({&request, SocketAddress(group.with_scope(0), descriptor_.port()), {}, index});
}

void Group::start_receive(GroupReceiveRequest& request) {
  if (closed_) return request.finish(group_closed("receive"));
  waiting_.push(request);
  serve();
}

void Group::handle_port_readable() {
  readable_ = true;
  serve();
  loop_->deliver_ready();
}

/// Nothing is read that nobody waits for: until then it waits in the system's buffer, and what comes when
/// that is full counts as dropped.
void Group::serve() {
  while (!waiting_.empty() && !returned_.empty()) {
    GroupMessage message = std::move(returned_.front());
    returned_.pop_front();
    waiting_.pop().finish(std::move(message));
  }
  std::array<ports::ReceivedRun, 1> into;
  while (!waiting_.empty() && readable_ && port_) {
    const auto received = port_->socket()->receive(into);
    // The network's word about an earlier datagram; nobody asked for it.
    if (!received.has_value()) continue;
    readable_ = *received > 0;
    if (!readable_ || !takes(into[0])) continue;
    ports::ReceivedRun& run = into[0];
    waiting_.pop().finish(
        GroupMessage(GroupMessage::Facts{Message(std::move(run.bytes), run.facts), run.remote,
                                         run.local, run.destination, run.facts.interface_index}));
  }
}

bool Group::takes(const ports::ReceivedRun& run) const {
  if (!descriptor_.only_groups()) return true;
  const auto& groups = descriptor_.groups();
  return std::ranges::find(groups, run.destination.with_scope(0)) != groups.end();
}

SocketAddress Group::local_address() const {
  return port_ ? port_->socket()->local_address() : SocketAddress();
}

std::uint64_t Group::receive_drops() const { return port_ ? port_->socket()->receive_drops() : 0; }

Path Group::path() {
  core::PathEvaluation evaluation = evaluation_;
  evaluation.links = joined_;
  return paths_.path_of(evaluation);
}

std::string Group::interface_name(std::uint32_t index) {
  const core::PathLink* const link = loop_->is_gone() ? nullptr : paths_.network().find(index);
  return link != nullptr ? link->name : std::string();
}

std::optional<ResidentSnapshot> Group::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "G" + std::to_string(number_);
  facts.kind = ResidentKind::group;
  facts.state = joined_.empty() ? "waiting" : "ready";
  facts.endpoint = to_string(SocketAddress(descriptor_.groups().front(), descriptor_.port()));
  facts.stack = {"udp"};
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

}  // namespace bowline::drive
