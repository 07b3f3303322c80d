#include "sim/net/link_direction.h"

#include <algorithm>
#include <cassert>

#include "wire/ip/packet.h"

namespace bowline::sim {

namespace {

double checked(double chance) {
  assert(chance >= 0 && chance <= 1);
  return chance;
}

/// RFC 3168 section 5: both bits set is "congestion experienced", and none is "not capable".
constexpr std::uint8_t ecn_bits = 3;

/// Its fragments would pass; they travel as the one packet that they make up.
bool may_be_fragmented(const Packet& packet) {
  const auto fields = wire::IpPacket::parse(packet);
  return fields.has_value() && fields->source.is_v4() && !fields->dont_fragment;
}

}  // namespace

LinkOptions& LinkOptions::delay(Duration delay) {
  assert(delay >= Duration::zero());
  delay_ = delay;
  return *this;
}
LinkOptions& LinkOptions::jitter(Duration jitter_max) {
  assert(jitter_max >= Duration::zero());
  jitter_ = jitter_max;
  return *this;
}
LinkOptions& LinkOptions::rate(std::uint64_t bits_per_second) {
  rate_ = bits_per_second;
  return *this;
}
LinkOptions& LinkOptions::queue(std::size_t bytes_max) {
  assert(bytes_max <= std::size_t{1} << 30);  // the time it takes is counted in 64 bits
  queue_bytes_max_ = bytes_max;
  return *this;
}
LinkOptions& LinkOptions::loss(double chance) {
  loss_ = checked(chance);
  return *this;
}
LinkOptions& LinkOptions::duplication(double chance) {
  duplication_ = checked(chance);
  return *this;
}
LinkOptions& LinkOptions::corruption(double chance) {
  corruption_ = checked(chance);
  return *this;
}
LinkOptions& LinkOptions::reordering(double chance, Duration held_back_max) {
  assert(held_back_max > Duration::zero());
  reordering_ = checked(chance);
  held_back_max_ = held_back_max;
  return *this;
}
LinkOptions& LinkOptions::congestion_marks(double chance) {
  congestion_marks_ = checked(chance);
  return *this;
}
LinkOptions& LinkOptions::mtu(std::size_t packet_bytes_max, Oversize oversize) {
  mtu_ = packet_bytes_max;
  oversize_ = oversize;
  return *this;
}

LinkDirection::LinkDirection(World& world, std::string name, LinkOptions options, Ends ends)
    : world_(world),
      name_(std::move(name)),
      options_(options),
      ends_(std::move(ends)),
      random_(world.random_for(name_)) {}

void LinkDirection::send(Packet packet) {
  if (options_.mtu() != 0 && packet.size() > options_.mtu() && !may_be_fragmented(packet)) {
    lose(packet, "too big");
    if (options_.oversize() == Oversize::report) ends_.report_too_big(packet, options_.mtu());
    return;
  }
  const auto sent_at = enqueue(packet.size());
  if (!sent_at) return lose(packet, "queue full");
  if (happens(options_.loss())) return lose(packet, "lost");
  if (happens(options_.congestion_marks())) mark(packet);
  if (happens(options_.corruption())) corrupt(packet);
  if (happens(options_.duplication()))
    world_.events.add(arrival(*sent_at),
                      [this, copy = packet]() mutable { ends_.deliver(std::move(copy)); });
  world_.events.add(arrival(*sent_at), [this, moved = std::move(packet)]() mutable {
    ends_.deliver(std::move(moved));
  });
}

std::optional<Instant> LinkDirection::enqueue(std::size_t bytes) {
  if (options_.rate() == 0) return world_.now;
  const auto duration_of = [this](std::uint64_t size) {
    return Duration(static_cast<std::int64_t>(size * 8 * 1'000'000'000 / options_.rate()));
  };
  const Instant start = std::max(free_at_, world_.now);
  if (start > world_.now && start - world_.now + duration_of(bytes) > duration_of(options_.queue()))
    return std::nullopt;
  return free_at_ = start + duration_of(bytes);
}

Instant LinkDirection::arrival(Instant sent_at) {
  Instant at = sent_at + options_.delay();
  if (options_.jitter() > Duration::zero()) at += up_to(options_.jitter());
  if (happens(options_.reordering()))
    return std::max(at, last_arrival_) + up_to(options_.held_back_max());
  return last_arrival_ = std::max(at, last_arrival_);
}

Duration LinkDirection::up_to(Duration most) {
  return Duration(
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

bool LinkDirection::happens(double chance) {
  // Without a draw where nothing is asked for: an option that is off leaves the others' luck alone.
  if (chance <= 0) return false;
  return static_cast<double>(random_.next() >> 11) * 0x1p-53 < chance;
}

void LinkDirection::mark(Packet& packet) {
  auto fields = wire::IpPacket::parse(packet);
  if (!fields.has_value() || (fields->traffic_class & ecn_bits) == 0) return;
  fields->traffic_class |= ecn_bits;
  Packet marked = fields->encode();  // before the bytes go that it is made of
  packet = std::move(marked);
  world_.note(name_, "marks " + describe(packet));
}

void LinkDirection::corrupt(Packet& packet) {
  const std::uint64_t bit = random_.below(packet.size() * 8);
  packet[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
}

void LinkDirection::lose(const Packet& packet, std::string_view why) {
  world_.note(name_, "drops (" + std::string(why) + ") " + describe(packet));
}

}  // namespace bowline::sim
