#include "wire/ip/checksum.h"

namespace bowline::wire {

void InternetChecksum::add(std::span<const std::byte> bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2)
    sum_ += std::to_integer<std::uint64_t>(bytes[i]) << 8 |
            std::to_integer<std::uint64_t>(bytes[i + 1]);
  if (i < bytes.size()) sum_ += std::to_integer<std::uint64_t>(bytes[i]) << 8;
}

void InternetChecksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                                         IpProtocol protocol, std::size_t payload_bytes) {
  add(std::as_bytes(source.octets()));
  add(std::as_bytes(destination.octets()));
  sum_ += static_cast<std::uint64_t>(protocol);
  sum_ += (payload_bytes >> 16) + (payload_bytes & 0xffff);
}

std::uint16_t InternetChecksum::value() const {
  std::uint64_t sum = sum_;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination,
                                 IpProtocol protocol, std::span<const std::byte> payload) {
  InternetChecksum checksum;
  checksum.add_pseudo_header(source, destination, protocol, payload.size());
  checksum.add(payload);
  return checksum.value();
}

}  // namespace bowline::wire
