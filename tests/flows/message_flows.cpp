#include <algorithm>
#include <string>

#include "flows/ends.h"
#include "flows/flow.h"

// What messages in a stream are used for, with framers of ours and of others.

namespace bowline::flows {

namespace {

/// Lines of text. It can be told to greet first, and to fail in several ways.
class Lines : public Framer {
 public:
  enum class Manner : std::uint8_t { plain, greets, never_ready, fails_to_start, speaks_by_itself };
  explicit Lines(Manner manner) : manner_(manner) {}

  [[nodiscard]] std::string_view name() const override { return "lines"; }
  Result<bool> start(FramerContext& context) override {
    if (manner_ == Manner::fails_to_start) return unexpected("cannot start");
    if (manner_ == Manner::speaks_by_itself) context.wake_at(context.now());
    if (manner_ == Manner::greets) context.write(std::as_bytes(std::span("hello\n", 6)));
    return manner_ != Manner::greets && manner_ != Manner::never_ready;
  }
  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      const std::span<const std::byte> input = context.input();
      const auto end = std::ranges::find(input, std::byte('\n'));
      if (end == input.end()) return {};
      const auto size = static_cast<std::size_t>(end - input.begin());
      if (size > 0 && input.front() == std::byte('!')) return unexpected("a line that is none");
      if (manner_ == Manner::greets && !greeted_) {
        greeted_ = true;
        context.mark_ready();
      } else {
        context.deliver_input(size);
        context.consume(1);
        continue;
      }
      context.consume(size + 1);
    }
  }
  Result<void> handle_end(FramerContext& context) override {
    return check(context.input().empty(), "the last line has no end");
  }
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> message,
                             const MessageContext&) override {
    context.write(message);
    context.write(std::as_bytes(std::span("\n", 1)));
    return {};
  }
  Result<void> handle_timeout(FramerContext& context) override {
    context.deliver(std::as_bytes(std::span("made up", 7)));
    return {};
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 100'000; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1000; }

 private:
  const Manner manner_;
  bool greeted_ = false;
};
using enum Lines::Manner;

template <class Stack>
Framed lines(const Stack& below, Lines::Manner manner = plain) {
  return framed([manner] { return std::make_unique<Lines>(manner); }, below);
}

/// What a framer does when bytes come that are not to its taste.
Result<void> fails_at(Loop& loop, const Framed& stack, std::string_view bytes, ErrorKind kind) {
  BOWLINE_TRY(auto listener, listen_here(loop, stack));
  StreamConnection raw = connect(loop, endpoint_of(listener), tcp(), at_once());
  BOWLINE_TRY_VOID(done(loop, raw.ready()));
  BOWLINE_TRY(MessageConnection server, done(loop, listener.accept()));
  BOWLINE_TRY_VOID(done(loop, raw.send(bytes, Last::yes)));
  BOWLINE_TRY_VOID(fails(done(loop, server.receive()), kind));
  return check(server.state() == ConnectionState::failed, "it goes on");
}

Result<void> carried(Loop& loop, const Framed& stack, std::string_view text) {
  BOWLINE_TRY(auto pair, open_pair(loop, stack));
  BOWLINE_TRY_VOID(carry(loop, pair.client, pair.server, text));
  return carry(loop, pair.server, pair.client, "and back");
}

Framed prefixed(unsigned bytes) { return length_prefixed(tcp(), LengthPrefix().bytes(bytes)); }

