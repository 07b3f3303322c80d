#include "sim/dns/replies.h"

#include <algorithm>

#include "base/bytes.h"

namespace bowline::sim {

namespace {

constexpr std::size_t udp_bytes_min = 512;  // RFC 1035 2.3.4

wire::DnsMessage empty_answer(const wire::DnsMessage& query) {
  wire::DnsMessage message;
  message.id = query.id;
  message.response = true;
  message.opcode = query.opcode;
  message.recursion_desired = query.recursion_desired;
  message.recursion_available = true;
  message.questions = query.questions;
  if (query.edns) message.edns = wire::Edns{};
  return message;
}

/// A header that promises a record which is not there.
std::vector<std::byte> malformed_answer(std::uint16_t id) {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  for (const std::uint16_t word : {id, std::uint16_t{0x8180}, std::uint16_t{0}, std::uint16_t{1},
                                   std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0xffff}})
    writer.u16(word);
  return bytes;
}

/// RFC 6891 6.2.3: what the asker can take over UDP.
std::size_t bytes_max_for(const wire::DnsMessage& query, bool over_tcp) {
  if (over_tcp) return 65'535;
  return query.edns ? std::max<std::size_t>(query.edns->udp_bytes_max, udp_bytes_min)
                    : udp_bytes_min;
}

}  // namespace

DnsBehavior& DnsBehavior::delay(Duration delay) {
  delay_ = delay;
  return *this;
}
DnsBehavior& DnsBehavior::drop() {
  reply_ = Reply::none;
  return *this;
}
DnsBehavior& DnsBehavior::rcode(std::uint16_t rcode) {
  reply_ = Reply::rcode;
  rcode_ = rcode;
  return *this;
}
DnsBehavior& DnsBehavior::truncate() {
  reply_ = Reply::truncated;
  return *this;
}
DnsBehavior& DnsBehavior::wrong_id() {
  wrong_id_ = true;
  return *this;
}
DnsBehavior& DnsBehavior::malformed() {
  reply_ = Reply::malformed;
  return *this;
}
DnsBehavior& DnsBehavior::no_question() {
  no_question_ = true;
  return *this;
}
DnsBehavior& DnsBehavior::times(std::uint64_t queries) {
  times_ = queries;
  return *this;
}
DnsBehavior& DnsBehavior::after(std::uint64_t queries) {
  after_ = queries;
  return *this;
}

void DnsReplies::add_script(std::string_view name, std::string_view type,
                            const DnsBehavior& behavior) {
  Script script;
  if (name != "*") script.name = dns_name_or_die(name);
  if (type != "*") script.type = record_type_or_die(type);
  script.behavior = behavior;
  scripts_.push_back(script);
}

DnsBehavior DnsReplies::behavior_for(const wire::Question& question) {
  for (Script& script : scripts_) {
    if (script.name && *script.name != question.name) continue;
    if (script.type && *script.type != question.type) continue;
    const std::uint64_t earlier = script.asked++;
    if (earlier < script.behavior.after()) continue;
    if (script.behavior.times() && earlier - script.behavior.after() >= *script.behavior.times())
      continue;
    return script.behavior;
  }
  return DnsBehavior();
}

std::optional<DnsReply> DnsReplies::reply_to(const wire::DnsMessage& query, bool over_tcp) {
  const DnsBehavior behavior = behavior_for(query.questions.front());
  wire::DnsMessage message = empty_answer(query);
  if (behavior.has_wrong_id()) message.id ^= 0x5555;
  switch (behavior.reply()) {
    case DnsBehavior::Reply::none: return std::nullopt;
    case DnsBehavior::Reply::malformed:
      return DnsReply{behavior.delay(), malformed_answer(message.id)};
    case DnsBehavior::Reply::rcode:
      message.rcode = static_cast<wire::Rcode>(behavior.rcode());
      break;
    case DnsBehavior::Reply::truncated:
      message.truncated = !over_tcp;
      if (over_tcp) zone_.answer(message);
      break;
    case DnsBehavior::Reply::zone: zone_.answer(message); break;
  }
  if (behavior.has_no_question()) message.questions.clear();
  return DnsReply{behavior.delay(), message.encode(bytes_max_for(query, over_tcp))};
}

}  // namespace bowline::sim
