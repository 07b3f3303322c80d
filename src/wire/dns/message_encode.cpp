#include <algorithm>
#include <cassert>
#include <utility>

#include "base/bytes.h"
#include "wire/dns/message.h"
#include "wire/dns/name_wire.h"
#include "wire/dns/service.h"

namespace bowline::wire {

namespace {

constexpr std::size_t header_octets = 12;

/// Writes one message, part by part, as far as there is room.
class MessageWriter {
 public:
  MessageWriter(const DnsMessage& message, std::size_t bytes_max);
  std::vector<std::byte> write();

 private:
  enum class Section : std::size_t { questions = 4, answers = 6, authorities = 8, additional = 10 };

  template <class Item>
  bool write_section(Section section, const std::vector<Item>& items);
  void write_item(const Question& question);
  void write_item(const Record& record);
  void write_edns();
  void patch_header(bool cut);

  void write_data(const IpAddress& address) { into_.bytes(std::as_bytes(address.octets())); }
  void write_data(const NameData& data) { names_.write(data.name); }
  void write_data(const SoaData& data);
  void write_data(const TxtData& data);
  void write_data(const SrvData& data);
  void write_data(const ServiceData& data) { write_service(data, into_); }
  void write_data(const RawData& data) { into_.bytes(data.bytes); }

  const DnsMessage& message_;
  std::vector<std::byte> bytes_;
  ByteWriter into_{bytes_};
  NameWriter names_{into_};
  std::vector<std::byte> edns_;
  std::size_t bytes_max_;
};

std::vector<std::byte> edns_record(const Edns& edns, Rcode rcode,
                                   std::span<const EdnsOption> options);

}  // namespace

std::vector<std::byte> DnsMessage::encode(std::size_t bytes_max) const {
  return MessageWriter(*this, std::clamp<std::size_t>(bytes_max, 512, 65'535)).write();
}

namespace {

MessageWriter::MessageWriter(const DnsMessage& message, std::size_t bytes_max) : message_(message) {
  if (message.edns) {
    edns_ = edns_record(*message.edns, message.rcode, message.edns->options);
    if (header_octets + edns_.size() > bytes_max)
      edns_ = edns_record(*message.edns, message.rcode, {});
  }
  bytes_max_ = bytes_max - edns_.size();
}

std::vector<std::byte> MessageWriter::write() {
  bytes_.resize(header_octets);
  const bool essential = write_section(Section::questions, message_.questions) &&
                         write_section(Section::answers, message_.answers) &&
                         write_section(Section::authorities, message_.authorities);
  // RFC 2181 9: extra information that does not fit is no truncation.
  if (essential) static_cast<void>(write_section(Section::additional, message_.additional));
  write_edns();
  patch_header(!essential);
  return std::move(bytes_);
}

// False if the section was cut. Nothing is compressed after a cut, so that no pointer leads into it.
template <class Item>
bool MessageWriter::write_section(Section section, const std::vector<Item>& items) {
  std::uint16_t count = 0;
  for (const Item& item : items) {
    const std::size_t start = into_.size();
    write_item(item);
    if (into_.size() > bytes_max_) {
      bytes_.resize(start);
      break;
    }
    ++count;
  }
  into_.patch_u16(std::to_underlying(section), count);
  return count == items.size();
}

void MessageWriter::write_item(const Question& question) {
  names_.write(question.name);
  into_.u16(std::to_underlying(question.type));
  into_.u16(question.question_class);
}

void MessageWriter::write_item(const Record& record) {
  names_.write(record.name);
  into_.u16(std::to_underlying(record.type));
  into_.u16(record.record_class);
  into_.u32(record.ttl_seconds);
  const std::size_t length_at = into_.size();
  into_.u16(0);
  std::visit([this](const auto& data) { write_data(data); }, record.data);
  into_.patch_u16(length_at, static_cast<std::uint16_t>(into_.size() - length_at - 2));
}

void MessageWriter::write_edns() {
  if (edns_.empty()) return;
  into_.bytes(edns_);
  const std::size_t at = std::to_underlying(Section::additional);
  into_.patch_u16(at, static_cast<std::uint16_t>(*ByteReader(bytes_, at).u16() + 1));
}

void MessageWriter::patch_header(bool cut) {
  const auto bit = [](bool value, int position) {
    return static_cast<unsigned>(value) << position;
  };
  const unsigned flags = bit(message_.response, 15) | (message_.opcode & 0xfU) << 11 |
                         bit(message_.authoritative, 10) | bit(message_.truncated || cut, 9) |
                         bit(message_.recursion_desired, 8) | bit(message_.recursion_available, 7) |
                         bit(message_.authentic_data, 5) | bit(message_.checking_disabled, 4) |
                         (std::to_underlying(message_.rcode) & 0xfU);
  into_.patch_u16(0, message_.id);
  into_.patch_u16(2, static_cast<std::uint16_t>(flags));
}

void MessageWriter::write_data(const SoaData& data) {
  names_.write(data.primary);
  names_.write(data.mailbox);
  for (const std::uint32_t number :
       {data.serial, data.refresh, data.retry, data.expire, data.minimum})
    into_.u32(number);
}

void MessageWriter::write_data(const TxtData& data) {
  for (const std::string& string : data.strings) {
    assert(string.size() <= 255);
    into_.u8(static_cast<std::uint8_t>(string.size()));
    into_.bytes(as_bytes(string));
  }
  if (data.strings.empty()) into_.u8(0);
}

void MessageWriter::write_data(const SrvData& data) {
  for (const std::uint16_t number : {data.priority, data.weight, data.port}) into_.u16(number);
  into_.bytes(as_bytes(data.target.wire()));  // RFC 2782: not compressed
}

// RFC 6891 6.1.2, 6.1.3.
std::vector<std::byte> edns_record(const Edns& edns, Rcode rcode,
                                   std::span<const EdnsOption> options) {
  std::vector<std::byte> bytes;
  ByteWriter into(bytes);
  into.u8(0);
  into.u16(std::to_underlying(RecordType::opt));
  into.u16(edns.udp_bytes_max);
  into.u8(static_cast<std::uint8_t>(std::to_underlying(rcode) >> 4 & 0xff));
  into.u8(edns.version);
  into.u16(edns.dnssec_ok ? 0x8000 : 0);
  const std::size_t length_at = into.size();
  into.u16(0);
  for (const EdnsOption& option : options) {
    into.u16(option.code);
    into.u16(static_cast<std::uint16_t>(option.value.size()));
    into.bytes(option.value);
  }
  into.patch_u16(length_at, static_cast<std::uint16_t>(into.size() - length_at - 2));
  return bytes;
}

}  // namespace

}  // namespace bowline::wire
