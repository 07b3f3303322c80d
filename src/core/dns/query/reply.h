#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bowline/result.h>

#include "core/dns/resolver.h"
#include "wire/dns/message.h"

namespace bowline::core {

/// The message if it may be the reply to `question`: it is a response, has our id (if one is given), its
/// answers are intact and it repeats the question. One that only sends us elsewhere (a refusal, or
/// truncated) may lack the question, or be cut behind its header: then it comes without records.
/// errors    malformed if it comes from whom we asked, as far as that can be read, and is broken where it
///           decides; protocol_violation if it is not for us, saying what does not fit
/// source    RFC 5452 section 9.1
[[nodiscard]] Result<wire::DnsMessage> check_reply(std::span<const std::byte> bytes,
                                                   std::optional<std::uint16_t> id,
                                                   const wire::Question& question);

/// RFC 8914's number among options of EDNS.
inline constexpr std::uint16_t extended_error_option = 15;

/// True for every rcode that says nothing about the name.
[[nodiscard]] bool is_refusal(wire::Rcode rcode);

/// The names a question went through on its way along CNAME records, the first being the one asked.
class CnameChain {
 public:
  CnameChain(wire::DnsName start, std::size_t links_max)
      : names_{std::move(start)}, links_max_(links_max) {}
  [[nodiscard]] const wire::DnsName& end() const { return names_.back(); }
  /// errors    protocol_violation for a loop, limit_exceeded
  Result<void> follow(const wire::DnsName& target);

 private:
  std::vector<wire::DnsName> names_;
  std::size_t links_max_;
};

/// What a reply says about the end of the chain.
struct ReplyReading {
  enum class Outcome : std::uint8_t { records, nodata, nxdomain, unfinished };
  Outcome outcome{};
  std::vector<wire::Record> records;  ///< of the asked type at the chain's end
  std::uint32_t ttl_seconds =
      0;  ///< least of the links and records, or of the negative answer; 0 = do not keep
};

/// Follows the chain through the answer section as far as it goes. Only class IN records count that
/// the chain leads to: what else a reply carries is nobody's answer.
///
/// source    RFC 1034 section 3.6.2 and 4.3.2, RFC 2308 sections 2 and 5 (negative TTL), RFC 6604
/// (rcode and chain)
/// errors    malformed if the records asked for are there, but broken (SVCB, HTTPS); those of
/// CnameChain::follow
[[nodiscard]] Result<ReplyReading> read_reply(const wire::DnsMessage& reply, wire::RecordType type,
                                              CnameChain& chain);

/// True for NOERROR that only points to other servers: this one does not answer for the name.
[[nodiscard]] bool is_referral(const wire::DnsMessage& reply);

/// What a reply says about itself.
[[nodiscard]] ReplyFacts facts_of(const wire::DnsMessage& reply);

/// What the server adds to its answer, for people, such as `EDE 6 (DNSSEC bogus): no signature`; empty
/// if nothing.
///
/// source    RFC 8914
[[nodiscard]] std::string extended_error(const wire::DnsMessage& reply);

}  // namespace bowline::core
