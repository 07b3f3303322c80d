#include "core/eyeballs/order/alpn_match.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

struct AlpnRow {
  std::vector<std::string> service;
  bool no_default;
  std::vector<std::string> application;
  bool tls;
  bool quic;
};

TEST(AlpnMatch, follows_rfc9460_section_7_1) {
  const AlpnRow rows[] = {
      {{}, false, {}, true, false},
      {{"h2"}, false, {}, true, false},
      {{"h3"}, false, {}, true, true},
      {{"h3"}, true, {}, false, true},
      {{"h3", "h2"}, true, {}, true, true},
      {{"h3", "h2"}, true, {"h2"}, true, false},
      {{"h3", "h2"}, true, {"h3"}, false, true},
      {{"h3-29"}, true, {"h3"}, false, false},
      {{"dot"}, true, {"dot"}, true, false},
      {{"doq"}, true, {"doq", "dot"}, false, true},
      {{"own-protocol"}, true, {"own-protocol"}, true, true},
      {{"unheard-of"}, true, {"h2", "h3"}, false, false},
  };
  for (const AlpnRow& row : rows) {
    RaceService service;
    service.alpn = row.service;
    service.no_default_alpn = row.no_default;
    const std::string about = row.service.empty() ? "none" : row.service.front();
    EXPECT_EQ(service_speaks(service, CandidateProtocol::tls, row.application), row.tls) << about;
    EXPECT_EQ(service_speaks(service, CandidateProtocol::tcp, row.application), row.tls) << about;
    EXPECT_EQ(service_speaks(service, CandidateProtocol::quic, row.application), row.quic) << about;
    EXPECT_EQ(service_speaks(service, CandidateProtocol::udp, row.application), !row.no_default)
        << about;
  }
}

}  // namespace
}  // namespace bowline::core
