#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include <bowline/connection.h>

#include "cli/doctor/checks.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr Duration patience = std::chrono::seconds(2);

/// Asks for the name servers of the root (RFC 1035 section 4.1): every server knows them.
constexpr std::array<unsigned char, 17> question{0x42, 0x17, 1, 0, 0, 1, 0, 0, 0,
                                                 0,    0,    0, 0, 0, 2, 0, 1};

bool is_reply(std::span<const std::byte> bytes) {
  return bytes.size() >= 12 && bytes[0] == std::byte{0x42} && bytes[1] == std::byte{0x17} &&
         (bytes[2] & std::byte{0x80}) != std::byte{0};
}

Parameters way_to(const SocketAddress& server, const std::string& interface) {
  Parameters parameters;
  parameters.wait(Waiting::never).connect_within(patience);
  if (!server.ip.is_loopback()) parameters.interface(interface);
  return parameters;
}

/// What came of one question: how long it took, or what went wrong.
Result<Duration> ask_by_udp(Loop& loop, const SocketAddress& server, const std::string& interface) {
  const Instant began = loop.precise_now();
  DatagramConnection flow = connect(loop, server, udp(), way_to(server, interface));
  BOWLINE_TRY_VOID(flow.send(std::as_bytes(std::span(question))).wait());
  Operation<Message> receiving = flow.receive();
  Operation<void> pause = loop.sleep(patience);
  std::optional<Result<Message>> answer;
  bool late = false;
  receiving.start([&](Result<Message>&& message) {
    answer.emplace(std::move(message));
    loop.stop();
  });
  pause.start([&](Result<void>&&) {
    late = true;
    loop.stop();
  });
  while (!answer && !late) loop.run();
  if (!answer) return Error(ErrorKind::timed_out, "ask", "no answer");
  if (!answer->has_value()) return answer->error();
  if (!is_reply((*answer)->bytes()))
    return Error(ErrorKind::protocol_violation, "ask", "what came is no answer");
  return loop.precise_now() - began;
}

Result<Duration> ask_by_tcp(Loop& loop, const SocketAddress& server, const std::string& interface) {
  const Instant began = loop.precise_now();
  StreamConnection stream = connect(loop, server, tcp(), way_to(server, interface));
  BOWLINE_TRY_VOID(stream.ready().wait());
  std::vector<std::byte> framed{std::byte{0}, std::byte{question.size()}};
  const auto bytes = std::as_bytes(std::span(question));
  framed.insert(framed.end(), bytes.begin(), bytes.end());
  BOWLINE_TRY_VOID(stream.send(std::span<const std::byte>(framed)).wait());
  Operation<Message> receiving = stream.receive_exactly(14);
  Operation<void> pause = loop.sleep(patience);
  std::optional<Result<Message>> answer;
  bool late = false;
  receiving.start([&](Result<Message>&& message) {
    answer.emplace(std::move(message));
    loop.stop();
  });
  pause.start([&](Result<void>&&) {
    late = true;
    loop.stop();
  });
  while (!answer && !late) loop.run();
  if (!answer) return Error(ErrorKind::timed_out, "ask", "no answer");
  if (!answer->has_value()) return answer->error();
  if (!is_reply((*answer)->bytes().subspan(2)))
    return Error(ErrorKind::protocol_violation, "ask", "what came is no answer");
  return loop.precise_now() - began;
}

std::string outcome(const Result<Duration>& asked) {
  return asked.has_value() ? "answers after " + to_string(*asked) : to_string(asked.error());
}

void check_server(Loop& loop, const SocketAddress& server, const std::string& interface,
                  Findings& findings) {
  const auto by_udp = ask_by_udp(loop, server, interface);
  const auto by_tcp = ask_by_tcp(loop, server, interface);
  Finding finding;
  finding.subject = "dns " + to_string(server);
  if (!interface.empty()) finding.subject += " on " + safe(interface, 32);
  finding.evidence = "UDP " + outcome(by_udp) + "; TCP " + outcome(by_tcp);
  if (by_udp.has_value() && by_tcp.has_value()) {
    finding.health = Health::good;
  } else if (by_udp.has_value()) {
    finding.health = Health::doubtful;
    finding.advice = "answers that are too long for UDP will be missing: let TCP port 53 pass";
  } else if (by_tcp.has_value()) {
    finding.health = Health::doubtful;
    finding.advice =
        "UDP gets lost but TCP works: a filter is on the way; `options use-vc` in "
        "/etc/resolv.conf asks by TCP alone";
  } else {
    finding.health = Health::bad;
    finding.advice = "name another server in /etc/resolv.conf, or in the settings of the network";
  }
  findings.push_back(std::move(finding));
}

}  // namespace

void check_dns(Loop& loop, const Path& path, Findings& findings) {
  bool any = false;
  for (const Interface& interface : path.interfaces()) {
    for (const SocketAddress& server : interface.dns_servers()) {
      any = true;
      check_server(loop, server, interface.name(), findings);
    }
  }
  for (const SocketAddress& server : path.dns_servers()) {
    any = true;
    check_server(loop, server, "", findings);
  }
  if (any) return;
  findings.push_back({Health::bad, "dns", "no server is configured, so 127.0.0.1:53 is asked",
                      "name one in /etc/resolv.conf: nameserver ADDRESS"});
}

}  // namespace bowline::cli
