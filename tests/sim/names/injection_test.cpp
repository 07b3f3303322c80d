#include <gtest/gtest.h>

#include <algorithm>

#include "story.h"

// Nothing that comes from outside reaches a log line, an error or a report in a form that a terminal obeys.

namespace bowline::test {
namespace {

/// What could move a cursor, forge a line or turn the text around it; and no end of it.
const std::vector<std::string> attacks{
    "\x1b[2J\x1b]0;owned\x07",
    "line\r\nforged 12.345 C1 ready",
    "\u202emoc.elpmaxe",
    "\u2066isolate\u2069",
    "\u009b31m",
    std::string("\x9b") + "31m",
    std::string("nul\0nul", 7),
    "\x7f\x08\x08\x08",
    std::string(1024 * 1024, 'A'),
    std::string(1024 * 1024, '\x1b'),
};

constexpr std::size_t line_bytes_max = 8 * 1024;

void expect_harmless(std::string_view line) {
  EXPECT_LE(line.size(), line_bytes_max);
  const auto obeyed = [](char octet) {
    return static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f;
  };
  EXPECT_TRUE(std::ranges::none_of(line, obeyed))
      << testing::PrintToString(std::string(line.substr(0, 200)));
  for (const char* hidden : {"\xe2\x80\xae", "\xe2\x81\xa6", "\x9b"})
    EXPECT_EQ(line.find(hidden), std::string_view::npos);
}

void expect_harmless(const Error& error) {
  expect_harmless(to_string(error));
  for (const Error& attempt : error.attempts()) expect_harmless(to_string(attempt));
}

void expect_harmless(const Resolution& resolution) {
  expect_harmless(resolution.name());
  expect_harmless(resolution.type());
  expect_harmless(resolution.canonical_name());
  for (const std::string& answer : resolution.answers()) expect_harmless(answer);
  if (resolution.error()) expect_harmless(*resolution.error());
}

void expect_harmless(const Report& report) {
  expect_harmless(report.id());
  expect_harmless(to_string(report.endpoint()));
  expect_harmless(report.interface());
  for (const std::string& name : report.stack()) expect_harmless(name);
  for (const Resolution& resolution : report.resolutions()) expect_harmless(resolution);
  for (const Attempt& attempt : report.attempts()) {
    expect_harmless(attempt.id());
    if (attempt.error()) expect_harmless(*attempt.error());
  }
  if (report.error()) expect_harmless(*report.error());
}

/// A scene whose every trace line is looked at.
struct Watched : Scene {
  Watched() {
    for (Loop* traced : {&*loop, &*web_loop}) {
      tracings.push_back(traced->trace([this, start = sim.now()](const TraceEvent& event) {
        ++lines;
        expect_harmless(to_string(event, start));
        expect_harmless(event.detail);
        if (event.error != nullptr) expect_harmless(*event.error);
      }));
    }
  }
  int lines = 0;
  std::vector<Tracing> tracings;
};

/// Octets as a zone file spells them.
std::string in_zone_file(std::string_view octets) {
  std::string text;
  for (const char octet : octets) {
    const int number = static_cast<unsigned char>(octet);
    text += '\\';
    text += static_cast<char>('0' + number / 100);
    text += static_cast<char>('0' + number / 10 % 10);
    text += static_cast<char>('0' + number % 10);
  }
  return text;
}

TEST(Injection, threat_116_by_names_addresses_and_settings_of_a_call_is_escaped) {
  Watched scene;
  for (const std::string& attack : attacks) {
    std::vector<Endpoint> endpoints{host(attack, 80), url(attack), url("https://" + attack + "/"),
                                    host("fe80::1%" + attack, 80),
                                    host(attack + ".example.com", 80)};
    for (const Endpoint& endpoint : endpoints) {
      expect_harmless(to_string(endpoint));
      StreamConnection connection =
          connect(*scene.loop, endpoint, tcp(), Parameters().wait(Waiting::never));
      const Result<void> result = connection.ready().wait();
      ASSERT_FALSE(result.has_value());
      expect_harmless(result.error());
      expect_harmless(connection.report());
      const auto listener = listen(*scene.loop, endpoint, tcp());
      ASSERT_FALSE(listener.has_value());
      expect_harmless(listener.error());
    }
    StreamConnection connection = connect(*scene.loop, host("www.example.com", 80), tcp(),
                                          Parameters().wait(Waiting::never).interface(attack));
    const Result<void> result = connection.ready().wait();
    ASSERT_FALSE(result.has_value());
    expect_harmless(result.error());
    for (const auto& [name, type] :
         {std::pair(attack, std::string("A")), std::pair(std::string("a"), attack)}) {
      Result<Lookup> lookup = resolve(*scene.loop, name, {type});
      if (!lookup.has_value()) {
        expect_harmless(lookup.error());
        continue;
      }
      while (const auto answer = lookup->next().wait().value()) expect_harmless(*answer);
    }
  }
  EXPECT_GT(scene.lines, 0);
}

TEST(Injection, threat_116_by_answers_of_a_name_server_is_escaped) {
  for (const std::string& attack : attacks) {
    Watched scene;
    const std::string octets = in_zone_file(attack.substr(0, 60));
    scene.dns->add("alias.example.com", "CNAME", octets + ".example.com");
    scene.dns->add(octets + ".example.com", "A", "203.0.113.80");
    scene.dns->add("text.example.com", "TXT", octets);
    scene.dns->add("service.example.com", "SRV", "1 2 3 " + octets + ".example.com");
    Lookup alias = *resolve(*scene.loop, "alias.example.com", {"A", "AAAA", "CNAME"});
    while (const auto answer = alias.next().wait().value()) expect_harmless(*answer);
    Lookup text = *resolve(*scene.loop, "text.example.com", {"TXT"});
    while (const auto answer = text.next().wait().value()) {
      EXPECT_EQ(answer->answers().size(), 1U);
      expect_harmless(*answer);
    }
    Lookup service = *resolve(*scene.loop, "service.example.com", {"SRV"});
    while (const auto answer = service.next().wait().value()) expect_harmless(*answer);
    StreamConnection connection = connect(*scene.loop, host("alias.example.com", 80), tcp());
    ASSERT_TRUE(connection.ready().wait().has_value());
    expect_harmless(connection.report());
    EXPECT_GT(scene.lines, 0);
  }
}

TEST(Injection, threat_116_by_messages_of_a_peer_is_escaped) {
  for (const std::string& attack : attacks) {
    Watched scene;
    auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
    StreamConnection server;
    listener.on_connection([&](StreamConnection connection) { server = std::move(connection); });
    const auto stack = length_prefixed(tcp(), LengthPrefix().message_bytes_max(10));
    MessageConnection client = connect(*scene.loop, host("www.example.com", 81), stack);
    ASSERT_TRUE(client.ready().wait().has_value());
    ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
    Outcome send(server.send(attack));
    const Result<Message> received = client.receive().wait();
    ASSERT_FALSE(received.has_value());
    expect_harmless(received.error());
    expect_harmless(client.report());
  }
}

TEST(Injection, threat_116_by_files_of_the_host_is_escaped) {
  for (const std::string& attack : attacks) {
    Watched scene;
    scene.home.write_file("/etc/resolv.conf",
                          "nameserver 198.51.100.53\nsearch " + attack + " example.com\n");
    scene.home.write_file("/etc/hosts", "203.0.113.80 " + attack + "\n");
    StreamConnection connection =
        connect(*scene.loop, host("www", 80), tcp(), Parameters().wait(Waiting::never));
    (void)connection.ready().wait().has_value();
    expect_harmless(connection.report());
    const Result<Path> path = scene.loop->path();
    ASSERT_TRUE(path.has_value());
    for (const std::string& domain : path->search_domains()) expect_harmless(domain);
  }
}

}  // namespace
}  // namespace bowline::test
