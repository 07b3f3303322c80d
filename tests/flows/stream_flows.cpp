#include <array>
#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// What a byte stream is used for.

namespace bowline::flows {

namespace {

constexpr Flow stream_rows[] = {
    {"a_stream_is_echoed",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       const Responders<StreamConnection> echo(listener, repeated);
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       BOWLINE_TRY_VOID(done(loop, client.send("there and back")));
       BOWLINE_TRY_VOID(hear(loop, client, "there and back"));
       BOWLINE_TRY_VOID(done(loop, client.finish()));
       BOWLINE_TRY_VOID(hear_end(loop, client));
       return done(loop, client.close());
     }},
    {"a_server_speaks_after_its_client_has_ended",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.finish()));
       BOWLINE_TRY_VOID(hear_end(loop, pair.server));
       BOWLINE_TRY_VOID(carry(loop, pair.server, pair.client, "the last word"));
       return done(loop, pair.server.close());
     }},
    {"sends_keep_their_order",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       for (const char* part : {"one ", "two ", "three"}) pair.client.send(part).detach();
       return hear(loop, pair.server, "one two three");
     }},
    {"the_last_bytes_end_the_stream",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("last", Last::yes)));
       BOWLINE_TRY_VOID(hear(loop, pair.server, "last"));
       BOWLINE_TRY_VOID(hear_end(loop, pair.server));
       return fails(done(loop, pair.client.send("late")), ErrorKind::closed);
     }},
    {"a_minimum_is_waited_for",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Beside<Message> eight;
       eight.start(pair.server.receive(8, 8));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("half")));
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       BOWLINE_TRY_VOID(check(!eight.is_done(), "half of it is enough"));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("half")));
       BOWLINE_TRY(const Message both, eight.wait(loop));
       return check(both.text() == "halfhalf", "other bytes came");
     }},
    {"a_minimum_of_many_reads_is_gathered",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       const std::string text(300'000, 't');
       Beside<void> send;
       send.start(pair.client.send(text));
       BOWLINE_TRY_VOID(hear(loop, pair.server, text));
       return send.wait(loop);
     }},
    {"a_maximum_leaves_the_rest",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("onetwo")));
       BOWLINE_TRY_VOID(hear(loop, pair.server, "one"));
       return hear(loop, pair.server, "two");
     }},
    {"the_end_cuts_a_minimum_short",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("few", Last::yes)));
       BOWLINE_TRY(const Message few, done(loop, pair.server.receive(100, 200)));
       return check(few.text() == "few" && few.end_of_stream(), "other bytes came");
     }},
    {"bytes_land_in_memory_of_ones_own",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("onetwo", Last::yes)));
       std::array<std::byte, 6> memory;
       BOWLINE_TRY(const std::size_t all, done(loop, pair.server.receive_into(memory, 6)));
       BOWLINE_TRY(const std::size_t none, done(loop, pair.server.receive_into(memory)));
       return check(all == 6 && none == 0, "another count");
     }},
    {"several_receives_are_served_in_order",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Beside<Message> receives[4];
       for (auto& receive : receives) receive.start(pair.server.receive(1, 1));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("1234")));
       std::string all;
       for (auto& receive : receives) {
         BOWLINE_TRY(const Message one, receive.wait(loop));
         all += one.text();
       }
       return check(all == "1234", "another order");
     }},
    {"a_cancelled_receive_takes_no_bytes",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Beside<Message> receive;
       receive.start(pair.server.receive(100, 100));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("kept")));
       BOWLINE_TRY_VOID(done(loop, loop.sleep(100us)));
       receive.cancel();
       BOWLINE_TRY_VOID(fails(receive.wait(loop), ErrorKind::cancelled));
       return hear(loop, pair.server, "kept");
     }},
    {"a_receive_that_is_dropped_once_done_takes_no_bytes",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("one, two, three")));
       BOWLINE_TRY_VOID(hear(loop, pair.server, "one"));
       Beside<Message> second;
       Beside<Message> third;
       {
         Operation<Message> dropped = pair.server.receive(1, 2);
         dropped.start([](const Result<Message>&) {});
         second.start(pair.server.receive(5, 5));
         third.start(pair.server.receive(2, 2));
       }
       BOWLINE_TRY(const Message words, second.wait(loop));
       BOWLINE_TRY_VOID(check(words.text() == ", two", "other bytes came"));
       BOWLINE_TRY(const Message more, third.wait(loop));
       BOWLINE_TRY_VOID(check(more.text() == ", ", "other bytes came behind them"));
       return hear(loop, pair.server, "three");
     }},
    {"much_goes_through_little_room",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow(), Parameters().high_water_bytes(10'000)));
       const std::string text(150'000, 't');
       Beside<void> send;
       send.start(pair.client.send(text, Last::yes));
       for (std::size_t left = text.size(); left > 0;) {
         BOWLINE_TRY(const Message part, done(loop, pair.server.receive()));
         BOWLINE_TRY_VOID(check(!part.empty() && part.size() <= left, "too few bytes"));
         left -= part.size();
       }
       return send.wait(loop);
     }},
    {"a_blocked_sender_is_taken_over_from",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow()));
       const std::string text(40'000, 't');
       Beside<void> sends[5];
       for (auto& send : sends) send.start(pair.client.send(text));
       BOWLINE_TRY(const Message all, done(loop, pair.server.receive(200'000, 200'000)));
       for (auto& send : sends) BOWLINE_TRY_VOID(send.wait(loop));
       return check(all.size() == 200'000, "too few bytes");
     }},
    {"sends_without_a_high_water_mark_wait_for_the_system",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow(), Parameters().high_water_bytes(0)));
       const std::string text(60'000, 't');
       Beside<void> sends[3];
       for (auto& send : sends) send.start(pair.client.send(text));
       for (int i = 0; i < 3; ++i) BOWLINE_TRY_VOID(hear(loop, pair.server, text));
       return sends[2].wait(loop);
     }},
    {"what_is_started_early_waits_for_the_connection",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       const Responders<StreamConnection> echo(listener, repeated);
       StreamConnection client = connect(loop, endpoint_of(listener), tcp(), at_once());
       Beside<Message> receive;
       receive.start(client.receive(5, 5));
       Beside<void> send;
       send.start(client.send("early"));
       BOWLINE_TRY(const Message back, receive.wait(loop));
       return check(back.text() == "early", "other bytes came");
     }},
    {"a_close_sends_what_was_handed_over",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow()));
       const std::string text(200'000, 't');
       Beside<void> send, close;
       send.start(pair.client.send(text));
       close.start(pair.client.close());
       BOWLINE_TRY_VOID(hear(loop, pair.server, text));
       BOWLINE_TRY_VOID(hear_end(loop, pair.server));
       return close.wait(loop);
     }},
    {"a_close_gives_up_a_peer_that_does_not_read",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow(), Parameters().close_within(1ms)));
       const std::string text(200'000, 't');
       Beside<void> send;
       send.start(pair.client.send(text));
       return fails(done(loop, pair.client.close()), ErrorKind::timed_out);
     }},
    {"a_close_ends_pending_receives_and_later_calls",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Beside<Message> receive;
       receive.start(pair.client.receive());
       BOWLINE_TRY_VOID(done(loop, pair.client.close()));
       BOWLINE_TRY_VOID(fails(receive.wait(loop), ErrorKind::cancelled));
       BOWLINE_TRY_VOID(fails(done(loop, pair.client.receive()), ErrorKind::closed));
       return fails(done(loop, pair.client.send("late")), ErrorKind::closed);
     }},
    {"an_abort_resets_the_peer",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       pair.client.abort();
       BOWLINE_TRY_VOID(fails(done(loop, pair.server.receive()), ErrorKind::reset));
       return check(pair.server.state() == ConnectionState::failed, "it goes on");
     }},
    {"a_peer_goes_away_under_a_blocked_sender",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow(), Parameters().high_water_bytes(0)));
       const std::string text(400'000, 't');
       Beside<void> send;
       send.start(pair.client.send(text));
       BOWLINE_TRY(const Message some, done(loop, pair.server.receive(1000, 1000)));
       pair.server.abort();
       return fails(send.wait(loop), ErrorKind::reset);
     }},
    {"the_last_handle_closes",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       StreamConnection copy = pair.client;
       BOWLINE_TRY_VOID(check(copy == pair.client, "a copy is something else"));
       pair.client = {};
       BOWLINE_TRY_VOID(carry(loop, copy, pair.server, "by the copy"));
       copy = {};
       return hear_end(loop, pair.server);
     }},
    {"a_message_outlives_its_connection",
     [](Loop& loop) -> Result<void> {
       Message kept;
       {
         BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
         BOWLINE_TRY_VOID(done(loop, pair.client.send("kept")));
         BOWLINE_TRY(kept, done(loop, pair.server.receive(4)));
       }
       BOWLINE_TRY_VOID(done(loop, loop.sleep(Duration())));
       return check(kept.buffer().slice(1, 2).text() == "ep", "other bytes are there");
     }},
    {"both_ends_send_much_at_once",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, narrow()));
       const std::string text(100'000, 't');
       Beside<void> sends[2];
       sends[0].start(pair.client.send(text));
       sends[1].start(pair.server.send(text));
       Beside<Message> there;
       there.start(pair.server.receive(text.size(), text.size()));
       BOWLINE_TRY_VOID(hear(loop, pair.client, text));
       BOWLINE_TRY(const Message all, there.wait(loop));
       return check(all.text() == text, "other bytes came");
     }},
    {"nothing_is_sent_and_ends_nothing",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       BOWLINE_TRY_VOID(done(loop, pair.client.send("")));
       return carry(loop, pair.client, pair.server, "something");
     }},
    {"receives_that_make_no_sense_are_refused",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       for (const std::size_t max : {0, 4})
         BOWLINE_TRY_VOID(
             fails(done(loop, pair.client.receive(5, max)), ErrorKind::invalid_argument));
       return carry(loop, pair.server, pair.client, "goes on");
     }},
    {"the_loser_of_somebodys_race_is_noticed",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       pair.client = {};
       BOWLINE_TRY_VOID(hear_end(loop, pair.server));
       return check(pair.server.is_also_ran() && pair.listener.also_ran_count() == 1, "unnoticed");
     }},
    {"a_connection_lives_in_its_own_completion",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, tcp()));
       Operation<Message> receive = pair.client.receive();
       std::move(receive).detach(
           [kept = std::move(pair.client)](const Result<Message>&) mutable { kept = {}; });
       BOWLINE_TRY_VOID(done(loop, pair.server.send("over")));
       return hear_end(loop, pair.server);
     }},
};

}  // namespace

std::span<const Flow> stream_flows() { return stream_rows; }

}  // namespace bowline::flows
