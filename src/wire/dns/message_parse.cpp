#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "wire/dns/layout/record_layout.h"
#include "wire/dns/message.h"
#include "wire/dns/name_wire.h"
#include "wire/dns/service.h"

namespace bowline::wire {

namespace {

constexpr std::size_t message_octets_max = 65'535;

/// The part of a record that all types have; `data` ends where the record does.
struct RecordHead {
  DnsName name;
  RecordType type;
  std::uint16_t record_class;
  std::uint32_t ttl;
  ByteReader data;
};

/// Reads what can take far more memory than octets of a message. Two octets stand for a name of 255, and one
/// for a string; so it is the sum over the message that is limited.
class LimitedReader {
 public:
  explicit LimitedReader(const DnsMessage::Limits& limits)
      : name_octets_left_(limits.name_octets_max), parts_left_(limits.parts_max) {}
  Result<DnsName> take_name(ByteReader& reader);
  Result<void> take_parts(std::size_t count);

 private:
  std::size_t name_octets_left_;
  std::size_t parts_left_;
};

/// One pass over one message.
class MessageParser {
 public:
  MessageParser(std::span<const std::byte> bytes, DnsMessage::Limits limits)
      : reader_(bytes), limited_(limits), records_left_(limits.records_max) {}
  Result<DnsMessage> parse();

 private:
  struct Counts {
    std::uint16_t questions, answers, authorities, additional;
  };
  Result<Counts> read_header();
  Result<void> read_question();
  Result<void> read_records(std::vector<Record>& section, std::string_view section_name,
                            std::uint16_t count);
  void read_extras(const Counts& counts);
  Result<void> read_record(std::vector<Record>& section);
  Result<void> take_record(RecordHead head, std::vector<Record>& section);
  Result<void> skip_record(bool extra);
  [[nodiscard]] bool is_full() const { return records_left_ == 0 || message_.records_cut != 0; }
  Result<RecordHead> read_head();
  Result<RecordHead> read_head_of(DnsName name);
  Result<void> read_edns(RecordHead head);
  Result<void> read_service_record(RecordHead head, std::vector<Record>& section);
  void reject_services(std::vector<Record>& section);
  void note_damage(const Error& error);

