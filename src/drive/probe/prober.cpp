#include "drive/probe/prober.h"

#include <algorithm>
#include <utility>

#include <bowline/detail/facts.h>

#include "drive/establish/host/host_interfaces.h"
#include "drive/paths/path_requirements.h"

namespace bowline::drive {

namespace {

constexpr std::size_t echo_header_bytes = 8;
constexpr std::byte echo_request_v4{8};
constexpr std::byte echo_reply_v4{0};
constexpr std::byte echo_request_v6{128};
constexpr std::byte echo_reply_v6{129};

ProbeOutcome outcome_of(const ports::DatagramFailure& failure) {
  if (failure.hop_exceeded) return ProbeOutcome::hop_exceeded;
  if (failure.error.kind() == ErrorKind::refused) return ProbeOutcome::reached;
  if (failure.error.kind() == ErrorKind::message_too_large) return ProbeOutcome::too_large;
  if (failure.error.kind() == ErrorKind::permission_denied) return ProbeOutcome::prohibited;
  return ProbeOutcome::unreachable;
}

Error prober_closed() {
  return Error(ErrorKind::closed, "probe", "the prober was closed by its owner");
}

}  // namespace

ProbeRequest::ProbeRequest(detail::RequestQueue& loop, Prober& prober, What what)
    : Request(loop), prober_(&prober), what_(what) {}
void ProbeRequest::begin() { prober_->start(*this); }
void ProbeRequest::withdraw() noexcept { prober_->withdraw(*this); }

Prober::Prober(Loop& loop, Family family) : loop_(&loop), family_(family) {
  loop.add_resident(*this);
}

Prober::~Prober() {
  if (port_) port_->forget_owner(*this);
}

Result<void> Prober::open(const Parameters& parameters) {
  ports::DatagramOptions options;
  options.family = family_;
  options.dual_stack = false;
  options.receive_runs = false;
  options.receive_failures = true;
  options.receive = {.ecn = false, .hop_limit = true, .interface = true};
  options.fragmentation = ports::Fragmentation::refuse_local;
  options.binding.source = parameters.source();
  options.binding.marks = marks_of(parameters.service_class());
  if (!parameters.interface().empty()) {
    BOWLINE_TRY(options.binding.interface_index,
                interface_index(loop_->host().network(), parameters.interface()));
  }
  UdpPort::Owner& owner = *this;
  port_ = detail::Ref<UdpPort>(new UdpPort(*loop_, owner));
  options.echo = true;
  const Result<void> opened = port_->open(options);
  if (opened.has_value()) return {};
  // Who may send echoes is the administrator's choice (net.ipv4.ping_group_range).
  const ErrorKind kind = opened.error().kind();
  if (kind != ErrorKind::permission_denied && kind != ErrorKind::unsupported) return opened;
  uses_echo_ = options.echo = false;
  return port_->open(options);
}

void Prober::close() {
  const detail::Ref<Prober> keep(this);
  Resident::unlink();
  handler_.clear();
  loop_->timers().set(timer_, std::nullopt);
  if (port_) port_->forget_owner(*this);
  port_ = {};
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [sequence, request] : waiting) request->finish(prober_closed());
}

void Prober::start(ProbeRequest& request) {
  if (!port_) return request.finish(prober_closed());
  if (request.what().to.family() != family_)
    return request.finish(Error(ErrorKind::invalid_argument, "probe",
                                "an address of the other family than the prober's")
                              .about(to_string(request.what().to)));
  if (waiting_.size() >= remembered_max)
    return request.finish(
        Error(ErrorKind::limit_exceeded, "probe", "too many probes are on their way"));
  do {
    last_sequence_ = static_cast<std::uint16_t>((last_sequence_ + 1) % numbers_max);
  } while (waiting_.contains(last_sequence_));
  request.sequence_ = last_sequence_;
  request.deadline_ = loop_->now() + request.what().timeout;
  const Result<void> sent = send(request);
  if (!sent.has_value()) return request.finish(sent.error().about(to_string(request.what().to)));
  waiting_[request.sequence_] = &request;
  set_timer();
  // An answer from this host is there already, and is reported only once nothing was found.
  handle_port_readable();
}

void Prober::withdraw(ProbeRequest& request) noexcept { waiting_.erase(request.sequence_); }

Result<void> Prober::send(ProbeRequest& request) {
  const std::vector<std::byte> packet = packet_of(request);
  ports::DatagramRun run;
  const auto port = static_cast<std::uint16_t>(uses_echo_ ? 0 : ports_first + request.sequence_);
  run.remote = SocketAddress(request.what().to, port);
  run.bytes = packet;
  run.segment_bytes = packet.size();
  run.hop_limit = request.what().hop_limit;
  if (sent_.size() == remembered_max) sent_.pop_front();
  sent_.push_back({request.sequence_, loop_->precise_now()});
  BOWLINE_TRY(const std::size_t taken, port_->socket()->send(std::span(&run, 1)));
  if (taken == 0)
    return Error(ErrorKind::resources_exhausted, "probe", "the system has no room for it");
  return {};
}

