#include "core/http/http1/body_sender.h"

#include <algorithm>
#include <string>

#include "wire/http1/chunks.h"
#include "wire/http1/writer.h"

namespace bowline::core {

void BodySender::begin(const wire::BodyFraming& framing) {
  framing_ = framing;
  left_ = framing.length;
  is_dropping_ = false;
  is_done_ = framing.kind == wire::BodyKind::none;
}

void BodySender::drop() { is_dropping_ = true; }

Result<std::size_t> BodySender::send(std::span<const std::byte> bytes, std::size_t room,
                                     Instant now) {
  if (is_dropping_) return bytes.size();
  if (is_done_ && !bytes.empty())
    return Error(ErrorKind::invalid_argument, "send body", "the message has no body, or has ended");
  if (framing_.kind == wire::BodyKind::fixed && bytes.size() > left_)
    return Error(ErrorKind::invalid_argument, "send body", "more octets than were announced");
  const std::size_t count = std::min(bytes.size(), room);
  if (count == 0) return count;
  const bool is_chunked = framing_.kind == wire::BodyKind::chunked;
  if (is_chunked) outbox_.write(wire::chunk_line(count), now);
  outbox_.write(as_text(bytes.first(count)), now);
  if (is_chunked) outbox_.write("\r\n", now);
  left_ -= std::min<std::uint64_t>(left_, count);
  return count;
}

Result<void> BodySender::end(const HttpFields& trailers, Instant now) {
  if (is_done_) return {};
  if (is_dropping_) {
    is_done_ = true;
    return {};
  }
  if (framing_.kind == wire::BodyKind::fixed && left_ > 0)
    return Error(ErrorKind::invalid_argument, "send body",
                 std::to_string(left_) + " octets less than were announced");
  if (framing_.kind == wire::BodyKind::chunked) {
    std::string last;
    BOWLINE_TRY_VOID(wire::write_last_chunk(last, trailers));
    outbox_.write(last, now);
  }
  is_done_ = true;
  return {};
}

wire::BodyFraming framing_of(HttpBodySize size) {
  if (size.is_unknown()) return {wire::BodyKind::chunked};
  if (size.is_none() || size.octets() == 0) return {};
  return {wire::BodyKind::fixed, size.octets()};
}

}  // namespace bowline::core
