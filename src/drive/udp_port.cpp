#include "drive/udp_port.h"

#include <algorithm>

namespace bowline::drive {

namespace {

ports::DatagramRun run_of(const MessageSendRequest& request,
                          const UdpPort::Destination& destination) {
  return {destination.remote, destination.local, request.segment_bytes, request.bytes};
}

bool is_same(const UdpPort::Destination& a, const UdpPort::Destination& b) {
  return a.remote == b.remote && a.local == b.local;
}

}  // namespace

Result<void> UdpPort::open(const ports::DatagramOptions& options) {
  BOWLINE_TRY(socket_, loop_.host().network().open_datagram(options, *this));
  return {};
}

void UdpPort::send(MessageSendRequest& request, const Destination& destination) {
  queue_.push_back({&request, &destination});
  if (writable_) loop_.defer(*this);
}

bool UdpPort::withdraw(MessageSendRequest& request) {
  const auto found = std::ranges::find(queue_, &request, &Queued::request);
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

bool UdpPort::has_sends_to(const Destination& destination) const {
  return std::ranges::find(queue_, &destination, &Queued::destination) != queue_.end();
}

void UdpPort::fail_sends_to(const Destination& destination, const Error& error) {
  std::erase_if(queue_, [&](const Queued& queued) {
    if (queued.destination != &destination) return false;
    queued.request->finish(error);
    return true;
  });
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
    if (queue_.size() == 1) {
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
  const ports::DatagramRun run = run_of(*queue_.front().request, *queue_.front().destination);
  const auto sent = socket_->send(std::span(&run, 1));
  writable_ = !sent.has_value() || *sent == 1;
  if (!writable_) return false;
  MessageSendRequest& request = *queue_.front().request;
  queue_.clear();
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
  for (std::size_t i = 0; i < queue_.size() && plan_->runs.size() < runs_per_flush_max;) {
    const std::size_t count = neighbours_from(i);
    const Queued& first = queue_[i];
    ports::DatagramRun run = run_of(*first.request, *first.destination);
    if (count > 1) {
      const std::size_t offset = plan_->staging.size();
      stage(i, count);
      run.bytes = std::span(plan_->staging).subspan(offset);
    }
    plan_->runs.push_back(run);
    plan_->requests_per_run.push_back(count);
    i += count;
  }
}

std::size_t UdpPort::neighbours_from(std::size_t first) const {
  const Queued& head = queue_[first];
  const std::size_t size = head.request->bytes.size();
  if (size == 0 || head.request->segment_bytes != size) return 1;
  const std::size_t room = plan_->staging.capacity() - plan_->staging.size();
  const std::size_t count_max =
      std::min({ports::DatagramSocket::segments_per_run_max, room / size, queue_.size() - first});
  std::size_t count = 1;
  for (; count < count_max; ++count) {
    const Queued& next = queue_[first + count];
    const std::size_t next_size = next.request->bytes.size();
    if (!is_same(*next.destination, *head.destination) || next.request->segment_bytes != next_size)
      break;
    if (next_size > size || next_size == 0) break;
    if (next_size < size) return count + 1;  // a shorter one ends a run
  }
  return count;
}

void UdpPort::stage(std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    const auto bytes = queue_[i].request->bytes;
    plan_->staging.insert(plan_->staging.end(), bytes.begin(), bytes.end());
  }
}

void UdpPort::finish_front(std::size_t requests, const std::optional<Error>& error) {
  // First, as it may want memory: none may be finished and stay in the queue.
  std::vector<detail::Ref<MessageConnection>> closing;
  for (std::size_t i = 0; i < requests; ++i) {
    MessageConnection& connection = queue_[i].request->connection();
    if (connection.is_closing() && (closing.empty() || closing.back().get() != &connection))
      closing.emplace_back(&connection);
  }
  for (std::size_t i = 0; i < requests; ++i) {
    MessageSendRequest& request = *queue_[i].request;
    if (error) {
      request.finish(*error);
    } else {
      request.finish({});
    }
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(requests));
  for (const auto& connection : closing) connection->handle_sent();
}

}  // namespace bowline::drive
