// Good replies, mutated. Whatever happens behind the answers leaves them as they are; whatever happens to
// them gives records of the question or an error; and no reply to another question is taken for ours.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "core/dns/query/reply.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

constexpr std::uint16_t our_id = 0x1234;

wire::DnsName name(const char* text) { return wire::DnsName::parse(text).value(); }

wire::DnsMessage good_reply(std::size_t form) {
  const wire::DnsName asked = name("www.test");
  wire::DnsMessage reply;
  reply.id = our_id;
  reply.response = true;
  reply.questions.push_back({asked, wire::RecordType::a});
  const bool has_alias = (form & 1) != 0;
  const wire::DnsName owner = has_alias ? name("w.test") : asked;
  if (has_alias)
    reply.answers.push_back(
        {asked, wire::RecordType::cname, wire::class_in, 60, wire::NameData{owner}});
  for (std::uint8_t i = 1; i <= 1 + (form >> 1 & 3); ++i)
    reply.answers.push_back(
        {owner, wire::RecordType::a, wire::class_in, 60, IpAddress::v4({192, 0, 2, i})});
  if ((form & 8) != 0)
    reply.authorities.push_back(
        {name("test"), wire::RecordType::ns, wire::class_in, 60, wire::NameData{name("ns.test")}});
  if ((form & 16) != 0) reply.edns.emplace();
  return reply;
}

struct Verdict {
  Result<wire::DnsMessage> reply;
  std::vector<wire::Record> records;
};

Verdict judge(std::span<const std::byte> bytes, const wire::Question& question) {
  Verdict verdict{check_reply(bytes, our_id, question), {}};
  if (!verdict.reply.has_value()) return verdict;
  CnameChain chain(question.name, 16);
  if (auto reading = read_reply(*verdict.reply, question.type, chain); reading.has_value())
    verdict.records = std::move(reading->records);
  for (const wire::Record& record : verdict.records)
    require(record.name == chain.end() && record.type == question.type &&
            record.record_class == wire::class_in);
  return verdict;
}

/// Without what follows the answers, and with counts that say so.
std::size_t end_of_answers(wire::DnsMessage reply) {
  reply.authorities.clear();
  reply.additional.clear();
  reply.edns.reset();
  return reply.encode().size();
}

void mutate(std::vector<std::byte>& bytes, std::size_t from, fuzz::Input& input) {
  while (!input.empty() && from < bytes.size() + 1) {
    const std::size_t room = bytes.size() - from;
    const std::size_t at = from + (room == 0 ? 0 : input.below(room));
    switch (input.below(4)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<std::byte>(input.below(256));
        break;
      case 1: bytes.resize(std::max(at, from)); break;
      case 2: {
        const auto more = input.take(input.below(16));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
        break;
      }
      default: bytes.push_back(static_cast<std::byte>(input.below(256)));
    }
  }
}

}  // namespace

int fuzz_dns_reply(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const wire::DnsMessage good = good_reply(input.below(32));
  const wire::Question question = good.questions.front();
  std::vector<std::byte> mutated = good.encode();
  const auto expected = judge(mutated, question).records;
  require(!expected.empty());

  const bool only_behind = input.below(2) == 0;
  if (only_behind) {
    // Counts of what follows, and all that follows.
    for (std::size_t at = 8; at < wire::dns_header_bytes; ++at)
      if (input.below(4) == 0) mutated[at] = static_cast<std::byte>(input.below(256));
    mutate(mutated, end_of_answers(good), input);
    const Verdict verdict = judge(mutated, question);
    require(verdict.reply.has_value() && verdict.records == expected);
    return 0;
  }
  mutate(mutated, 0, input);
  const Verdict verdict = judge(mutated, question);
  if (!verdict.reply.has_value()) return 0;
  const wire::DnsMessage& reply = *verdict.reply;
  const bool echoes = reply.questions.size() == 1 && reply.questions.front() == question;
  require(echoes || ((reply.truncated || is_refusal(reply.rcode)) && verdict.records.empty()));
  return 0;
}
