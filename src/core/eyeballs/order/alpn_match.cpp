#include "core/eyeballs/order/alpn_match.h"

#include <algorithm>
#include <array>

namespace bowline::core {

namespace {

enum class Carrier { tcp, quic, either };

/// IANA's ALPN registry, as far as an id is bound to a transport; others may run over both.
Carrier carrier_of(std::string_view id) {
  constexpr std::array<std::string_view, 6> tcp_only{"http/0.9", "http/1.0", "http/1.1",
                                                     "h2",       "h2c",      "dot"};
  if (id == "h3" || id.starts_with("h3-") || id == "doq") return Carrier::quic;
  if (std::ranges::find(tcp_only, id) != tcp_only.end()) return Carrier::tcp;
  return Carrier::either;
}

bool lists_one(const RaceService& service, Carrier wanted, const std::vector<std::string>& alpn) {
  return std::ranges::any_of(service.alpn, [&](const std::string& id) {
    const Carrier carrier = carrier_of(id);
    const bool spoken = alpn.empty() || std::ranges::find(alpn, id) != alpn.end();
    return spoken && (carrier == wanted || carrier == Carrier::either);
  });
}

}  // namespace

bool service_speaks(const RaceService& service, CandidateProtocol protocol,
                    const std::vector<std::string>& alpn) {
  switch (protocol) {
    case CandidateProtocol::tcp:
    case CandidateProtocol::tls:
      return !service.no_default_alpn || lists_one(service, Carrier::tcp, alpn);
    case CandidateProtocol::udp: return !service.no_default_alpn;
    case CandidateProtocol::quic: return lists_one(service, Carrier::quic, alpn);
  }
  return false;
}

}  // namespace bowline::core