constexpr Flow message_rows[] = {
    {"messages_keep_their_boundaries",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(tcp())));
       for (const char* text : {"one", "", "three"}) pair.client.send(text).detach();
       for (const char* text : {"one", "", "three"})
         BOWLINE_TRY_VOID(hear(loop, pair.server, text));
       BOWLINE_TRY_VOID(done(loop, pair.client.close()));
       return hear_end(loop, pair.server);
     }},
    {"a_receive_that_is_dropped_once_done_takes_no_message",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(tcp())));
       for (const char* text : {"one", "two", "three", "four"}) pair.client.send(text).detach();
       BOWLINE_TRY_VOID(hear(loop, pair.server, "one"));
       Beside<Message> second;
       {
         Operation<Message> dropped = pair.server.receive();
         dropped.start([](const Result<Message>&) {});
         second.start(pair.server.receive());
       }
       BOWLINE_TRY(const Message message, second.wait(loop));
       BOWLINE_TRY_VOID(check(message.text() == "two", "another message came"));
       BOWLINE_TRY_VOID(hear(loop, pair.server, "three"));
       return hear(loop, pair.server, "four");
     }},
    {"a_message_of_many_reads_is_gathered",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(narrow())));
       const std::string large(150'000, 'l');
       Beside<void> send;
       send.start(pair.client.send(large));
       return hear(loop, pair.server, large);
     }},
    {"messages_are_answered",
     [](Loop& loop) -> Result<void> {
       const Framed stack = length_prefixed(tcp());
       BOWLINE_TRY(auto listener, listen_here(loop, stack));
       const Responders<MessageConnection> echo(listener, repeated);
       MessageConnection client = connect(loop, endpoint_of(listener), stack, at_once());
       return carry(loop, client, client, "there and back");
     }},
    {"a_length_of_one_byte_is_enough",
     [](Loop& loop) { return carried(loop, prefixed(1), "few"); }},
    {"a_length_of_eight_bytes_is_not_too_much",
     [](Loop& loop) { return carried(loop, prefixed(8), "few"); }},
    {"a_length_of_three_bytes_is_refused",
     [](Loop& loop) {
       return fails(carried(loop, prefixed(3), "few"), ErrorKind::invalid_argument);
     }},
    {"a_message_above_the_limit_is_refused",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, prefixed(1)));
       BOWLINE_TRY_VOID(fails(done(loop, pair.client.send(std::string(256, 'l'))),
                              ErrorKind::message_too_large));
       return carry(loop, pair.client, pair.server, std::string(255, 's'));
     }},
    {"a_peer_that_announces_too_much_is_cut_off",
     [](Loop& loop) {
       return fails_at(loop, length_prefixed(tcp()), "\xff\xff\xff\xff", ErrorKind::limit_exceeded);
     }},
    {"an_end_inside_of_a_message_is_told",
     [](Loop& loop) {
       return fails_at(loop, length_prefixed(tcp()), "\x7f\x7f", ErrorKind::protocol_violation);
     }},
    {"a_framer_of_ones_own_cuts_lines",
     [](Loop& loop) { return carried(loop, lines(tcp()), "a line"); }},
    {"framers_stand_on_framers",
     [](Loop& loop) -> Result<void> {
       const Framed stack = lines(length_prefixed(tcp()));
       BOWLINE_TRY(auto pair, open_pair(loop, stack));
       BOWLINE_TRY_VOID(
           check(pair.client.report().stack().size() == 3, "the stack is told otherwise"));
       return carry(loop, pair.client, pair.server, "a line in a message");
     }},
    {"framers_shake_hands",
     [](Loop& loop) { return carried(loop, lines(tcp(), greets), "after the greeting"); }},
    {"framers_shake_hands_by_framers",
     [](Loop& loop) { return carried(loop, lines(length_prefixed(tcp()), greets), "after it"); }},
    {"a_handshake_that_never_ends_is_given_up",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       MessageConnection client = connect(loop, endpoint_of(listener), lines(tcp(), never_ready),
                                          Parameters().wait(Waiting::never).connect_within(2ms));
       return fails(done(loop, client.ready()), ErrorKind::timed_out);
     }},
    {"a_framer_that_cannot_start_ends_the_attempt",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto listener, listen_here(loop, tcp()));
       MessageConnection client =
           connect(loop, endpoint_of(listener), lines(tcp(), fails_to_start), at_once());
       return fails(done(loop, client.ready()), ErrorKind::closed);
     }},
    {"a_framer_speaks_by_the_clock",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, lines(tcp(), speaks_by_itself)));
       BOWLINE_TRY_VOID(hear(loop, pair.client, "made up"));
       return hear(loop, pair.server, "made up");
     }},
    {"a_framer_ends_a_connection_over_what_it_reads",
     [](Loop& loop) { return fails_at(loop, lines(tcp()), "!\n", ErrorKind::closed); }},
    {"a_framer_is_not_fed_without_end",
     [](Loop& loop) {
       return fails_at(loop, lines(tcp()), std::string(5000, 'x'), ErrorKind::limit_exceeded);
     }},
    {"a_framer_is_told_of_the_end",
     [](Loop& loop) { return fails_at(loop, lines(tcp()), "no end", ErrorKind::closed); }},
    {"messages_started_early_wait_for_the_handshake",
     [](Loop& loop) -> Result<void> {
       const Framed stack = lines(tcp(), greets);
       BOWLINE_TRY(auto listener, listen_here(loop, stack));
       MessageConnection client = connect(loop, endpoint_of(listener), stack, at_once());
       client.send("early").detach();
       Beside<MessageConnection> accept;
       accept.start(listener.accept());
       BOWLINE_TRY_VOID(until(
           loop, [&] { return accept.is_done() || client.state() == ConnectionState::failed; }));
       BOWLINE_TRY_VOID(check(accept.is_done(), "it came to nothing"));
       BOWLINE_TRY(MessageConnection server, accept.wait(loop));
       server.send("as early").detach();
       BOWLINE_TRY_VOID(hear(loop, server, "early"));
       return hear(loop, client, "as early");
     }},
    {"a_cancelled_receive_takes_no_message",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(tcp())));
       {
         Operation<Message> dropped = pair.server.receive();
         dropped.start([](const Result<Message>&) {});
         loop.run_ready();
       }
       return carry(loop, pair.client, pair.server, "kept");
     }},
    {"a_closing_connection_sends_its_messages",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(narrow())));
       const std::string large(100'000, 'l');
       Beside<void> first, second, close;
       first.start(pair.client.send(large));
       second.start(pair.client.send(large));
       close.start(pair.client.close());
       BOWLINE_TRY_VOID(hear(loop, pair.server, large));
       BOWLINE_TRY_VOID(hear(loop, pair.server, large));
       return hear_end(loop, pair.server);
     }},
    {"a_reset_comes_behind_the_messages_before_it",
     [](Loop& loop) -> Result<void> {
       BOWLINE_TRY(auto pair, open_pair(loop, length_prefixed(tcp())));
       BOWLINE_TRY_VOID(carry(loop, pair.client, pair.server, "before"));
       pair.client.abort();
       return fails(done(loop, pair.server.receive()), ErrorKind::reset);
     }},
};

}  // namespace

std::span<const Flow> message_flows() { return message_rows; }

}  // namespace bowline::flows
