#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// How a connection comes to be, or does not.

namespace bowline::flows {

namespace {

Result<void> connect_to(Loop& loop, const Endpoint& endpoint, const Parameters& parameters) {
  StreamConnection client = connect(loop, endpoint, tcp(), parameters);
  return done(loop, client.ready());
}

/// Connects to a listener under a name of `name_of`'s making.
template <class NameOf>
Result<void> connect_as(Loop& loop, NameOf name_of, const Parameters& parameters = at_once(),
                        Family family = Family::ipv4) {
  BOWLINE_TRY(const auto listener, listen_here(loop, tcp(), loopback(family)));
  return connect_to(loop, name_of(listener.local_address().port), parameters);
}
Endpoint localhost(std::uint16_t port) { return host("localhost", port); }

/// Does something with a connection that has got `turns` turns of its loop; it ends as it should.
template <class Act>
Result<void> end_early(Loop& loop, int turns, Act act) {
  BOWLINE_TRY(const auto listener, listen_here(loop, tcp()));
  StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
  Beside<Message> receive;
  receive.start(client.receive());
  for (int i = 0; i < turns; ++i) loop.run_ready();
  act(client);
  BOWLINE_TRY_VOID(fails(receive.wait(loop), ErrorKind::cancelled));
  return check(client.state() == ConnectionState::cancelled, "it goes on");
}

constexpr Flow connecting_rows[] = {
    {"an_address_is_connected",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       return check(pair.client.remote_address() == pair.server.local_address(), "another peer");
     }},
    {"an_ipv6_address_is_connected",
     [](Loop& loop) {
       return connect_as(
           loop, [](std::uint16_t port) { return loopback(Family::ipv6, port); }, at_once(),
           Family::ipv6);
     }},
    {"an_address_in_text_is_connected",
     [](Loop& loop) {
       return connect_as(loop, [](std::uint16_t port) { return host("127.0.0.1", port); });
     }},
    {"an_address_in_a_url_is_connected",
     [](Loop& loop) {
       return connect_as(loop, [](std::uint16_t port) {
         return url("http://somebody@127.0.0.1:" + std::to_string(port) + "/path?query");
       });
     }},
    {"localhost_is_connected", [](Loop& loop) { return connect_as(loop, localhost); }},
    {"one_family_only_is_tried",
     [](Loop& loop) { return connect_as(loop, localhost, at_once().only(Family::ipv4)); }},
    {"the_preferred_family_is_tried_first",
     [](Loop& loop) { return connect_as(loop, localhost, at_once().prefer(Family::ipv4)); }},
    {"a_source_address_is_used",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const IpAddress source, IpAddress::parse("127.0.0.5"));
       BOWLINE_TRY(auto pair, open_pair(loop, tcp(), Parameters().source(source)));
       return check(pair.server.remote_address()->ip == source, "another source");
     }},
    {"a_source_port_is_used",
     [](Loop& loop) -> Result<void> {
       const Endpoint free = nobody();
       // Of an address that has no other ports in use.
       const IpAddress source = free.address().ip;
       BOWLINE_TRY(auto pair,
                   open_pair(loop, tcp(),
                             Parameters().source(source, free.port()).reuse_local_address(true)));
       return check(pair.server.remote_address()->port == free.port(), "another port");
     }},
    {"an_interface_is_used",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp(), Parameters().interface("lo")));
       return check(pair.client.report().interface() == "lo", "another interface");
     }},
    {"an_interface_that_is_not_there_is_told",
     [](Loop& loop) {
       return fails(connect_to(loop, loopback(Family::ipv4, 9), at_once().interface("none")),
                    ErrorKind::address_unavailable);
     }},
    {"a_source_that_is_not_there_is_told",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const IpAddress source, IpAddress::parse("203.0.113.7"));
       return fails(connect_to(loop, loopback(Family::ipv4, 9), at_once().source(source)),
                    ErrorKind::address_unavailable);
     }},
    {"a_zone_that_is_not_there_is_told",
     [](Loop& loop) {
       return fails(connect_to(loop, host("fe80::1%none", 9), at_once()),
                    ErrorKind::address_unavailable);
     }},
    {"a_name_that_is_none_is_told",
     [](Loop& loop) {
       return fails(connect_to(loop, host("bad..name", 9), at_once()), ErrorKind::invalid_argument);
     }},
    {"a_url_without_a_port_is_told",
     [](Loop& loop) {
       return fails(connect_to(loop, url("whatever://127.0.0.1/"), at_once()),
                    ErrorKind::unsupported);
     }},
    {"a_refusal_is_told",
     [](Loop& loop) -> Result<void> {
       const Endpoint endpoint = nobody();
       const Result<void> refused = connect_to(loop, endpoint, at_once());
       BOWLINE_TRY_VOID(fails(refused, ErrorKind::refused));
       return check(refused.error().attempts().size() == 1, "the attempts are not told");
     }},
    {"a_refused_connection_tries_again_by_itself",
     [](Loop& loop) -> Result<void> {
       const Endpoint endpoint = nobody();
       StreamConnection client = connect(
           loop, endpoint, tcp(),
           Parameters().wait(Waiting::for_peer).retry_delay(100us, 1ms).connect_within(30s));
       BOWLINE_TRY_VOID(until(loop, [&] { return client.state() >= ConnectionState::waiting; }));
       BOWLINE_TRY(const auto revived, listen_here(loop, tcp(), endpoint));
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       return check(client.report().previous_attempts() > 0, "its failures are not told");
     }},
    {"a_refused_connection_is_restarted",
     [](Loop& loop) -> Result<void> {
       const Endpoint endpoint = nobody();
       StreamConnection client =
           connect(loop, endpoint, tcp(),
                   Parameters().wait(Waiting::for_peer).retry_delay(1h, 2h).connect_within(30s));
       BOWLINE_TRY_VOID(until(loop, [&] { return client.state() >= ConnectionState::waiting; }));
       BOWLINE_TRY(const auto revived, listen_here(loop, tcp(), endpoint));
       BOWLINE_TRY_VOID(until(loop, [&] {
         client.restart();  // as often as it waits
         return client.state() >= ConnectionState::ready;
       }));
       return done(loop, client.ready());
     }},
    {"a_refused_connection_is_given_up_in_time",
     [](Loop& loop) -> Result<void> {
       const Endpoint endpoint = nobody();
       const auto client =
           connect_to(loop, endpoint, Parameters().wait(Waiting::for_peer).connect_within(1ms));
       // A link that loses packets may keep the refusal away until then.
       const bool is_late = !client.has_value() && client.error().kind() == ErrorKind::timed_out;
       return is_late ? Result<void>() : fails(client, ErrorKind::refused);
     }},
    {"a_waiting_connection_is_dropped",
     [](Loop& loop) -> Result<void> {
       const Endpoint endpoint = nobody();
       StreamConnection client =
           connect(loop, endpoint, tcp(), Parameters().wait(Waiting::for_peer).connect_within(10s));
       return until(loop, [&] { return client.state() >= ConnectionState::waiting; });
     }},
    {"a_connection_is_dropped_before_its_first_turn",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto listener, listen_here(loop, tcp()));
       static_cast<void>(connect(loop, endpoint_of(listener), tcp()).state());
       return done(loop, loop.sleep(Duration()));
     }},
    {"a_connection_is_closed_before_its_first_turn",
     [](Loop& loop) {
       return end_early(loop, 0, [](StreamConnection& client) { client.close().detach(); });
     }},
    {"a_connection_is_cancelled_while_it_prepares",
     [](Loop& loop) {
       return end_early(loop, 1, [](StreamConnection& client) { client.cancel(); });
     }},
    {"a_connection_is_aborted_once_it_is_ready",
     [](Loop& loop) {
       return end_early(loop, 3, [](StreamConnection& client) { client.abort(); });
     }},
    {"every_state_is_told_once",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto listener, listen_here(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       std::vector<ConnectionState> told;
       client.on_state([&](ConnectionState state, const Error*) { told.push_back(state); });
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       BOWLINE_TRY_VOID(done(loop, client.close()));
       BOWLINE_TRY_VOID(
           until(loop, [&] { return !told.empty() && told.back() == ConnectionState::cancelled; }));
       return check(told.size() == 3, "a state is missing, or was told twice");
     }},
    {"a_connection_goes_away_in_its_own_handler",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto listener, listen_here(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       client.on_state([&](ConnectionState state, const Error*) {
         if (state != ConnectionState::preparing) client = {};
       });
       return until(loop, [&] { return !client; });
     }},
    {"a_report_is_read_at_every_stage",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(pair.listener), tcp(), at_once());
       BOWLINE_TRY_VOID(check(client.report().attempts().empty(), "an attempt before the start"));
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       BOWLINE_TRY_VOID(check(client.report().attempts().size() == 1, "no attempt is told"));
       BOWLINE_TRY_VOID(done(loop, client.close()));
       return check(!client.report().handshakes().empty(), "no handshake is told");
     }},
    {"ten_connections_come_to_be_at_once",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       std::vector<StreamConnection> accepted;
       listener.on_connection([&](StreamConnection one) { accepted.push_back(std::move(one)); });
       std::vector<StreamConnection> clients;
       for (int i = 0; i < 10; ++i)
         clients.push_back(connect(loop, endpoint_of(listener), tcp(), at_once()));
       for (StreamConnection& client : clients) BOWLINE_TRY_VOID(done(loop, client.ready()));
       return until(loop, [&] { return accepted.size() == clients.size(); });
     }},
    {"options_of_tcp_are_set",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair,
                   open_pair(loop, tcp().no_delay(false).keep_alive(10s, 1s, 3).user_timeout(5s)));
       return carry(loop, pair.client, pair.server, "text");
     }},
};

}  // namespace

std::span<const Flow> connecting_flows() { return connecting_rows; }

}  // namespace bowline::flows
