#include "core/dns/query/stream_pool.h"

#include <algorithm>

#include "wire/dns/message.h"

namespace bowline::core {

namespace {

constexpr std::size_t length_bytes = 2;

std::uint16_t number_at(std::span<const std::byte> bytes) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 |
                                    std::to_integer<unsigned>(bytes[1]));
}

void put_number(std::byte* at, std::size_t value) {
  at[0] = static_cast<std::byte>(value >> 8 & 0xff);
  at[1] = static_cast<std::byte>(value & 0xff);
}

}  // namespace

void StreamPool::send(OwnerId owner, const SocketAddress& server, std::uint32_t interface_index,
                      std::vector<std::byte> message, Instant now) {
  forget(owner, false, now);
  const auto at = stream_for(server, interface_index);
  auto& [socket, stream] = *at;
  const std::uint16_t id = free_id(stream);
  put_number(message.data(), id);
  // One write for length and message: some servers dislike them apart (RFC 7766 section 8).
  std::vector<std::byte> framed(length_bytes);
  put_number(framed.data(), message.size());
  framed.insert(framed.end(), message.begin(), message.end());

  stream.questions.emplace(id, owner);
  stream.idle_until.reset();
  by_owner_[owner] = {socket, id};
  if (stream.open)
    outbox_.push(Resolver::SendStream{socket, std::move(framed)});
  else
    stream.queued.emplace_back(id, std::move(framed));
}

void StreamPool::forget(OwnerId owner, bool gave_up, Instant now) {
  const auto known = by_owner_.find(owner);
  if (known == by_owner_.end()) return;
  const auto stream = streams_.find(known->second.first);
  stream->second.questions.erase(known->second.second);
  std::erase_if(stream->second.queued,
                [&](const auto& queued) { return queued.first == known->second.second; });
  by_owner_.erase(known);
  stream->second.suspect = stream->second.suspect || gave_up;
  settle(stream, now);
}

void StreamPool::handle_open(SocketId socket, Instant now) {
  const auto at = streams_.find(socket);
  if (at == streams_.end() || at->second.open) return;
  at->second.open = true;
  for (auto& [id, framed] : std::exchange(at->second.queued, {}))
    outbox_.push(Resolver::SendStream{socket, std::move(framed)});
  settle(at, now);
}

StreamPool::Events StreamPool::handle_data(SocketId socket, std::span<const std::byte> bytes,
                                           Instant now) {
  Events events;
  const auto at = streams_.find(socket);
  if (at == streams_.end() || !at->second.open) return events;
  Stream& stream = at->second;
  stream.received.insert(stream.received.end(), bytes.begin(), bytes.end());

  std::span<const std::byte> rest = stream.received;
  bool healthy = true;
  while (healthy && rest.size() >= length_bytes) {
    const std::size_t size = number_at(rest);
    if (rest.size() - length_bytes < size) {
      healthy = size >= wire::dns_header_bytes;
      break;
    }
    healthy = take_message(stream, rest.subspan(length_bytes, size), events);
    rest = rest.subspan(length_bytes + size);
  }
  if (!healthy) {
    outbox_.push(Resolver::CloseSocket{socket});
    events.losses = lose(at).losses;
    return events;
  }
  stream.received.erase(stream.received.begin(),
                        stream.received.end() - static_cast<std::ptrdiff_t>(rest.size()));
  settle(at, now);
  return events;
}

StreamPool::Events StreamPool::handle_failure(SocketId socket) {
  const auto at = streams_.find(socket);
  return at == streams_.end() ? Events{} : lose(at);
}

void StreamPool::handle_timeout(Instant now) {
  for (auto at = streams_.begin(); at != streams_.end();) {
    const auto stream = at++;
    if (stream->second.idle_until.has_value() && *stream->second.idle_until <= now) close(stream);
  }
}

std::optional<Instant> StreamPool::deadline() const {
  std::optional<Instant> least;
  for (const auto& [socket, stream] : streams_)
    if (stream.idle_until.has_value() && (!least.has_value() || *stream.idle_until < *least))
      least = stream.idle_until;
  return least;
}

StreamPool::Streams::iterator StreamPool::stream_for(const SocketAddress& server,
                                                     std::uint32_t interface_index) {
  const auto usable = std::ranges::find_if(streams_, [&](const auto& entry) {
    const Stream& stream = entry.second;
    return stream.server == server && stream.interface_index == interface_index &&
           !stream.suspect && stream.questions.size() < options_.questions_max;
  });
  if (usable != streams_.end()) return usable;

  const SocketId socket = outbox_.new_socket();
  outbox_.push(Resolver::OpenStream{socket, server, interface_index});
  Stream stream;
  stream.server = server;
  stream.interface_index = interface_index;
  return streams_.emplace(socket, std::move(stream)).first;
}

std::uint16_t StreamPool::free_id(const Stream& stream) {
  // Few of the 65,536 ids are in use (questions_max), so this ends soon.
  for (;;) {
    const auto id = static_cast<std::uint16_t>(random_.next() & 0xffff);
    if (!stream.questions.contains(id)) return id;
  }
}

/// False for what no DNS server sends. A reply that nobody waits for is late, not wrong.
bool StreamPool::take_message(Stream& stream, std::span<const std::byte> message, Events& events) {
  if (message.size() < wire::dns_header_bytes) return false;
  const auto question = stream.questions.find(number_at(message));
  if (question == stream.questions.end()) return true;
  const OwnerId owner = question->second;
  stream.questions.erase(question);
  by_owner_.erase(owner);
  stream.has_served = true;
  events.replies.push_back({owner, {message.begin(), message.end()}});
  return true;
}

/// Decides what becomes of a connection whose questions may have run out.
void StreamPool::settle(Streams::iterator at, Instant now) {
  Stream& stream = at->second;
  if (!stream.questions.empty() || stream.idle_until.has_value()) return;
  if (!stream.open || stream.suspect || idle_count(stream) >= options_.idle_max)
    close(at);
  else
    stream.idle_until = now + options_.idle_timeout;
}

std::size_t StreamPool::idle_count(const Stream& like) const {
  return static_cast<std::size_t>(std::ranges::count_if(streams_, [&](const auto& entry) {
    const Stream& stream = entry.second;
    return stream.idle_until.has_value() && stream.server == like.server &&
           stream.interface_index == like.interface_index;
  }));
}

void StreamPool::close(Streams::iterator stream) {
  outbox_.push(Resolver::CloseSocket{stream->first});
  streams_.erase(stream);
}

StreamPool::Events StreamPool::lose(Streams::iterator stream) {
  Events events;
  for (const auto& [id, owner] : stream->second.questions) {
    by_owner_.erase(owner);
    events.losses.push_back({owner, stream->second.has_served, stream->second.open});
  }
  streams_.erase(stream);
  return events;
}

}  // namespace bowline::core
