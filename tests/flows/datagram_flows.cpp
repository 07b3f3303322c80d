#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// What datagrams are used for.

namespace bowline::flows {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Receives until `count` datagrams have come, sent in one batch as often as it takes.
template <class Receive>
Result<void> batch_of_ten(Loop& loop, Receive receive) {
  BOWLINE_TRY(auto pair, open_pair(loop, udp()));
  BOWLINE_TRY_VOID(carry(loop, pair.client, pair.server, "begin"));
  const std::string ten(1000, 't');
  for (int i = 0; i < tries_max; ++i) {
    const Result<void> sent = done(loop, pair.client.send_batch(bytes_of(ten), 100));
    std::size_t left = sent.has_value() ? 10 : 0;
    while (left > 0) {
      const Result<std::size_t> count = receive(pair.server);
      if (!count.has_value()) break;
      left -= std::min(left, *count);
    }
    if (sent.has_value() && left == 0) return {};
  }
  return unexpected("a batch was lost again and again");
}

constexpr Flow datagram_rows[] = {
    {"datagrams_are_echoed",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, udp()));
       const Responders<DatagramConnection> echo(listener, repeated);
       DatagramConnection client = connect(loop, endpoint_of(listener), udp(), at_once());
       BOWLINE_TRY_VOID(carry(loop, client, client, "one"));
       return carry(loop, client, client, "two");
     }},
    {"datagrams_are_exchanged_over_ipv6",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, udp(), loopback(Family::ipv6)));
       const Responders<DatagramConnection> echo(listener, repeated);
       DatagramConnection client = connect(loop, endpoint_of(listener), udp(), at_once());
       return carry(loop, client, client, "one");
     }},
    {"datagrams_go_to_a_name",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, udp()));
       const Responders<DatagramConnection> echo(listener, repeated);
       DatagramConnection client = connect(loop, host("localhost", listener.local_address().port),
                                           udp(), at_once().only(Family::ipv4));
       return carry(loop, client, client, "one");
     }},
    {"a_batch_is_received_as_batches",
     [](Loop& loop) {
       return batch_of_ten(loop, [&](DatagramConnection& server) -> Result<std::size_t> {
         BOWLINE_TRY(const MessageBatch batch, done(loop, server.receive_batch(), patience));
         return batch.size();
       });
     }},
    {"a_batch_is_received_one_by_one",
     [](Loop& loop) {
       return batch_of_ten(loop, [&](DatagramConnection& server) -> Result<std::size_t> {
         BOWLINE_TRY(const Message message, done(loop, server.receive(), patience));
         return message.size() / 100;
       });
     }},
    {"several_datagrams_are_waited_for",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       int received = 0;
       Operation<Message> receives[3];
       for (auto& receive : receives) {
         receive = pair.client.receive();
         receive.start([&](const Result<Message>&) { ++received; });
       }
       for (int i = 0; i < 3 * tries_max && received < 3; ++i) {
         static_cast<void>(done(loop, pair.server.send("one of three")).has_value());
         BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       }
       return check(received == 3, "too few came");
     }},
    {"many_datagrams_are_handed_over_at_once",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       int sent = 0;
       Operation<void> sends[40];
       for (auto& send : sends) {
         send = pair.client.send("one of many");
         send.start([&](const Result<void>&) { ++sent; });
       }
       return until(loop, [&] { return sent == 40; });
     }},
    {"what_no_datagram_can_carry_is_refused",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       const std::string large(70'000, 'l');
       BOWLINE_TRY_VOID(fails(done(loop, pair.client.send(large)), ErrorKind::message_too_large));
       BOWLINE_TRY_VOID(fails(done(loop, pair.client.send_batch(bytes_of(large), 10)),
                              ErrorKind::message_too_large));
       return carry(loop, pair.client, pair.server, "small");
     }},
    {"one_too_large_among_others_is_refused_alone",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       const std::string large(70'000, 'l');
       std::optional<Result<void>> outcomes[3];
       Operation<void> sends[] = {pair.client.send("before"), pair.client.send(large),
                                  pair.client.send("after")};
       for (int i = 0; i < 3; ++i)
         sends[i].start([&, i](Result<void> outcome) { outcomes[i] = std::move(outcome); });
       BOWLINE_TRY_VOID(until(loop, [&] { return outcomes[2].has_value(); }));
       BOWLINE_TRY_VOID(*outcomes[0]);
       BOWLINE_TRY_VOID(*outcomes[2]);
       return fails(*outcomes[1], ErrorKind::message_too_large);
     }},
    {"a_large_datagram_is_carried",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       BOWLINE_TRY_VOID(check(pair.client.message_bytes_max() > 1000, "too little goes"));
       return carry(loop, pair.client, pair.server, std::string(60'000, 'l'));
     }},
    {"an_empty_datagram_is_a_message",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       return carry(loop, pair.client, pair.server, "");
     }},
    {"nobody_is_there_for_a_datagram",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       pair.listener.close();
       pair.server.cancel();
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       static_cast<void>(done(loop, pair.client.send("anybody?")).has_value());
       const Result<Message> answer = done(loop, pair.client.receive(), patience);
       return check(!answer.has_value(), "somebody answers");
     }},
    {"a_flow_nobody_reads_keeps_the_newest",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp().queue_max(2)));
       for (const char* text : {"one", "two", "three", "four"})
         BOWLINE_TRY_VOID(done(loop, pair.client.send(text)));
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       return carry(loop, pair.client, pair.server, "five");
     }},
    {"two_flows_reach_one_listener",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       DatagramConnection other = connect(loop, endpoint_of(pair.listener), udp(), at_once());
       BOWLINE_TRY_VOID(done(loop, other.ready()));
       BOWLINE_TRY(DatagramConnection server, accept_from(loop, other, pair.listener));
       BOWLINE_TRY_VOID(carry(loop, server, other, "to the other"));
       return carry(loop, pair.server, pair.client, "to the first");
     }},
    {"a_silent_flow_expires",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp().idle_timeout(2ms)));
       BOWLINE_TRY_VOID(
           until(loop, [&] { return pair.server.state() == ConnectionState::failed; }));
       return check(pair.server.error()->kind() == ErrorKind::timed_out, "for another reason");
     }},
    {"a_closed_flow_comes_back_as_another",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       BOWLINE_TRY_VOID(done(loop, pair.server.close()));
       BOWLINE_TRY(DatagramConnection again, accept_from(loop, pair.client, pair.listener));
       return carry(loop, again, pair.client, "again");
     }},
    {"a_flow_outlives_its_listener",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       pair.listener = {};
       BOWLINE_TRY_VOID(carry(loop, pair.client, pair.server, "still"));
       return carry(loop, pair.server, pair.client, "here");
     }},
    {"a_receive_of_a_flow_is_dropped",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       {
         Operation<MessageBatch> dropped = pair.client.receive_batch();
         dropped.start([](const Result<MessageBatch>&) {});
         loop.run_ready();
       }
       return carry(loop, pair.server, pair.client, "kept");
     }},
    {"a_flow_is_aborted_with_all_that_waits",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, udp()));
       std::optional<Error> ended;
       Operation<Message> receive = pair.client.receive();
       receive.start([&](const Result<Message>& result) { ended = result.error(); });
       pair.client.abort();
       BOWLINE_TRY_VOID(until(loop, [&] { return ended.has_value(); }));
       return fails(done(loop, pair.client.send("late")), ErrorKind::closed);
     }},
};

}  // namespace

std::span<const Flow> datagram_flows() { return datagram_rows; }

}  // namespace bowline::flows
