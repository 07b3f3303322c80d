#include <algorithm>
#include <string>

#include "cli/demo/demo_parts.h"
#include "cli/output/output.h"
#include "cli/output/report_json.h"
#include "cli/output/terminal.h"
#include "cli/output/waterfall.h"
#include "cli/subcommands.h"
#include "cli/web/web_report.h"
#include "cli/words/arguments.h"
#include "cli/words/help.h"

namespace bowline::cli {

namespace {

constexpr std::string_view simulated_story =
    "A network in memory. www.example.com has an IPv6 and an IPv4 address, and every IPv6 packet "
    "to it vanishes. IPv6 "
    "goes first; when it is silent for too long, IPv4 is tried beside it, and wins. The times are "
    "virtual: nobody "
    "waited for them.";
constexpr std::string_view loopback_story =
    "Real sockets on this host. A DNS server of our own says that demo.bowline.test is ::1 and "
    "127.0.0.1; only "
    "127.0.0.1 has a listener, and ::1 refuses.";

constexpr std::string_view secure_story =
    "TLS, simulated again. The IPv6 address of www.example.com leads to a server whose certificate "
    "is for another name. It answers first and is refused; the race goes on to the IPv4 address, "
    "whose server proves who it is.";

constexpr std::string_view web_story =
    "A URL session, simulated. It has fetched /page before; now / redirects there. The redirect "
    "comes over "
    "the connection that is there, and the page from memory: no packet is sent for it.";
constexpr std::string_view messages_story =
    "WebSocket, simulated. The server sends back what it gets, is pinged, and vanishes after two "
    "messages "
    "without a goodbye: that is an error, and the code 1006.";
constexpr std::string_view paths_story =
    "A laptop, simulated. It may use no network that costs, and its Wi-Fi is out of reach. A "
    "monitor tells "
    "why there is no path, the connection waits, and goes on when the Wi-Fi is back, two seconds "
    "later.";

constexpr std::string_view loopback_advice =
    "the demo needs the loopback interface: `bowline path` shows it, `ip link set lo up` starts it";

/// "won after 20.123 ms", or what else became of the attempts over one family.
std::string fate_of(const Report& report, Family family) {
  const auto found = std::ranges::find(report.attempts(), family, [](const Attempt& attempt) {
    return attempt.remote().ip.family();
  });
  if (found == report.attempts().end()) return "not tried";
  const Duration took = found->ended().value_or(report.total()) - found->started();
  return std::string(outcome_word(found->outcome())) + " after " + format_ms(took) + " ms";
}

std::string resolved_after(const Report& report) {
  Duration last{};
  for (const Resolution& one : report.resolutions())
    last = std::max(last, one.started() + one.duration());
  return std::to_string(report.resolutions().size()) + " in " + format_ms(last) + " ms";
}

std::string round_trip_of(const Report& report) {
  for (const Handshake& handshake : report.handshakes())
    if (handshake.rtt()) return format_ms(*handshake.rtt()) + " ms";
  return "-";
}

std::string table_of(const Report& simulated, const Report& loopback, const Style& style) {
  const auto row = [](std::string_view name, std::string_view left, std::string_view right) {
    return "  " + fit(name, 16) + fit(left, 26) + std::string(right);
  };
  const auto line = [&](const auto&... cells) { return row(cells...) + "\n"; };
  return style.paint(Tone::strong, row("", "simulated", "loopback")) + "\n" +
         line("answers", resolved_after(simulated), resolved_after(loopback)) +
         line("ipv6", fate_of(simulated, Family::ipv6), fate_of(loopback, Family::ipv6)) +
         line("ipv4", fate_of(simulated, Family::ipv4), fate_of(loopback, Family::ipv4)) +
         line("round trip", round_trip_of(simulated), round_trip_of(loopback)) +
         line("connected after", format_ms(simulated.total()) + " ms",
              format_ms(loopback.total()) + " ms");
}

std::string chapter(std::string_view title, std::string_view story, const Report& report,
                    const Style& style) {
  return style.paint(Tone::strong, title) + "\n" + wrap(story, 0) + "\n" +
         render_report(report, ConnectResult::ready, style) + "\n";
}

std::string messages_chapter(const MessagesShown& shown, const Style& style) {
  std::string text = style.paint(Tone::strong, "5. Messages") + "\n" + wrap(messages_story, 0) +
                     "\n  subprotocol " + shown.subprotocol + ", pong after " +
                     format_ms(shown.round_trip) + " ms\n";
  for (const std::string& echo : shown.echoes) text += "  " + echo + " -> " + echo + "\n";
  return text + "  " + shown.end + "\n\n";
}

std::string paths_chapter(const PathScene& scene, const Style& style) {
  std::string told;
  for (const std::string& path : scene.paths) told += "  " + path + "\n";
  return style.paint(Tone::strong, "6. A network that comes and goes") + "\n" +
         wrap(paths_story, 0) + "\n" + told + "\n" +
         render_report(scene.report, ConnectResult::ready, style) + "\n";
}

}  // namespace

int run_demo(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  const auto simulated = connect_simulated();
  if (!simulated.has_value()) return report_failure(simulated.error(), as_json);
  const auto loopback = connect_on_loopback();
  if (!loopback.has_value()) return report_failure(loopback.error(), as_json, loopback_advice);
  const auto secure = connect_securely();
  if (!secure.has_value()) return report_failure(secure.error(), as_json);
  const auto web = fetch_in_memory();
  if (!web.has_value()) return report_failure(web.error(), as_json);
  const auto messages = exchange_messages_simulated();
  if (!messages.has_value()) return report_failure(messages.error(), as_json);
  const auto paths = wait_for_a_cheap_path();
  if (!paths.has_value()) return report_failure(paths.error(), as_json);
  if (as_json) {
    Json json;
    json.object([&] {
      json.name("messages");
      json.object([&] {
        json.field("subprotocol", messages->subprotocol);
        json.field("round_trip_ms", messages->round_trip);
        json.list("echoes", messages->echoes, [&](const std::string& echo) { json.value(echo); });
        json.field("close_code", messages->close_code);
      });
      json.name("simulated");
      write_report(json, *simulated, ConnectResult::ready);
      json.name("loopback");
      write_report(json, *loopback, ConnectResult::ready);
      json.name("secure");
      write_report(json, *secure, ConnectResult::ready);
      json.name("web");
      write_response(json, "https://www.example.com/", &*web, std::nullopt, web->metrics());
      json.name("paths");
      write_report(json, paths->report, ConnectResult::ready);
    });
    print(json.text() + "\n");
    return exit_ok;
  }
  const Style style = style_of_output();
  print(chapter("1. A broken IPv6 path, simulated", simulated_story, *simulated, style));
  print(chapter("2. The same on real sockets", loopback_story, *loopback, style));
  print(chapter("3. A server that is somebody else", secure_story, *secure, style));
  print(style.paint(Tone::strong, "4. A page that is fetched again") + "\n" + wrap(web_story, 0) +
        "\n" + describe_metrics(web->metrics()) + "\n");
  print(messages_chapter(*messages, style));
  print(paths_chapter(*paths, style));
  print(table_of(*simulated, *loopback, style));
  return exit_ok;
}

}  // namespace bowline::cli
