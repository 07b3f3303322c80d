#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// How names are asked for, with a DNS server of the flow's own.

namespace bowline::flows {

namespace {

/// How the server answers.
enum class Manner : std::uint8_t {
  truthful,
  two_addresses,
  over_tcp_only,
  garbage,
  silent,
  not_found,
  broken
};

constexpr std::size_t header_bytes = 12;
/// Where the one question's type stands: behind the name, which ends with an empty label.
std::size_t offset_of_type(std::string_view query) { return query.find('\0', header_bytes) + 1; }

/// An answer in RFC 1035 form: 127.0.0.1 for any A question, and nothing for any other.
std::string answer_to(std::string_view query, Manner manner, bool over_tcp) {
  const std::size_t type = offset_of_type(query);
  if (manner == Manner::silent || query.size() < type + 4) return {};
  if (manner == Manner::garbage) return std::string(query.substr(0, 2)) + "is no message";
  std::string answer(query.substr(0, type + 4));
  answer[2] = static_cast<char>(0x81);  // a response, and recursion was desired
  answer[3] = static_cast<char>(0x80);
  answer.replace(6, 6, 6, '\0');
  if (manner == Manner::not_found) answer[3] = static_cast<char>(0x83);
  if (manner == Manner::broken) answer[3] = static_cast<char>(0x82);
  if (manner == Manner::over_tcp_only && !over_tcp) {
    answer[2] = static_cast<char>(0x83);
    return answer;
  }
  if (query[type + 1] != 1 || manner == Manner::not_found || manner == Manner::broken)
    return answer;
  using namespace std::string_view_literals;
  constexpr auto record = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"sv;
  if (manner == Manner::two_addresses) {
    // The first address has no listener.
    answer += record.substr(0, record.size() - 1);
    answer += '\2';
    ++answer[7];
  }
  answer += record;
  ++answer[7];
  return answer;
}

/// A server on one port for both transports.
class NameServer {
 public:
  static Result<std::unique_ptr<NameServer>> open(Loop& loop, Manner manner) {
    const Framed stack = length_prefixed(tcp(), LengthPrefix().bytes(2));
    for (;;) {
      BOWLINE_TRY(auto over_udp, listen_here(loop, udp()));
      auto over_tcp = listen(loop, endpoint_of(over_udp), stack);
      if (over_tcp.has_value())
        return std::make_unique<NameServer>(std::move(over_udp), *std::move(over_tcp), manner);
      if (over_tcp.error().kind() != ErrorKind::address_in_use) return over_tcp.error();
    }
  }
  NameServer(Listener<DatagramConnection> over_udp, Listener<MessageConnection> over_tcp,
             Manner manner)
      : address(over_udp.local_address()),
        over_udp_(std::move(over_udp),
                  [this, manner](std::string_view query) {
                    ++queries;
                    return answer_to(query, manner, false);
                  }),
        over_tcp_(std::move(over_tcp),
                  [manner](std::string_view query) { return answer_to(query, manner, true); }) {}

  const SocketAddress address;
  int queries = 0;

