#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// How connections are accepted, or not.

namespace bowline::flows {

namespace {

Result<void> refuses(Loop& loop, const Endpoint& at, const Parameters& parameters, ErrorKind kind) {
  BOWLINE_TRY_VOID(fails(listen(loop, at, udp(), parameters), kind));
  return fails(listen(loop, at, tcp(), parameters), kind);
}

/// Connections that are accepted one by one by a handler, and the clients that asked.
struct Crowd {
  Crowd(Loop& loop_, Listener<StreamConnection> listener_)
      : loop(loop_), listener(std::move(listener_)) {
    listener.on_connection([this](StreamConnection one) { accepted.push_back(std::move(one)); });
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() { listener.on_connection({}); }

  Result<void> connect_some(int count) {
    for (int i = 0; i < count; ++i) {
      clients.push_back(connect(loop, endpoint_of(listener), tcp(), at_once()));
      BOWLINE_TRY_VOID(done(loop, clients.back().ready()));
    }
    return done(loop, loop.sleep(100us));
  }
  Result<void> expect(std::size_t count) {
    return until(loop, [&] { return accepted.size() == count; });
  }

  Loop& loop;
  Listener<StreamConnection> listener;
  std::vector<StreamConnection> accepted;
  std::vector<StreamConnection> clients;
};

constexpr Flow listening_rows[] = {
    {"an_accept_waits_for_its_connection",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       int accepted = 0;
       Operation<StreamConnection> accepts[2];
       for (auto& accept : accepts) {
         accept = listener.accept();
         accept.start([&](const Result<StreamConnection>& one) { accepted += one.has_value(); });
       }
       StreamConnection first = connect(loop, endpoint_of(listener), tcp(), at_once());
       StreamConnection second = connect(loop, endpoint_of(listener), tcp(), at_once());
       BOWLINE_TRY_VOID(done(loop, first.ready()));
       BOWLINE_TRY_VOID(done(loop, second.ready()));
       return until(loop, [&] { return accepted == 2; });
     }},
    {"an_accept_is_dropped_and_asked_again",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       {
         Operation<StreamConnection> dropped = listener.accept();
         dropped.start([](const Result<StreamConnection>&) {});
         loop.run_ready();
       }
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       BOWLINE_TRY(StreamConnection server, done(loop, listener.accept()));
       return carry(loop, client, server, "text");
     }},
    {"an_accept_that_is_dropped_once_done_takes_no_connection",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       {
         Operation<StreamConnection> dropped = listener.accept();
         dropped.start([](const Result<StreamConnection>&) {});
       }
       BOWLINE_TRY(StreamConnection server, done(loop, listener.accept()));
       return carry(loop, client, server, "text");
     }},
    {"a_closed_listener_ends_its_accepts",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       std::optional<Error> ended;
       Operation<StreamConnection> accept = listener.accept();
       accept.start([&](const Result<StreamConnection>& result) { ended = result.error(); });
       loop.run_ready();
       listener.close();
       BOWLINE_TRY_VOID(until(loop, [&] { return ended.has_value(); }));
       return fails(done(loop, listener.accept()), ErrorKind::closed);
     }},
    {"a_handler_takes_every_connection",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       Crowd crowd(loop, std::move(listener));
       BOWLINE_TRY_VOID(crowd.connect_some(3));
       BOWLINE_TRY_VOID(crowd.expect(3));
       return check(crowd.listener.accepted_count() == 3 && crowd.listener.open_count() == 3,
                    "another count");
     }},
    {"a_handler_goes_and_an_accept_follows",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       Crowd crowd(loop, std::move(listener));
       BOWLINE_TRY_VOID(crowd.connect_some(1));
       BOWLINE_TRY_VOID(crowd.expect(1));
       crowd.listener.on_connection({});
       BOWLINE_TRY_VOID(crowd.connect_some(1));
       BOWLINE_TRY(StreamConnection second, done(loop, crowd.listener.accept()));
       return carry(loop, second, crowd.clients[1], "to the second");
     }},
    {"open_connections_are_limited",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       Crowd crowd(loop, std::move(listener));
       crowd.listener.limit_open(1);
       BOWLINE_TRY_VOID(crowd.connect_some(2));
       BOWLINE_TRY_VOID(crowd.expect(1));
       StreamConnection first = std::move(crowd.accepted.front());
       crowd.accepted.clear();
       BOWLINE_TRY_VOID(done(loop, first.close()));
       first = {};
       return crowd.expect(1);
     }},
    {"new_connections_are_limited",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       Crowd crowd(loop, std::move(listener));
       crowd.listener.limit_new(1);
       BOWLINE_TRY_VOID(crowd.connect_some(2));
       BOWLINE_TRY_VOID(crowd.expect(1));
       crowd.listener.limit_new(1);
       return crowd.expect(2);
     }},
    {"flows_of_datagrams_are_limited",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       pair.listener.limit_open(1);
       DatagramConnection second = connect(loop, endpoint_of(pair.listener), udp(), at_once());
       BOWLINE_TRY_VOID(done(loop, second.send("unheard")));
       BOWLINE_TRY_VOID(done(loop, pair.server.close()));
       BOWLINE_TRY(DatagramConnection server, accept_from(loop, second, pair.listener));
       return carry(loop, server, second, "heard");
     }},
    {"a_port_that_is_taken_is_told",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto over_tcp, listen_here(loop, tcp()));
       BOWLINE_TRY(const auto over_udp, listen_here(loop, udp()));
       BOWLINE_TRY_VOID(
           fails(listen(loop, endpoint_of(over_tcp), tcp()), ErrorKind::address_in_use));
       return fails(listen(loop, endpoint_of(over_udp), udp()), ErrorKind::address_in_use);
     }},
    {"a_port_is_shared",
     [](Loop& loop) -> Result<void> {
       const Parameters shared = Parameters().reuse_local_address(true);
       BOWLINE_TRY(const auto first, listen_here(loop, tcp(), loopback(), shared));
       BOWLINE_TRY(const auto second, listen_here(loop, tcp(), endpoint_of(first), shared));
       StreamConnection client = connect(loop, endpoint_of(second), tcp(), at_once());
       return done(loop, client.ready());
     }},
    {"a_name_is_nothing_to_listen_on",
     [](Loop& loop) {
       return refuses(loop, host("localhost", 0), {}, ErrorKind::invalid_argument);
     }},
    {"an_address_of_others_is_nothing_to_listen_on",
     [](Loop& loop) {
       return refuses(loop, host("203.0.113.7", 0), {}, ErrorKind::address_unavailable);
     }},
    {"what_says_nothing_to_a_listener_is_told",
     [](Loop& loop) {
       return refuses(loop, loopback(), Parameters().connect_within(1s), ErrorKind::unsupported);
     }},
    {"every_address_is_listened_on",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp(), Endpoint()));
       for (const Family family : {Family::ipv6, Family::ipv4}) {
         StreamConnection client =
             connect(loop, loopback(family, listener.local_address().port), tcp(), at_once());
         BOWLINE_TRY_VOID(done(loop, client.ready()));
         BOWLINE_TRY(StreamConnection server, done(loop, listener.accept()));
         BOWLINE_TRY_VOID(carry(loop, server, client, "text"));
       }
       return {};
     }},
    {"one_interface_is_listened_on",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp(), {}, Parameters().interface("lo")));
       return carry(loop, pair.client, pair.server, "text");
     }},
    {"a_listener_goes_with_connections_in_its_queue",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       listener = {};
       const Result<Message> end = done(loop, client.receive());
       return end.has_value() ? check(end->empty(), "somebody speaks")
                              : fails(end, ErrorKind::reset);
     }},
    {"a_listener_goes_in_its_own_handler",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       StreamConnection server;
       listener.on_connection([&](StreamConnection connection) {
         server = std::move(connection);
         listener.close();
         listener = {};
       });
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       BOWLINE_TRY_VOID(until(loop, [&] { return bool(server); }));
       return carry(loop, server, client, "lives on");
     }},
};

}  // namespace

std::span<const Flow> listening_flows() { return listening_rows; }

}  // namespace bowline::flows
