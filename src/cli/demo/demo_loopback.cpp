#include <array>
#include <memory>

#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

namespace {

const std::array addresses{IpAddress::loopback(Family::ipv6), IpAddress::loopback(Family::ipv4)};

/// Answers one flow's queries, one after the other.
void serve(const DatagramConnection& asker) {
  DatagramConnection flow = asker;
  flow.receive().detach([flow](const Result<Message>& query) mutable {
    if (!query.has_value()) return;
    const auto response =
        std::make_shared<std::vector<std::byte>>(answer_query(query->bytes(), addresses));
    if (!response->empty()) flow.send(*response).detach([response](const Result<void>&) {});
    serve(flow);
  });
}

}  // namespace

Result<Report> connect_on_loopback() {
  BOWLINE_TRY(Loop loop, Loop::open());
  const IpAddress here = IpAddress::loopback(Family::ipv4);
  BOWLINE_TRY(auto dns, listen(loop, SocketAddress(here, 0), udp()));
  dns.on_connection(serve);
  BOWLINE_TRY(const auto web, listen(loop, SocketAddress(here, 0), tcp()));

  Parameters parameters;
  parameters.wait(Waiting::never)
      .connect_within(std::chrono::seconds(3))
      .resolver(dns.local_address());
  const std::uint16_t port = web.local_address().port;
  StreamConnection connection = connect(loop, host("demo.bowline.test", port), tcp(), parameters);
  BOWLINE_TRY_VOID(connection.ready().wait());
  return connection.report();
}

}  // namespace bowline::cli
