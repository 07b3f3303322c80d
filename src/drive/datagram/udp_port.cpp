#include "drive/datagram/udp_port.h"

#include <algorithm>
#include <utility>

#include "drive/datagram/datagram_connection.h"

namespace bowline::drive {

namespace {

ports::DatagramRun run_of(const MessageSendRequest& request) {
  const auto& flow = static_cast<const DatagramConnection&>(request.connection()).flow();
  return {flow.remote, flow.local, request.segment_bytes, request.bytes};
}

}  // namespace

Result<void> UdpPort::open(const ports::DatagramOptions& options) {
  BOWLINE_TRY(socket_, loop_.host().network().open_datagram(options, *this));
  return {};
}

void UdpPort::send(MessageSendRequest& request) {
  queue_.push(request);
  if (writable_) loop_.defer(*this);
}

bool UdpPort::has_sends_of(const MessageConnection& flow) const {
  for (auto* request = queue_.first(); request != nullptr; request = queue_.after(*request))
    if (&request->connection() == &flow) return true;
  return false;
}

std::size_t UdpPort::queued_bytes_of(const MessageConnection& flow) const {
  std::size_t bytes = 0;
  for (auto* request = queue_.first(); request != nullptr; request = queue_.after(*request))
    if (&request->connection() == &flow) bytes += request->bytes.size();
  return bytes;
}

void UdpPort::fail_sends_of(const MessageConnection& flow, const Error& error) {
  auto queued = std::exchange(queue_, {});
  while (!queued.empty()) {
    MessageSendRequest& request = queued.pop();
    if (&request.connection() == &flow) {
      request.finish(error);
    } else {
      queue_.push(request);
    }
  }
}

void UdpPort::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<UdpPort> keep(this);
  if (readiness.writable) {
    writable_ = true;
    if (!queue_.empty()) loop_.defer(*this);
  }
  if (readiness.readable && owner_ != nullptr) owner_->handle_port_readable();
  loop_.deliver_ready();
}

void UdpPort::flush() {
  const detail::Ref<UdpPort> keep(this);
  while (!queue_.empty() && socket_) {
    if (queue_.after(queue_.front()) == nullptr) {
      if (!send_only()) return;
      continue;
    }
    plan_runs();
    const auto sent = socket_->send(plan_->runs);
    const std::size_t whole_runs = sent.has_value() ? *sent : 0;
    std::size_t requests = 0;
    for (std::size_t i = 0; i < whole_runs; ++i) requests += plan_->requests_per_run[i];
    finish_front(requests, std::nullopt);
    if (!sent.has_value()) {
      // It is about the first of them, or about a datagram sent before: the others have their own chance.
      finish_front(1, sent.error());
    } else if (whole_runs < plan_->runs.size()) {
      writable_ = false;
      return;
    }
  }
}

/// Nearly always one request waits on a socket of one flow. False if the system had no room.
bool UdpPort::send_only() {
  const ports::DatagramRun run = run_of(queue_.front());
  const auto sent = socket_->send(std::span(&run, 1));
  writable_ = !sent.has_value() || *sent == 1;
  if (!writable_) return false;
  MessageSendRequest& request = queue_.pop();
  sent.has_value() ? request.finish({}) : request.finish(sent.error());
  request.connection().handle_sent();
  return true;
}

/// One run for each request, or for several neighbours copied together: the copy is far cheaper than a call
/// each.
void UdpPort::plan_runs() {
  if (!plan_) plan_ = std::make_unique<Plan>();
  plan_->runs.clear();
  plan_->requests_per_run.clear();
  plan_->staging.clear();
  plan_->staging.reserve(ports::DatagramSocket::run_bytes_max);
  const MessageSendRequest* next = queue_.first();
  while (next != nullptr && plan_->runs.size() < runs_per_flush_max) {
    const std::size_t count = neighbours_from(*next);
    ports::DatagramRun run = run_of(*next);
    const std::size_t offset = plan_->staging.size();
    for (std::size_t i = 0; i < count; ++i, next = queue_.after(*next))
      if (count > 1)
        plan_->staging.insert(plan_->staging.end(), next->bytes.begin(), next->bytes.end());
    if (count > 1) run.bytes = std::span(plan_->staging).subspan(offset);
    plan_->runs.push_back(run);
    plan_->requests_per_run.push_back(count);
  }
}

std::size_t UdpPort::neighbours_from(const MessageSendRequest& first) const {
  const std::size_t size = first.bytes.size();
  if (size == 0 || first.segment_bytes != size) return 1;
  const std::size_t room = plan_->staging.capacity() - plan_->staging.size();
  const std::size_t count_max = std::min(ports::DatagramSocket::segments_per_run_max, room / size);
  std::size_t count = 1;
  for (const auto* next = queue_.after(first); next != nullptr && count < count_max;
       next = queue_.after(*next)) {
    const std::size_t next_size = next->bytes.size();
    if (&next->connection() != &first.connection() || next->segment_bytes != next_size) break;
    if (next_size > size || next_size == 0) break;
    ++count;
    if (next_size < size) break;  // a shorter one ends a run
  }
  return count;
}

void UdpPort::finish_front(std::size_t requests, const std::optional<Error>& error) {
  // First, as it may want memory: none may be finished and stay in the queue.
  std::vector<detail::Ref<MessageConnection>> closing;
  const auto* at = queue_.first();
  for (std::size_t i = 0; i < requests; ++i, at = queue_.after(*at)) {
    MessageConnection& connection = at->connection();
    if (connection.is_closing() && (closing.empty() || closing.back().get() != &connection))
      closing.emplace_back(&connection);
  }
  for (std::size_t i = 0; i < requests; ++i) {
    if (error) {
      queue_.pop().finish(*error);
    } else {
      queue_.pop().finish({});
    }
  }
  for (const auto& connection : closing) connection->handle_sent();
}

}  // namespace bowline::drive
