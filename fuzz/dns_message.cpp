// DNS messages: what is read is written, and read again as the same message; its text is always printable.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "require.h"
#include "wire/dns/message.h"

namespace {

using namespace bowline;
using namespace bowline::wire;

std::size_t record_count(const DnsMessage& message) {
  return message.questions.size() + message.answers.size() + message.authorities.size() +
         message.additional.size();
}

void check_text(const DnsMessage& message) {
  for (const auto* section : {&message.answers, &message.authorities, &message.additional})
    for (const Record& record : *section)
      require(std::ranges::all_of(to_string(record), [](char c) { return c >= ' ' && c < 0x7f; }));
}

}  // namespace

int fuzz_dns_message(std::span<const std::byte> input) {
  auto message = DnsMessage::parse(input);
  if (!message.has_value()) {
    require(!message.error().subject().empty() && !to_string(message.error()).empty());
    return 0;
  }
  check_text(*message);
  message->service_records_rejected = message->records_cut = 0;
  message->service_damage.clear();
  message->damage.clear();
  const auto bytes = message->encode();
  const auto again = DnsMessage::parse(bytes);
  require(again.has_value());
  if (record_count(*again) == record_count(*message)) {
    require(*again == *message && again->encode() == bytes);
  } else {
    // Names may have come more compressed than they are written: two octets stand for 255 at most.
    require(input.size() > 512);
  }
  const auto shortened = message->encode(512);
  require(shortened.size() <= 512 && DnsMessage::parse(shortened).has_value());
  return 0;
}