 private:
  Responders<DatagramConnection> over_udp_;
  Responders<MessageConnection> over_tcp_;
};

/// Connects to a name that a server of that manner is asked for.
Result<void> connect_by(Loop& loop, Manner manner, Parameters parameters = at_once()) {
  BOWLINE_TRY(const auto dns, NameServer::open(loop, manner));
  BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
  StreamConnection client = connect(loop, host("www.example.com", listener.local_address().port),
                                    tcp(), parameters.resolver(dns->address));
  BOWLINE_TRY_VOID(done(loop, client.ready()));
  return check(!client.report().resolutions().empty(), "no resolution is told");
}

/// Looks a name up to the end; the addresses of all answers, or the error of the last.
Result<std::vector<IpAddress>> look_up(Loop& loop, std::string_view name,
                                       const std::vector<std::string>& types,
                                       const LookupOptions& options) {
  BOWLINE_TRY(Lookup lookup, resolve(loop, name, types, options));
  std::vector<IpAddress> all;
  std::optional<Error> error;
  for (;;) {
    BOWLINE_TRY(const auto answer, done(loop, lookup.next()));
    if (!answer) break;
    all.insert(all.end(), answer->addresses().begin(), answer->addresses().end());
    if (answer->error()) error = answer->error();
  }
  if (all.empty() && error) return *error;
  return all;
}
Result<std::vector<IpAddress>> look_up(Loop& loop, Manner manner,
                                       const std::vector<std::string>& types = {"A"}) {
  BOWLINE_TRY(const auto dns, NameServer::open(loop, manner));
  return look_up(loop, "www.example.com", types, LookupOptions().server(dns->address));
}
Result<void> finds(const Result<std::vector<IpAddress>>& found, std::size_t count) {
  if (!found.has_value()) return found.error();
  return check(found->size() == count, "another count of addresses");
}

constexpr Flow name_rows[] = {
    {"a_name_is_asked_for_and_connected",
     [](Loop& loop) { return connect_by(loop, Manner::truthful); }},
    {"a_name_is_asked_for_over_tcp_and_connected",
     [](Loop& loop) { return connect_by(loop, Manner::over_tcp_only); }},
    {"the_second_address_of_a_name_is_connected",
     [](Loop& loop) {
       return connect_by(loop, Manner::two_addresses, at_once().attempt_delay(1ms));
     }},
    {"a_name_of_one_family_is_asked_for_once",
     [](Loop& loop) { return connect_by(loop, Manner::truthful, at_once().only(Family::ipv4)); }},
    {"a_name_that_does_not_exist_is_told",
     [](Loop& loop) {
       return fails(connect_by(loop, Manner::not_found), ErrorKind::name_not_found);
     }},
    {"a_name_without_an_address_is_told",
     [](Loop& loop) {
       return fails(connect_by(loop, Manner::truthful, at_once().only(Family::ipv6)),
                    ErrorKind::name_not_found);
     }},
    {"a_server_without_an_answer_is_told",
     [](Loop& loop) {
       return fails(connect_by(loop, Manner::broken), ErrorKind::resolution_failed);
     }},
    {"a_silent_server_is_given_up_in_time",
     [](Loop& loop) {
       return fails(
           connect_by(loop, Manner::silent, Parameters().wait(Waiting::never).connect_within(2ms)),
           ErrorKind::timed_out);
     }},
    {"a_server_of_garbage_is_given_up_in_time",
     [](Loop& loop) {
       const auto outcome =
           connect_by(loop, Manner::garbage, Parameters().wait(Waiting::never).connect_within(2ms));
       return check(!outcome.has_value(), "garbage is an address");
     }},
    {"a_name_is_dropped_while_it_is_asked_for",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::silent));
       StreamConnection client =
           connect(loop, host("www.example.com", 9), tcp(), Parameters().resolver(dns->address));
       BOWLINE_TRY_VOID(until(
           loop, [&] { return dns->queries > 0 || client.state() >= ConnectionState::waiting; }));
       client = {};
       return done(loop, loop.sleep(100us));
     }},
    {"many_connections_share_one_answer",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::truthful));
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       StreamConnection clients[3];
       for (StreamConnection& client : clients)
         client = connect(loop, host("www.example.com", listener.local_address().port), tcp(),
                          at_once().resolver(dns->address));
       for (StreamConnection& client : clients) BOWLINE_TRY_VOID(done(loop, client.ready()));
       return {};
     }},
    {"an_expired_answer_is_allowed",
     [](Loop& loop) {
       return connect_by(loop, Manner::truthful, at_once().expired_answers(true));
     }},
    {"datagrams_go_to_a_name_that_is_asked_for",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::truthful));
       BOWLINE_TRY(auto listener, listen_here(loop, udp()));
       const Responders<DatagramConnection> echo(listener, repeated);
       DatagramConnection client =
           connect(loop, host("www.example.com", listener.local_address().port), udp(),
                   at_once().resolver(dns->address));
       BOWLINE_TRY_VOID(done(loop, client.ready()));
       return carry(loop, client, client, "there and back");
     }},
    {"an_address_is_looked_up",
     [](Loop& loop) { return finds(look_up(loop, Manner::truthful), 1); }},
    {"both_families_are_looked_up",
     [](Loop& loop) { return finds(look_up(loop, Manner::two_addresses, {"AAAA", "A"}), 2); }},
    {"an_answer_too_large_is_looked_up_over_tcp",
     [](Loop& loop) { return finds(look_up(loop, Manner::over_tcp_only), 1); }},
    {"records_of_other_types_are_looked_up",
     [](Loop& loop) {
       return fails(look_up(loop, Manner::truthful, {"TXT", "HTTPS", "TYPE1234"}),
                    ErrorKind::name_not_found);
     }},
    {"a_lookup_of_no_name_is_told",
     [](Loop& loop) { return fails(look_up(loop, Manner::not_found), ErrorKind::name_not_found); }},
    {"a_lookup_passes_the_cache_by",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::truthful));
       auto options = LookupOptions().server(dns->address).use_cache(false).use_search(false);
       for (int i = 0; i < 2; ++i)
         BOWLINE_TRY_VOID(finds(look_up(loop, "www.example.com", {"A"}, options), 1));
       return check(dns->queries >= 2, "the server is not asked again");
     }},
    {"a_name_is_looked_up_along_the_search_list",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::not_found));
       const auto options = LookupOptions().server(dns->address);
       return fails(look_up(loop, "printer", {"A"}, options), ErrorKind::name_not_found);
     }},
    {"localhost_is_looked_up",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto found, look_up(loop, "localhost", {"A", "AAAA"}, {}));
       return check(!found.empty(), "no localhost");
     }},
    {"a_lookup_is_dropped_while_it_asks",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::silent));
       BOWLINE_TRY(Lookup lookup, resolve(loop, "www.example.com", {"A", "AAAA"},
                                          LookupOptions().server(dns->address)));
       Operation<std::optional<Resolution>> next = lookup.next();
       next.start([](const Result<std::optional<Resolution>>&) {});
       return until(loop, [&] { return dns->queries > 0; });
     }},
    {"an_answer_is_waited_for_again",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(const auto dns, NameServer::open(loop, Manner::truthful));
       BOWLINE_TRY(Lookup lookup,
                   resolve(loop, "www.example.com", {"A"}, LookupOptions().server(dns->address)));
       {
         Operation<std::optional<Resolution>> dropped = lookup.next();
         dropped.start([](const Result<std::optional<Resolution>>&) {});
         loop.run_ready();
       }
       BOWLINE_TRY(const auto answer, done(loop, lookup.next()));
       return check(answer.has_value(), "the answer is lost");
     }},
};

}  // namespace

std::span<const Flow> name_flows() { return name_rows; }

}  // namespace bowline::flows