  ByteReader reader_;
  LimitedReader limited_;
  std::size_t records_left_;
  DnsMessage message_;
  bool lost_ = false;             // where the next record begins
  bool svcb_malformed_ = false;   // in the section that is being read
  bool https_malformed_ = false;  // likewise
};

Result<RecordData> read_data(RecordHead& head, LimitedReader& limited);

}  // namespace

Result<DnsMessage> DnsMessage::parse(std::span<const std::byte> bytes, Limits limits) {
  return MessageParser(bytes, limits).parse();
}

namespace {

Result<DnsName> LimitedReader::take_name(ByteReader& reader) {
  BOWLINE_TRY(DnsName name, read_name(reader, Pointers::follow));
  const std::size_t octets = name.wire().size();
  if (octets > name_octets_left_)
    return Error(ErrorKind::limit_exceeded, "parse dns message", "names too long in all")
        .about("name");
  name_octets_left_ -= octets;
  return name;
}

Result<void> LimitedReader::take_parts(std::size_t count) {
  if (count > parts_left_)
    return Error(ErrorKind::limit_exceeded, "parse dns message", "too many parts of records")
        .about("data");
  parts_left_ -= count;
  return {};
}

Error within(Error error, std::string_view section, std::size_t index) {
  std::string field(section);
  field += '[' + std::to_string(index) + "].";
  field += error.subject();
  return std::move(error).about(std::move(field));
}

std::string words_of(const Error& error) {
  return std::string(error.subject()).append(": ").append(error.message());
}

Result<DnsMessage> MessageParser::parse() {
  if (reader_.remaining() > message_octets_max)
    return malformed_dns("message", "longer than 65535 octets", message_octets_max);
  BOWLINE_TRY(const Counts counts, read_header());
  for (std::size_t index = 0; index < counts.questions; ++index)
    if (auto result = read_question(); !result.has_value())
      return within(std::move(result).error(), "questions", index);
  const auto answers = read_records(message_.answers, "answers", counts.answers);
  if (answers.has_value()) {
    read_extras(counts);
  } else if (message_.truncated) {
    // RFC 2181 9: a truncated message may end anywhere, and is asked for again by other means.
    note_damage(answers.error());
  } else {
    return answers.error();
  }
  return std::move(message_);
}

// What stands behind the answers decides little: damage there does not make them wrong.
void MessageParser::read_extras(const Counts& counts) {
  const std::array sections = {std::tuple{&message_.authorities, "authorities", counts.authorities},
                               std::tuple{&message_.additional, "additional", counts.additional}};
  for (const auto& [section, name, count] : sections) {
    const auto result = read_records(*section, name, count);
    if (!result.has_value()) note_damage(result.error());
    if (lost_) return;
  }
}

void MessageParser::note_damage(const Error& error) {
  if (message_.damage.empty()) message_.damage = words_of(error);
}

Result<MessageParser::Counts> MessageParser::read_header() {
  std::array<std::uint16_t, 6> words;
  for (std::uint16_t& word : words) {
    const auto read = reader_.u16();
    if (!read) return malformed_dns("header", "the message ends inside", reader_.offset());
    word = *read;
  }
  const auto flag = [&](int bit) { return (words[1] >> bit & 1) != 0; };
  message_.id = words[0];
  message_.response = flag(15);
  message_.opcode = static_cast<std::uint8_t>(words[1] >> 11 & 0xf);
  message_.authoritative = flag(10);
  message_.truncated = flag(9);
  message_.recursion_desired = flag(8);
  message_.recursion_available = flag(7);
  message_.authentic_data = flag(5);
  message_.checking_disabled = flag(4);
  message_.rcode = static_cast<Rcode>(words[1] & 0xf);
  return Counts{words[2], words[3], words[4], words[5]};
}

Result<void> MessageParser::read_question() {
  if (records_left_ == 0)
    return Error(ErrorKind::limit_exceeded, "parse dns message", "too many questions")
        .about("name");
  --records_left_;
  BOWLINE_TRY(DnsName name, limited_.take_name(reader_));
  const std::size_t offset = reader_.offset();
  const auto type = reader_.u16();
  const auto question_class = reader_.u16();
  if (!type || !question_class) return malformed_dns("type", "the message ends inside", offset);
  message_.questions.push_back({std::move(name), static_cast<RecordType>(*type), *question_class});
  return {};
}

/// In the answers the first thing that is wrong ends it. Elsewhere a record with broken data is left out
/// as long as its end is known.
Result<void> MessageParser::read_records(std::vector<Record>& section,
                                         std::string_view section_name, std::uint16_t count) {
  svcb_malformed_ = https_malformed_ = false;
  const bool decides = &section == &message_.answers;
  Result<void> first;
  for (std::size_t index = 0; index < count; ++index) {
    Result<void> result = is_full() ? skip_record(!decides) : read_record(section);
    if (result.has_value()) continue;
    result = within(std::move(result).error(), section_name, index);
    if (first.has_value()) first = std::move(result);
    if (decides || lost_) break;
  }
  reject_services(section);
  return first;
}

Result<void> MessageParser::read_record(std::vector<Record>& section) {
  const std::size_t start = reader_.offset();
  auto head = read_head();
  auto result = head.has_value() ? take_record(*std::move(head), section)
                                 : Result<void>(std::move(head).error());
  if (result.has_value() || result.error().kind() != ErrorKind::limit_exceeded) return result;
  // A limit cuts the list here, and says nothing against what was read.
  lost_ = false;
  reader_ = ByteReader(reader_.whole(), start);
  return skip_record(&section != &message_.answers);
}

Result<void> MessageParser::take_record(RecordHead head, std::vector<Record>& section) {
  if (head.type == RecordType::opt) {
    if (&section != &message_.additional)
      return malformed_dns("type", "OPT outside the additional section", head.data.offset());
    return read_edns(std::move(head));
  }
  const bool is_service = head.type == RecordType::svcb || head.type == RecordType::https;
  if (is_service && head.record_class == class_in)
    return read_service_record(std::move(head), section);
  auto data = read_data(head, limited_);
  if (!data.has_value()) return std::move(data).error().about("data");
  if (!head.data.empty())
    return malformed_dns("data", "octets behind the data", head.data.offset());
  section.push_back(
      {std::move(head.name), head.type, head.record_class, head.ttl, *std::move(data)});
  --records_left_;
  return {};
}

/// Beyond the limits records are counted, not kept; EDNS is one of a kind, and still taken.
Result<void> MessageParser::skip_record(bool extra) {
  const std::size_t start = reader_.offset();
  if (const auto name = skip_name(reader_); !name.has_value()) {
    lost_ = true;
    return name.error();
  }
  const bool is_root = reader_.offset() == start + 1;
  BOWLINE_TRY(RecordHead head, read_head_of(DnsName()));
  if (extra && is_root && head.type == RecordType::opt) return read_edns(std::move(head));
  ++message_.records_cut;
  return {};
}

Result<RecordHead> MessageParser::read_head() {
  lost_ = true;
  BOWLINE_TRY(DnsName name, limited_.take_name(reader_));
  return read_head_of(std::move(name));
}

Result<RecordHead> MessageParser::read_head_of(DnsName name) {
  lost_ = true;
  const std::size_t offset = reader_.offset();
  const auto type = reader_.u16();
  const auto record_class = reader_.u16();
  const auto ttl = reader_.u32();
  const auto length = reader_.u16();
  if (!type || !record_class || !ttl || !length)
    return malformed_dns("type", "the message ends inside", offset);
  const std::size_t data_offset = reader_.offset();
  if (!reader_.bytes(*length)) return malformed_dns("data", "longer than the message", data_offset);
  lost_ = false;
  // RFC 2181 8: a TTL with the top bit set is 0. In OPT it is not a time.
  const bool is_time = static_cast<RecordType>(*type) != RecordType::opt;
  return RecordHead{std::move(name), static_cast<RecordType>(*type), *record_class,
                    is_time && *ttl >> 31 != 0 ? 0 : *ttl,
                    ByteReader(reader_.whole().first(reader_.offset()), data_offset)};
}

// RFC 6891 6.1: the class is a size, and the TTL holds flags.
Result<void> MessageParser::read_edns(RecordHead head) {
  if (message_.edns) return malformed_dns("type", "a second OPT", head.data.offset());
  if (!head.name.is_root())
    return malformed_dns("name", "OPT that is not at the root", head.data.offset());
  Edns edns;
  edns.udp_bytes_max = std::max<std::uint16_t>(head.record_class, 512);
  edns.version = static_cast<std::uint8_t>(head.ttl >> 16 & 0xff);
  edns.dnssec_ok = (head.ttl >> 15 & 1) != 0;
  while (!head.data.empty()) {
    const std::size_t offset = head.data.offset();
    const auto code = head.data.u16();
    const auto length = code ? head.data.u16() : std::nullopt;
    const auto value = length ? head.data.bytes(*length) : std::nullopt;
    if (!value) return malformed_dns("option", "the record ends inside", offset);
    if (!limited_.take_parts(1).has_value()) {
      ++message_.records_cut;
      break;
    }
    edns.options.push_back({*code, {value->begin(), value->end()}});
  }
  const auto low = std::to_underlying(message_.rcode);
  message_.rcode = static_cast<Rcode>((head.ttl >> 24) << 4 | low);
  message_.edns = std::move(edns);
  return {};
}

Result<void> MessageParser::read_service_record(RecordHead head, std::vector<Record>& section) {
  auto data = read_service(head.data);
  if (data.has_value()) {
    BOWLINE_TRY_VOID(limited_.take_parts(data->parameters.size() + data->mandatory.size() +
                                         data->alpn.size() + data->ipv4_hints.size() +
                                         data->ipv6_hints.size()));
    section.push_back(
        {std::move(head.name), head.type, head.record_class, head.ttl, *std::move(data)});
    --records_left_;
    return {};
  }
  if (message_.service_records_rejected++ == 0) message_.service_damage = words_of(data.error());
  if (data.error().kind() == ErrorKind::malformed)
    (head.type == RecordType::svcb ? svcb_malformed_ : https_malformed_) = true;
  return {};
}

// A section has one such set in every honest message; so no record of the type is looked at by name.
void MessageParser::reject_services(std::vector<Record>& section) {
  message_.service_records_rejected += std::erase_if(section, [this](const Record& record) {
    return std::holds_alternative<ServiceData>(record.data) &&
           (record.type == RecordType::svcb ? svcb_malformed_ : https_malformed_);
  });
}

Error ends_inside(const ByteReader& reader) {
  return malformed_dns("data", "the record ends inside", reader.offset());
}

template <std::size_t Octets>
Result<RecordData> read_address(ByteReader& reader) {
  const auto bytes = reader.bytes(Octets);
  if (!bytes) return ends_inside(reader);
  std::array<std::uint8_t, Octets> octets;
  std::ranges::transform(*bytes, octets.begin(), std::to_integer<std::uint8_t>);
  if constexpr (Octets == 4)
    return RecordData(IpAddress::v4(octets));
  else
    return RecordData(IpAddress::v6(octets));
}

Result<RecordData> read_soa(ByteReader& reader, LimitedReader& limited) {
  SoaData data;
  BOWLINE_TRY(data.primary, limited.take_name(reader));
  BOWLINE_TRY(data.mailbox, limited.take_name(reader));
  for (std::uint32_t* number :
       {&data.serial, &data.refresh, &data.retry, &data.expire, &data.minimum}) {
    const auto read = reader.u32();
    if (!read) return ends_inside(reader);
    *number = *read;
  }
  return RecordData(std::move(data));
}

Result<RecordData> read_srv(ByteReader& reader, LimitedReader& limited) {
  SrvData data;
  for (std::uint16_t* number : {&data.priority, &data.weight, &data.port}) {
    const auto read = reader.u16();
    if (!read) return ends_inside(reader);
    *number = *read;
  }
  BOWLINE_TRY(data.target, limited.take_name(reader));
  return RecordData(std::move(data));
}

Result<RecordData> read_txt(ByteReader& reader, LimitedReader& limited) {
  TxtData data;
  while (const auto length = reader.u8()) {
    const auto bytes = reader.bytes(*length);
    if (!bytes) return ends_inside(reader);
    BOWLINE_TRY_VOID(limited.take_parts(1));
    data.strings.emplace_back(as_text(*bytes));
  }
  if (data.strings.empty()) data.strings.emplace_back();
  return RecordData(std::move(data));
}

/// Fields of fixed size, strings and names; the names come out uncompressed.
Result<RecordData> read_with_names(ByteReader& reader, std::string_view fields,
                                   LimitedReader& limited) {
  RawData raw;
  ByteWriter into(raw.bytes);
  for (const char letter : fields) {
    const auto field = static_cast<Field>(letter);
    if (field == Field::name) {
      BOWLINE_TRY(const DnsName name, limited.take_name(reader));
      into.bytes(as_bytes(name.wire()));
      continue;
    }
    const bool is_string = field == Field::string;
    const auto length = is_string ? reader.u8() : std::optional<std::uint8_t>(2);
    const auto bytes = length ? reader.bytes(*length) : std::nullopt;
    if (!bytes) return ends_inside(reader);
    if (is_string) into.u8(*length);
    into.bytes(*bytes);
  }
  return RecordData(std::move(raw));
}

Result<RecordData> read_raw(ByteReader& reader) {
  const auto bytes = reader.bytes(reader.remaining());
  return RecordData(RawData{{bytes->begin(), bytes->end()}});
}

// RFC 1035 3.3 has types whose data is alike in every class; the others are known in the class IN only.
Result<RecordData> read_data(RecordHead& head, LimitedReader& limited) {
  const bool internet = head.record_class == class_in;
  switch (head.type) {
    case RecordType::a: return internet ? read_address<4>(head.data) : read_raw(head.data);
    case RecordType::aaaa: return internet ? read_address<16>(head.data) : read_raw(head.data);
    case RecordType::srv: return internet ? read_srv(head.data, limited) : read_raw(head.data);
    case RecordType::soa: return read_soa(head.data, limited);
    case RecordType::txt: return read_txt(head.data, limited);
    case RecordType::ns:
    case RecordType::cname:
    case RecordType::ptr: {
      BOWLINE_TRY(DnsName name, limited.take_name(head.data));
      return RecordData(NameData{std::move(name)});
    }
    case RecordType::svcb:
    case RecordType::https:
    case RecordType::opt:
    case RecordType::any: break;
  }
  const TypeLayout* layout = internet ? layout_of(head.type) : nullptr;
  if (layout != nullptr && layout->has_names)
    return read_with_names(head.data, layout->fields, limited);
  return read_raw(head.data);
}

}  // namespace

}  // namespace bowline::wire