std::vector<std::byte> Prober::packet_of(const ProbeRequest& request) const {
  constexpr std::size_t payload_bytes_max = 65'000;
  const std::size_t header = uses_echo_ ? echo_header_bytes : 0;
  std::vector<std::byte> packet(header + std::min(request.what().payload_bytes, payload_bytes_max),
                                std::byte{0x42});
  if (!uses_echo_) return packet;
  std::fill_n(packet.begin(), echo_header_bytes, std::byte{0});
  packet[0] = family_ == Family::ipv4 ? echo_request_v4 : echo_request_v6;
  packet[6] = static_cast<std::byte>(request.sequence_ >> 8);
  packet[7] = static_cast<std::byte>(request.sequence_ & 0xff);
  return packet;
}

void Prober::handle_port_readable() {
  const detail::Ref<Prober> keep(this);
  receive_failures();
  std::array<ports::ReceivedRun, 1> into;
  for (bool more = true; more && port_;) {
    const auto received = port_->socket()->receive(into);
    if (!received.has_value()) continue;  // told once
    more = *received > 0;
    if (more) handle_run(into[0]);
  }
  if (port_) receive_failures();
  loop_->deliver_ready();
}

void Prober::receive_failures() {
  while (port_) {
    const auto failure = port_->socket()->take_failure();
    if (!failure) return;
    handle_failure(*failure);
  }
}

void Prober::handle_failure(const ports::DatagramFailure& failure) {
  const auto sequence = sequence_in(failure.bytes, false, failure.remote.port);
  if (!sequence) return;
  ProbeReply::Facts facts;
  facts.outcome = outcome_of(failure);
  facts.from = failure.reporter;
  settle(*sequence, std::move(facts));
}

void Prober::handle_run(const ports::ReceivedRun& run) {
  const auto sequence = sequence_in(run.bytes.bytes(), true, run.remote.port);
  if (!sequence) return;
  ProbeReply::Facts facts;
  facts.from = run.remote.ip;
  if (run.facts.hop_limit != 0) facts.hop_limit = run.facts.hop_limit;
  settle(*sequence, std::move(facts));
}

/// Of an echo from its header, of UDP from the port that it went to.
std::optional<std::uint16_t> Prober::sequence_in(std::span<const std::byte> header, bool is_reply,
                                                 std::uint16_t port) const {
  if (!uses_echo_) {
    if (port < ports_first || port - ports_first >= numbers_max) return std::nullopt;
    return static_cast<std::uint16_t>(port - ports_first);
  }
  const bool v4 = family_ == Family::ipv4;
  const std::byte wanted =
      is_reply ? (v4 ? echo_reply_v4 : echo_reply_v6) : (v4 ? echo_request_v4 : echo_request_v6);
  if (header.size() < echo_header_bytes || header[0] != wanted) return std::nullopt;
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(header[6]) << 8 |
                                    std::to_integer<unsigned>(header[7]));
}

/// The first answer ends the wait; all are told to the handler, as when a group was asked.
void Prober::settle(std::uint16_t sequence, ProbeReply::Facts&& facts) {
  const auto sent = std::ranges::find(sent_.rbegin(), sent_.rend(), sequence, &Sent::sequence);
  if (sent == sent_.rend()) return;
  facts.round_trip = loop_->precise_now() - sent->at;
  const ProbeReply reply(std::move(facts));
  if (const auto found = waiting_.find(sequence); found != waiting_.end()) {
    ProbeRequest& request = *found->second;
    waiting_.erase(found);
    request.finish(ProbeReply(reply));
    set_timer();
  }
  if (handler_) handler_.call(reply);
}

void Prober::expire() {
  std::vector<ProbeRequest*> late;
  for (const auto& [sequence, request] : waiting_)
    if (request->deadline_ <= loop_->now()) late.push_back(request);
  for (ProbeRequest* request : late) {
    waiting_.erase(request->sequence_);
    request->finish(Error(ErrorKind::timed_out, "probe", "nobody answered")
                        .about(to_string(request->what().to)));
  }
  set_timer();
}

void Prober::set_timer() {
  std::optional<Instant> next;
  for (const auto& [sequence, request] : waiting_)
    next = next ? std::min(*next, request->deadline_) : request->deadline_;
  loop_->timers().set(timer_, next);
}

}  // namespace bowline::drive
