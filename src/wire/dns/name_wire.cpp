#include "wire/dns/name_wire.h"

#include <algorithm>
#include <array>

namespace bowline::wire {

namespace {

constexpr std::uint8_t pointer_bits = 0xc0;
constexpr std::size_t pointer_target_max = 0x3fff;

// A pointer to a pointer is legal and adds no label; a name of 127 labels needs no more than these.
constexpr int pointers_max = 127;

Error malformed_name(std::string_view rule, std::size_t offset) {
  return malformed_dns("name", rule, offset);
}

// The labels read so far, in place: names are read too often to grow a string.
class Labels {
 public:
  bool append(std::uint8_t length, std::span<const std::byte> label) {
    if (size_ + 1 + label.size() > octets_.size()) return false;
    octets_[size_++] = static_cast<char>(length);
    std::ranges::copy(as_text(label), octets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += label.size();
    return true;
  }
  [[nodiscard]] DnsName name() const {
    return DnsName::from_wire(std::string(octets_.data(), size_));
  }

 private:
  std::array<char, name_octets_max> octets_;
  std::size_t size_ = 0;
};

}  // namespace

Error malformed_dns(std::string_view field, std::string_view rule, std::size_t offset) {
  std::string message = std::string(rule) + " at offset " + std::to_string(offset);
  return Error(ErrorKind::malformed, "parse dns message", std::move(message))
      .about(std::string(field));
}

Result<DnsName> read_name(ByteReader& reader, Pointers pointers) {
  Labels labels;
  ByteReader part = reader;  // from the name's start, or from where the last pointer led
  std::size_t part_start = part.offset();
  for (int pointer_count = 0;;) {
    const std::size_t offset = part.offset();
    const auto length = part.u8();
    if (!length) return malformed_name("the message ends inside a name", offset);
    if ((*length & pointer_bits) == pointer_bits) {
      const auto low = part.u8();
      if (!low) return malformed_name("the message ends inside a pointer", offset);
      if (pointers == Pointers::refuse)
        return malformed_name("pointer where none is allowed", offset);
      if (pointer_count++ == 0) reader = part;
      const auto target = static_cast<std::size_t>((*length & ~pointer_bits) << 8 | *low);
      if (target >= part_start)
        return malformed_name("pointer that does not point backwards", offset);
      if (pointer_count > pointers_max) return malformed_name("too many pointers", offset);
      part = ByteReader(reader.whole(), target);
      part_start = target;
      continue;
    }
    if ((*length & pointer_bits) != 0) return malformed_name("unknown kind of label", offset);
    const auto label = part.bytes(*length);
    if (!label) return malformed_name("the message ends inside a label", offset);
    if (!labels.append(*length, *label)) return malformed_name("name over 255 octets", offset);
    if (*length != 0) continue;
    if (pointer_count == 0) reader = part;
    return labels.name();
  }
}

Result<void> skip_name(ByteReader& reader) {
  for (;;) {
    const std::size_t offset = reader.offset();
    const auto length = reader.u8();
    if (!length) return malformed_name("the message ends inside a name", offset);
    const bool is_pointer = (*length & pointer_bits) == pointer_bits;
    if (!is_pointer && (*length & pointer_bits) != 0)
      return malformed_name("unknown kind of label", offset);
    if (!reader.bytes(is_pointer ? 1 : *length))
      return malformed_name("the message ends inside a label", offset);
    if (is_pointer || *length == 0) return {};
  }
}

void NameWriter::write(const DnsName& name) {
  for (std::string_view rest = name.wire(); rest.size() > 1;) {
    if (const auto known = offsets_.find(rest); known != offsets_.end())
      return into_.u16(static_cast<std::uint16_t>(pointer_bits << 8 | known->second));
    if (into_.size() <= pointer_target_max)
      offsets_.emplace(rest, static_cast<std::uint16_t>(into_.size()));
    const std::size_t label_octets = 1 + static_cast<std::size_t>(rest[0]);
    into_.bytes(as_bytes(rest.substr(0, label_octets)));
    rest.remove_prefix(label_octets);
  }
  into_.u8(0);
}

}  // namespace bowline::wire
