#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/loop.h>

#include "cli/doctor/checks.h"
#include "cli/doctor/sockets_table.h"
#include "cli/output/json.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"
#include "cli/subcommands.h"
#include "cli/words/arguments.h"
#include "cli/words/help.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

std::string_view word_for(Health health) {
  switch (health) {
    case Health::good: return "ok";
    case Health::noted: return "note";
    case Health::doubtful: return "doubtful";
    case Health::bad: return "bad";
  }
  return "bad";
}

Tone tone_for(Health health) {
  switch (health) {
    case Health::good: return Tone::good;
    case Health::noted: return Tone::faint;
    case Health::doubtful: return Tone::question;
    case Health::bad: return Tone::bad;
  }
  return Tone::bad;
}

void show(const Findings& findings) {
  const Style style = style_of_output();
  for (const Finding& one : findings) {
    print(style.paint(tone_for(one.health), fit(word_for(one.health), 10)) +
          style.paint(Tone::strong, one.subject) + ": " + one.evidence + "\n");
    if (!one.advice.empty()) print("          " + one.advice + "\n");
  }
}

void write(const Findings& findings) {
  Json json;
  json.object([&] {
    json.list("findings", findings, [&](const Finding& one) {
      json.object([&] {
        json.field("state", word_for(one.health));
        json.field("subject", one.subject);
        json.field("evidence", one.evidence);
        json.field("advice",
                   one.advice.empty() ? std::optional<std::string>() : std::optional(one.advice));
      });
    });
  });
  print(json.text() + "\n");
}

int finish(const Findings& findings, bool as_json) {
  as_json ? write(findings) : show(findings);
  const bool any_bad =
      std::ranges::any_of(findings, [](const Finding& one) { return one.health == Health::bad; });
  return any_bad ? exit_negative : exit_ok;
}

/// Who can reach a socket that is bound to this address.
std::string reach_of(const HostSocket& socket, const Path& path) {
  if (!socket.listens) return "it is connected to " + to_string(socket.remote);
  const IpAddress& address = socket.local.ip;
  if (address.is_loopback()) return "only programs on this host can reach it";
  if (address.is_unspecified()) return "everybody who can reach this host can reach it";
  for (const Interface& interface : path.interfaces())
    for (const InterfaceAddress& one : interface.addresses())
      if (one.address().with_scope(0) == address.with_scope(0))
        return "who reaches this host over " + safe(interface.name(), 32) + " can reach it";
  return "nobody can reach it: this host does not have that address";
}

Finding about(const HostSocket& socket, const Path& path) {
  Finding finding;
  finding.subject = socket.protocol + " " + to_string(socket.local);
  const auto owners = owners_of(socket.inode);
  for (const SocketOwner& owner : owners) {
    finding.evidence += (finding.evidence.empty() ? "" : ", ") + safe(owner.name, 32) +
                        " (process " + std::to_string(owner.process);
    if (!owner.program.empty()) finding.evidence += ", " + safe(owner.program, 128);
    finding.evidence += ")";
  }
  if (owners.empty())
    finding.evidence = socket.inode == 0 ? "the kernel alone: it is being closed"
                                         : "a process that you may not see";
  finding.evidence +=
      " of user " + safe(user_name(socket.user_id), 32) + "; " + reach_of(socket, path);
  if (owners.empty() && socket.inode != 0) finding.advice = "sudo bowline doctor port shows it";
  const bool unreachable = finding.evidence.find("nobody can reach") != std::string::npos;
  finding.health = unreachable ? Health::bad : Health::noted;
  return finding;
}

int run_port(const Invocation& invocation, const Path& path) {
  const auto words = invocation.arguments();
  const auto port = read_port(words[1], 1);
  if (!port.has_value())
    return report_usage(port.error(), invocation.command(), invocation.wants_json());
  Findings findings;
  for (const HostSocket& socket : read_sockets())
    if (socket.local.port == *port) findings.push_back(about(socket, path));
  std::ranges::stable_partition(findings, [](const Finding& one) {
    return one.evidence.find("it is connected to") == std::string::npos;
  });
  if (findings.empty())
    findings.push_back({Health::bad, "port " + std::to_string(*port),
                        "no program of this host has it",
                        "start the server; or it listens on another port, or in a container"});
  return finish(findings, invocation.wants_json());
}

/// HOST, HOST:PORT, or [ADDRESS]:PORT; port 0 where none is given.
Result<Endpoint> read_patient(std::string_view word) {
  const std::size_t colon = word.rfind(':');
  const bool has_port = colon != std::string_view::npos && colon > 0 &&
                        (word[colon - 1] == ']' || word.find(':') == colon);
  std::uint16_t port = 0;
  if (has_port) {
    BOWLINE_TRY(port, read_port(word.substr(colon + 1), 1));
    word = word.substr(0, colon);
  }
  return Endpoint::parse_host(word, port);
}

}  // namespace

int run_doctor(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  const auto usage = [&](const Error& error) {
    return report_usage(error, invocation.command(), as_json);
  };
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto path = loop->path();
  if (!path.has_value()) return report_failure(path.error(), as_json);
  const auto words = invocation.arguments();
  if (words.size() == 2 && words[0] == "port") return run_port(invocation, *path);
  if (words.size() == 2) return usage(usage_error("one HOST[:PORT], or `port` and a number"));
  Parameters parameters;
  if (const auto read = read_way_options(invocation, *loop, parameters); !read.has_value())
    return usage(read.error());
  Findings findings;
  Result<Endpoint> patient = Endpoint();
  if (!words.empty()) patient = read_patient(words[0]);
  if (!patient.has_value()) return usage(patient.error());
  Result<Endpoint> portal = Endpoint();
  if (const auto text = invocation.value("portal")) portal = Endpoint::parse_url(*text);
  if (!portal.has_value()) return usage(portal.error());
  if (invocation.has("portal") && !portal->url().starts_with("http://"))
    return usage(usage_error("--portal wants a URL that begins with http://"));
  check_links(*loop, *path, findings);
  check_dns(*loop, *path, findings);
  check_host(*loop, *path, findings);
  check_listeners(*path, findings);
  if (!words.empty()) check_way(*loop, *patient, parameters, findings);
  if (invocation.has("portal")) check_portal(*loop, *portal, parameters, findings);
  return finish(findings, as_json);
}

}  // namespace bowline::cli
