#include "cli/resolve/trace_walk.h"

#include <algorithm>
#include <cctype>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/report_json.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr std::size_t referrals_max = 24;
constexpr std::size_t servers_max = 8;
constexpr std::uint16_t dns_port = 53;

/// Without the trailing dot, in lower case; empty for the root.
std::string zone_name(std::string_view text) {
  std::string name(text);
  if (name.ends_with('.')) name.pop_back();
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

bool is_within(const std::string& name, const std::string& zone) {
  if (zone.empty() || name == zone) return true;
  return name.size() > zone.size() && name.ends_with(zone) &&
         name[name.size() - zone.size() - 1] == '.';
}

std::string shown_zone(const std::string& zone) { return zone.empty() ? "." : safe(zone); }

}  // namespace

TraceWalk::TraceWalk(Loop& loop, std::string name, std::string type, LookupOptions resolver)
    : loop_(loop), name_(zone_name(name)), type_(std::move(type)), resolver_(std::move(resolver)) {}

void TraceWalk::run(bool silently) {
  silently_ = silently;
  const InterruptWatch watch(loop_, [this] {
    interrupted_ = true;
    loop_.stop();
  });
  if (!start_at_the_root()) return;
  while (!interrupted_ && !steps_.back().names.empty()) {
    const Step step = steps_.back();
    if (steps_.size() > referrals_max) {
      error_ = Error(ErrorKind::limit_exceeded, "trace", "too many referrals").about(name_);
      return;
    }
    if (!ask_zone(step.next_zone, step.names)) return;
  }
}

/// The first step is the resolver's, who knows the root.
bool TraceWalk::start_at_the_root() {
  auto answers = ask(".", {"NS"}, LookupOptions(resolver_).whole_reply(true));
  if (answers.empty()) return false;
  Step step;
  step.zone = "";
  step.resolution = answers.front();
  if (step.resolution.server()) step.server = {"the resolver", *step.resolution.server()};
  step.names = step.resolution.answers();
  glue_ = step.resolution.additional();
  if (step.names.empty())
    error_ = step.resolution.error().value_or(
        Error(ErrorKind::resolution_failed, "trace", "the resolver knows no root servers"));
  steps_.push_back(std::move(step));
  if (!silently_) show(steps_.back());
  return !error_;
}

/// Asks the servers of a zone one after the other, until one says something.
bool TraceWalk::ask_zone(const std::string& zone, const std::vector<std::string>& names) {
  const std::vector<Server> servers = servers_of(names);
  for (const Server& server : servers) {
    const LookupOptions options =
        LookupOptions().server(server.address).recursion(false).whole_reply(true).use_search(false);
    auto answers = ask(name_.empty() ? "." : name_ + ".", {type_}, options);
    if (interrupted_) return false;
    if (!answers.empty() && take_step(zone, server, std::move(answers.front()))) return true;
  }
  if (error_) return false;
  error_ = Error(ErrorKind::resolution_failed, "trace",
                 servers.empty() ? "no address is known of its servers" : "no server has an answer")
               .about(shown_zone(zone));
  return false;
}

/// False if this server did not get us on.
bool TraceWalk::take_step(const std::string& zone, const Server& server, Resolution answer) {
  Step step{zone, server, std::move(answer), {}, {}};
  const Resolution& resolution = step.resolution;
  if (resolution.is_referral()) {
    for (const ResolvedRecord& record : resolution.authorities()) {
      if (record.type() != "NS") continue;
      const std::string owner = zone_name(record.name());
      const bool leads_down = is_within(owner, zone) && owner != zone && is_within(name_, owner);
      if (!leads_down || (!step.next_zone.empty() && owner != step.next_zone)) continue;
      step.next_zone = owner;
      step.names.push_back(record.data());
    }
    glue_ = resolution.additional();
  }
  const ResolutionStatus status = resolution.status();
  const bool is_answer = status == ResolutionStatus::ok || status == ResolutionStatus::nxdomain ||
                         status == ResolutionStatus::malformed ||
                         (status == ResolutionStatus::nodata && !resolution.is_referral());
  const bool gets_on = is_answer || !step.names.empty();
  steps_.push_back(std::move(step));
  if (!silently_) show(steps_.back());
  return gets_on;
}

