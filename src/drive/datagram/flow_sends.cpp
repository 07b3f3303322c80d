#include "drive/datagram/flow_sends.h"

#include <utility>
#include <vector>

#include "drive/datagram/datagram_connection.h"

namespace bowline::drive {

namespace {

void describe(const MessageSendRequest& request, ports::DatagramRun& into) {
  const Flow& flow = static_cast<const DatagramConnection&>(request.connection()).flow();
  into.remote = flow.remote;
  into.local = flow.local;
  into.segment_bytes = request.segment_bytes;
  into.bytes = request.bytes;
}

}  // namespace

bool FlowSends::has_any_of(const MessageConnection& flow) const {
  for (auto* request = queue_.first(); request != nullptr; request = queue_.after(*request))
    if (&request->connection() == &flow) return true;
  return false;
}

std::size_t FlowSends::queued_bytes_of(const MessageConnection& flow) const {
  std::size_t bytes = 0;
  for (auto* request = queue_.first(); request != nullptr; request = queue_.after(*request))
    if (&request->connection() == &flow) bytes += request->bytes.size();
  return bytes;
}

void FlowSends::fail_all_of(const MessageConnection& flow, const Error& error) {
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

void FlowSends::change_all(const std::function<std::optional<Error>(MessageSendRequest&)>& change) {
  auto queued = std::exchange(queue_, {});
  while (!queued.empty()) {
    MessageSendRequest& request = queued.pop();
    if (auto error = change(request)) {
      request.finish(*std::move(error));
    } else {
      queue_.push(request);
    }
  }
}

bool FlowSends::first(ports::DatagramRun& into) {
  looked_at_ = queue_.first();
  if (looked_at_ == nullptr) return false;
  describe(*looked_at_, into);
  return true;
}

bool FlowSends::next(ports::DatagramRun& into) {
  const MessageSendRequest* const behind = queue_.after(*looked_at_);
  if (behind == nullptr) return false;
  looked_at_ = behind;
  describe(*behind, into);
  return true;
}

void FlowSends::handle_sent(std::size_t count, const Error* failure) {
  const std::size_t finished = count + (failure != nullptr ? 1 : 0);
  // First, as it may want memory: no request may be finished and stay in the queue.
  std::vector<detail::Ref<MessageConnection>> closing;
  const auto* at = queue_.first();
  for (std::size_t i = 0; i < finished; ++i, at = queue_.after(*at)) {
    MessageConnection& connection = at->connection();
    if (connection.is_closing() && (closing.empty() || closing.back().get() != &connection))
      closing.emplace_back(&connection);
  }
  for (std::size_t i = 0; i < count; ++i) queue_.pop().finish({});
  if (failure != nullptr) queue_.pop().finish(*failure);
  for (const auto& connection : closing) connection->handle_sent();
}

}  // namespace bowline::drive
