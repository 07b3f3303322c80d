#include "crypto/gnutls/datagram/datagram_records.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/bytes.h"

namespace bowline::crypto {

namespace {

constexpr std::size_t ciphertext_bytes_max = 16'384 + 2'048;

std::optional<DatagramRecord> next_record(ByteReader& reader);
bool came_before(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace

std::vector<DatagramRecord> split_datagram(std::span<const std::byte> datagram) {
  std::vector<DatagramRecord> found;
  ByteReader reader(datagram);
  while (!reader.empty()) {
    const auto record = next_record(reader);
    if (!record.has_value()) return {};
    found.push_back(*record);
  }
  return found;
}

void FlightOrder::take(const DatagramRecord& record,
                       const std::function<void(std::span<const std::byte>)>& feed) {
  const auto place = place_of(record);
  if (place.has_value() && is_early(*place)) {
    if (kept_.size() < kept_max) kept_.emplace_back(record.whole.begin(), record.whole.end());
    return;
  }
  note(record);
  feed(record.whole);
  // What was kept may be next now.
  for (auto one = kept_.begin(); one != kept_.end();) {
    const auto kept_place = place_of(split_datagram(*one).front());
    if (kept_place.has_value() && is_early(*kept_place)) {
      ++one;
      continue;
    }
    const std::vector<std::byte> due = std::move(*one);
    kept_.erase(one);
    note(split_datagram(due).front());
    feed(due);
    one = kept_.begin();
  }
}

void FlightOrder::release(const std::function<void(std::span<const std::byte>)>& feed) {
  auto due = std::exchange(kept_, {});
  std::ranges::sort(due, [](const auto& a, const auto& b) { return came_before(a, b); });
  for (const auto& one : due) {
    note(split_datagram(one).front());
    feed(one);
  }
}

std::optional<FlightOrder::Place> FlightOrder::place_of(const DatagramRecord& record) {
  Place made;
  made.epoch = record.epoch;
  made.number = record.number;
  made.is_cipher_change = record.kind == record_change_cipher_spec;
  if (record.epoch != 0 || made.is_cipher_change) return made;
  if (record.kind != record_handshake) return std::nullopt;  // an alert: never early
  ByteReader reader(record.body);
  const auto kind_and_length = reader.u32();
  const auto message = reader.u16();
  const auto offset_high = reader.u8();
  const auto offset_low = reader.u16();
  const auto size_high = reader.u8();
  const auto size_low = reader.u16();
  if (!size_low.has_value()) return std::nullopt;
  const std::uint32_t length = *kind_and_length & 0xff'ffff;
  const std::uint32_t size = std::uint32_t{*size_high} << 16 | *size_low;
  made.shows_message = true;
  made.message = *message;
  made.offset = std::uint32_t{*offset_high} << 16 | *offset_low;
  const bool is_last = made.offset + size >= length;
  made.next_message = made.message + (is_last ? 1U : 0U);
  made.next_offset = is_last ? 0 : made.offset + size;
  return made;
}

bool FlightOrder::is_early(const Place& place) const {
  if (place.epoch != 0) return !changed_cipher_;
  if (place.is_cipher_change) return place.number > next_number_;
  return std::pair(place.message, place.offset) > std::pair(next_message_, next_offset_);
}

void FlightOrder::note(const DatagramRecord& record) {
  const auto place = place_of(record);
  if (!place.has_value()) return;
  if (place->epoch == 0) next_number_ = std::max(next_number_, place->number + 1);
  if (place->is_cipher_change) changed_cipher_ = true;
  if (!place->shows_message) return;
  const std::pair after(place->next_message, place->next_offset);
  if (after > std::pair(next_message_, next_offset_)) std::tie(next_message_, next_offset_) = after;
}

namespace {

std::optional<DatagramRecord> next_record(ByteReader& reader) {
  constexpr std::uint8_t kind_min = 20;
  constexpr std::uint8_t kind_max = 23;
  constexpr std::uint8_t major_of_dtls = 0xfe;
  const std::size_t begin = reader.offset();
  const auto kind = reader.u8();
  const auto version = reader.u16();
  const auto epoch = reader.u16();
  const auto number_high = reader.u16();
  const auto number_low = reader.u32();
  const auto size = reader.u16();
  if (!size.has_value() || *kind < kind_min || *kind > kind_max) return std::nullopt;
  if (*version >> 8 != major_of_dtls || *size > ciphertext_bytes_max) return std::nullopt;
  const auto body = reader.bytes(*size);
  if (!body.has_value()) return std::nullopt;
  DatagramRecord made;
  made.kind = *kind;
  made.epoch = *epoch;
  made.number = std::uint64_t{*number_high} << 32 | *number_low;
  made.body = *body;
  made.whole = reader.whole().subspan(begin, reader.offset() - begin);
  return made;
}

bool came_before(std::span<const std::byte> a, std::span<const std::byte> b) {
  constexpr std::size_t epoch_at = 3;
  constexpr std::size_t epoch_and_number = 8;
  return std::ranges::lexicographical_compare(a.subspan(epoch_at, epoch_and_number),
                                              b.subspan(epoch_at, epoch_and_number));
}

}  // namespace

}  // namespace bowline::crypto
