#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"
#include "wire/dns/dns_bytes.h"
#include "wire/dns/message.h"

namespace bowline::wire {
namespace {

/// Draws messages of any shape that the wire can carry.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  DnsMessage message() {
    DnsMessage message;
    message.id = number<std::uint16_t>();
    message.opcode = static_cast<std::uint8_t>(random_.below(16));
    for (bool* bit :
         {&message.response, &message.authoritative, &message.truncated, &message.recursion_desired,
          &message.recursion_available, &message.authentic_data, &message.checking_disabled})
      *bit = flag();
    message.rcode = static_cast<Rcode>(random_.below(16));
    if (flag()) {
      message.edns = edns();
      message.rcode = static_cast<Rcode>(random_.below(4096));
    }
    for (auto count = random_.below(3); count > 0; --count)
      message.questions.push_back(
          {name(), static_cast<RecordType>(number<std::uint16_t>()), class_in});
    for (auto* section : {&message.answers, &message.authorities, &message.additional})
      for (auto count = random_.below(8); count > 0; --count) section->push_back(record());
    return message;
  }

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

 private:
  bool flag() { return random_.below(2) != 0; }
  template <class Number>
  Number number() {
    return static_cast<Number>(random_.next());
  }
  std::string text(std::uint64_t size_max) {
    std::string octets(random_.below(size_max + 1), '\0');
    random_.fill(std::as_writable_bytes(std::span(octets)));
    return octets;
  }
  std::vector<std::byte> bytes(std::uint64_t size_max) {
    std::vector<std::byte> octets(random_.below(size_max + 1));
    random_.fill(octets);
    return octets;
  }
  // From few labels, so that names share suffixes; sometimes up to the longest.
  DnsName name() {
    std::string wire;
    for (auto labels = random_.below(random_.below(20) == 0 ? 127 : 5); labels > 0; --labels) {
      std::string label(1, "abcdef"[random_.below(6)]);
      if (flag()) label += text(random_.below(8) == 0 ? 62 : 3);
      if (wire.size() + 1 + label.size() + 1 > 255) break;
      wire += static_cast<char>(label.size()) + label;
    }
    return DnsName::from_wire(wire + '\0');
  }
  Edns edns() {
    Edns edns;
    edns.udp_bytes_max = static_cast<std::uint16_t>(512 + random_.below(65'024));
    edns.version = number<std::uint8_t>();
    edns.dnssec_ok = flag();
    for (auto count = random_.below(3); count > 0; --count)
      edns.options.push_back({number<std::uint16_t>(), bytes(20)});
    return edns;
  }
  IpAddress v4() { return IpAddress::v4({number<std::uint8_t>(), 0, 2, 1}); }
  IpAddress v6() { return IpAddress::v6({0x20, number<std::uint8_t>(), 0xd, 0xb8}); }

  Record record() {
    const auto record_of = [this](RecordType type, RecordData data) {
      return Record{name(), type, class_in, number<std::uint32_t>() >> 1, std::move(data)};
    };
    switch (random_.below(10)) {
      case 0: return record_of(RecordType::a, v4());
      case 1: return record_of(RecordType::aaaa, v6());
      case 2: return record_of(RecordType::cname, NameData{name()});
      case 3: return record_of(RecordType::ns, NameData{name()});
      case 4: return record_of(RecordType::ptr, NameData{name()});
      case 5:
        return record_of(RecordType::soa,
                         SoaData{name(), name(), number<std::uint32_t>(), 1, 2, 3, 4});
      case 6: return record_of(RecordType::txt, TxtData{{text(255), text(255)}});
      case 7: return record_of(RecordType::srv, SrvData{number<std::uint16_t>(), 2, 3, name()});
      case 8: return record_of(flag() ? RecordType::svcb : RecordType::https, service());
      default:
        return record_of(static_cast<RecordType>(256 + random_.below(1000)), RawData{bytes(300)});
    }
  }
  ServiceData service() {
    ServiceData data;
    data.priority = static_cast<std::uint16_t>(1 + random_.below(65'535));
    data.target = name();
    if (flag()) data.alpn = {"h2", "x" + text(254)};
    data.no_default_alpn = !data.alpn.empty() && flag();
    if (flag()) data.port = number<std::uint16_t>();
    if (flag()) data.ipv4_hints = {v4(), v4()};
    if (flag()) data.ipv6_hints = {v6()};
    if (data.port && flag()) data.mandatory = {3};
    return data;
  }

  SeededRandom random_;
};

TEST(DnsMessage, every_message_reads_back_as_it_was_written) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto bytes = Draw(seed).message().encode();
    const auto first = DnsMessage::parse(bytes);
    ASSERT_TRUE(first.has_value()) << to_string(first.error());
    // Written twice, because reading adds the raw parameters of services.
    ASSERT_EQ(hex(first->encode()), hex(bytes));
    const auto second = DnsMessage::parse(first->encode());
    ASSERT_TRUE(*second == *first);
  }
}

TEST(DnsMessage, what_is_drawn_survives_but_for_raw_parameters) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const DnsMessage drawn = Draw(seed).message();
    DnsMessage read = DnsMessage::parse(drawn.encode()).value();
    for (auto* section : {&read.answers, &read.authorities, &read.additional})
      for (Record& record : *section)
        if (auto* service = std::get_if<ServiceData>(&record.data)) service->parameters.clear();
    ASSERT_TRUE(read == drawn);
  }
}

TEST(DnsMessage, any_corruption_reads_as_something_or_as_an_error) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    auto bytes = draw.message().encode();
    for (int i = 0; i < 3; ++i)
      bytes[draw.below(bytes.size())] = static_cast<std::byte>(draw.below(256));
    const auto read = DnsMessage::parse(bytes);
    if (!read.has_value()) {
      ASSERT_FALSE(read.error().subject().empty());
      continue;
    }
    for (const auto* section : {&read->answers, &read->authorities, &read->additional})
      for (const Record& record : *section) {
        const std::string text = to_string(record);
        ASSERT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; }));
      }
  }
}

}  // namespace
}  // namespace bowline::wire