std::vector<TraceWalk::Server> TraceWalk::servers_of(const std::vector<std::string>& names) {
  std::vector<Server> servers;
  const auto add = [&](const std::string& name, const IpAddress& address) {
    if (servers.size() < servers_max) servers.push_back({name, SocketAddress(address, dns_port)});
  };
  for (const std::string& name : names)
    for (const ResolvedRecord& record : glue_)
      if (record.address() && zone_name(record.name()) == zone_name(name))
        add(name, *record.address());
  // Addresses that did not come along are looked up, for one server after the other until there are some.
  for (const std::string& name : names) {
    if (!servers.empty() || interrupted_) break;
    for (const Resolution& answer : ask(name + ".", {"A", "AAAA"}, resolver_))
      for (const IpAddress& address : answer.addresses()) add(name, address);
  }
  // IPv4 first: a host without IPv6 would else be refused by half of them.
  std::ranges::stable_partition(servers,
                                [](const Server& server) { return server.address.ip.is_v4(); });
  return servers;
}

std::vector<Resolution> TraceWalk::ask(const std::string& name,
                                       const std::vector<std::string>& types,
                                       LookupOptions options) {
  std::vector<Resolution> answers;
  auto lookup = resolve(loop_, name, types, std::move(options));
  if (!lookup.has_value()) {
    error_ = lookup.error();
    return answers;
  }
  Operation<std::optional<Resolution>> next;
  std::function<void()> take_next = [&] {
    next = lookup->next();
    next.start([&](Result<std::optional<Resolution>> answer) {
      if (!answer.has_value() || !answer->has_value()) return loop_.stop();
      answers.push_back(**std::move(answer));
      take_next();
    });
  };
  take_next();
  loop_.run();
  return answers;
}

Exit TraceWalk::exit_status() const {
  if (interrupted_) return exit_interrupted;
  if (error_ || steps_.empty()) return exit_name;
  return steps_.back().resolution.status() == ResolutionStatus::ok ? exit_ok : exit_negative;
}

void TraceWalk::show(const Step& step) const {
  const Resolution& answer = step.resolution;
  std::string by = safe(step.server.name) + " (" + to_string(step.server.address) + ") in " +
                   format_ms(answer.duration()) + " ms";
  if (!answer.flags().empty()) by += "  flags " + answer.flags();
  if (!step.names.empty()) {
    std::string names;
    for (const std::string& name : step.names) names += "  " + safe(name);
    return print(shown_zone(step.next_zone) + "  NS" + names + "\n    from " + by + "\n");
  }
  if (answer.status() != ResolutionStatus::ok) {
    const bool is_alias =
        !answer.canonical_name().empty() && answer.canonical_name() != answer.name();
    const std::string what =
        is_alias ? "CNAME  " + safe(answer.canonical_name()) : std::string(answer_word(answer));
    return print(safe(answer.name()) + "  " + what + "\n    from " + by + "\n");
  }
  for (const ResolvedRecord& record : answer.records())
    print(safe(record.name()) + "  " + safe(record.type()) + "  " + safe(record.data(), 4096) +
          "  ttl " + std::to_string(record.ttl_seconds()) + "\n");
  print("    from " + by + "\n");
}

void TraceWalk::write(Json& json) const {
  json.object([&] {
    const Exit status = exit_status();
    json.field("result", status == exit_ok         ? "ok"
                         : status == exit_negative ? "negative"
                                                   : "failed");
    json.name("error");
    if (error_) {
      write_error(json, *error_);
    } else {
      json.value(nullptr);
    }
    json.field("name", name_);
    json.list("steps", steps_, [&](const Step& step) {
      json.object([&] {
        json.field("zone", step.zone.empty() ? std::string(".") : step.zone);
        json.field("server", step.server.name);
        json.field("next_zone", step.names.empty() ? std::optional<std::string>()
                                                   : std::optional(shown_zone(step.next_zone)));
        json.list("next_servers", step.names, [&](const std::string& name) { json.value(name); });
        json.name("resolution");
        write_resolution(json, step.resolution);
      });
    });
  });
}

}  // namespace bowline::cli
