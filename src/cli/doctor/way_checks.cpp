#include <algorithm>
#include <optional>
#include <string>

#include <bowline/connection.h>
#include <bowline/path_monitor.h>
#include <bowline/prober.h>

#include "cli/doctor/checks.h"
#include "cli/output/exit_status.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/probe/probe_target.h"

namespace bowline::cli {

namespace {

constexpr Duration connect_patience = std::chrono::seconds(10);
constexpr Duration answer_patience = std::chrono::seconds(5);

void check_path_towards(Loop& loop, const Endpoint& endpoint, const Parameters& parameters,
                        Findings& findings) {
  const auto monitor = PathMonitor::towards(loop, endpoint, parameters);
  if (!monitor.has_value()) return;
  const Path path = monitor->current();
  std::string evidence;
  if (path.is_satisfied()) {
    for (const Interface& interface : path.interfaces())
      evidence += (evidence.empty() ? "over " : ", ") + safe(interface.name(), 32);
    findings.push_back({Health::good, "path", evidence, ""});
    return;
  }
  for (const UnsatisfiedReason& reason : path.unsatisfied_reasons())
    evidence += (evidence.empty() ? "" : "; ") + to_string(reason);
  findings.push_back({Health::bad, "path", evidence,
                      "`bowline path --watch` tells when it is "
                      "better"});
}

/// Whether large packets arrive where small ones do: routers that drop them and do not say so are the cause
/// of connections that begin and then hang.
void check_mtu(Loop& loop, Prober& prober, const IpAddress& address, Findings& findings) {
  if (!prober.uses_echo()) return;
  const bool v4 = address.is_v4();
  const std::size_t headers = v4 ? 28 : 48;
  const bool never = false;
  for (const std::size_t packet : {std::size_t{1500}, std::size_t{1280}}) {
    const auto reply = run_until_done(
        loop, prober.probe(address, ProbeOptions().payload_bytes(packet - headers)), never);
    if (!reply) return;
    const std::string size = std::to_string(packet) + " bytes";
    if (reply->has_value() && (*reply)->outcome() == ProbeOutcome::reached) {
      if (packet == 1500) {
        findings.push_back({Health::good, "mtu", "packets of " + size + " arrive", ""});
      } else {
        findings.push_back({Health::doubtful, "mtu",
                            "packets of " + size + " arrive, larger ones do not",
                            "somebody on the way drops large packets in silence: lower the MTU, "
                            "ip link set DEV mtu 1280"});
      }
      return;
    }
    const bool told = reply->has_value() && (*reply)->outcome() == ProbeOutcome::too_large;
    const bool at_once =
        !reply->has_value() && reply->error().kind() == ErrorKind::message_too_large;
    if (told || at_once) {
      findings.push_back({Health::good, "mtu",
                          "packets of " + size + " are too large, and this host is told so", ""});
      return;
    }
  }
}

void check_echo(Loop& loop, const ProbeTarget& target, const Parameters& parameters,
                Findings& findings) {
  auto prober = Prober::open(loop, target.address.family(), parameters);
  if (!prober.has_value()) return;
  const bool never = false;
  const auto reply = run_until_done(loop, prober->probe(target.address), never);
  if (!reply) return;
  const std::string subject = "probe " + to_string(target.address);
  if (reply->has_value() && (*reply)->outcome() == ProbeOutcome::reached) {
    findings.push_back(
        {Health::good, subject, "answers after " + to_string((*reply)->round_trip()), ""});
    return check_mtu(loop, *prober, target.address, findings);
  }
  const bool silent = !reply->has_value() && reply->error().kind() == ErrorKind::timed_out;
  findings.push_back({silent ? Health::noted : Health::bad, subject,
                      reply->has_value() ? to_string(**reply)
                      : silent           ? "does not answer, as many hosts"
                                         : to_string(reply->error()),
                      silent ? "`bowline trace` shows how far packets come"
                             : "`bowline trace` shows who says so"});
}

void check_connect(Loop& loop, const Endpoint& endpoint, Parameters parameters,
                   Findings& findings) {
  parameters.wait(Waiting::never).connect_within(connect_patience);
  StreamConnection connection = connect(loop, endpoint, tcp(), std::move(parameters));
  const Result<void> ready = connection.ready().wait();
  const std::string subject = "port " + std::to_string(endpoint.port());
  if (ready.has_value()) {
    const Report report = connection.report();
    findings.push_back({Health::good, subject,
                        "connected to " + to_string(*report.remote()) + " over " +
                            safe(report.interface(), 32) + " after " + to_string(report.total()),
                        ""});
    return;
  }
  findings.push_back(
      {Health::bad, subject, describe(ready.error()), std::string(advice_for(ready.error()))});
}

}  // namespace

void check_way(Loop& loop, const Endpoint& endpoint, const Parameters& parameters,
               Findings& findings) {
  check_path_towards(loop, endpoint, parameters, findings);
  const auto target = find_target(loop, endpoint.host(), parameters);
  if (!target.has_value()) {
    findings.push_back({Health::bad, "name " + safe(endpoint.host(), 64), describe(target.error()),
                        std::string(advice_for(target.error()))});
    return;
  }
  if (!endpoint.is_address())
    findings.push_back(
        {Health::good, "name " + safe(target->name, 64), to_string(target->address), ""});
  check_echo(loop, *target, parameters, findings);
  if (endpoint.port() != 0) check_connect(loop, endpoint, parameters, findings);
}

void check_portal(Loop& loop, const Endpoint& url, const Parameters& parameters,
                  Findings& findings) {
  Parameters choice = parameters;
  choice.wait(Waiting::never).connect_within(connect_patience);
  StreamConnection connection = connect(loop, url, tcp(), std::move(choice));
  const std::string& whole = url.url();
  const std::size_t path = whole.find('/', whole.find("://") + 3);
  const std::string request = "GET " + (path == std::string::npos ? "/" : whole.substr(path)) +
                              " HTTP/1.1\r\nHost: " + url.host() + "\r\nConnection: close\r\n\r\n";
  const Result<void> sent = connection.send(request).wait();
  if (!sent.has_value()) {
    findings.push_back({Health::doubtful, "portal", describe(sent.error()), ""});
    return;
  }
  std::optional<Result<Message>> answer;
  bool late = false;
  Operation<Message> receiving = connection.receive_until("\n", 4096);
  Operation<void> pause = loop.sleep(answer_patience);
  receiving.start([&](Result<Message>&& line) {
    answer.emplace(std::move(line));
    loop.stop();
  });
  pause.start([&](Result<void>&&) {
    late = true;
    loop.stop();
  });
  while (!answer && !late) loop.run();
  const std::string line =
      answer && answer->has_value() ? safe((*answer)->text().substr(0, 60)) : "no answer";
  if (line.find(" 204") != std::string::npos) {
    findings.push_back({Health::good, "portal", "the server itself answers", ""});
  } else {
    findings.push_back({Health::bad, "portal", "in its place came: " + line,
                        "a login page is in the way: open the address in a browser"});
  }
}

}  // namespace bowline::cli
