#include "drive/establish/name_questions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bowline::drive {

std::vector<core::RaceAnswer> NameQuestions::ask(const core::Race::Ask& asked) {
  const Endpoint& endpoint = setting_.towards;
  const bool asks_service =
      std::ranges::find(asked.queries, core::RaceQuery::service) != asked.queries.end();
  const std::string elsewhere = service_name(asked.name, endpoint.port());
  // Only the origin itself has its port in the name of its records; what an alias leads to has not.
  if (!asks_service || asked.name != endpoint.host() || elsewhere == asked.name)
    return start({asked.name}, asked.name, asked.queries);
  std::vector<core::RaceQuery> addresses = asked.queries;
  std::erase(addresses, core::RaceQuery::service);
  auto refused = start({asked.name, true}, elsewhere, {core::RaceQuery::service});
  auto refused_too = start({asked.name}, asked.name, addresses);
  std::ranges::move(refused_too, std::back_inserter(refused));
  return refused;
}

std::vector<core::RaceAnswer> NameQuestions::start(RaceQuestion question,
                                                   const std::string& looked_up,
                                                   const std::vector<core::RaceQuery>& queries) {
  if (queries.empty()) return {};
  core::Resolver::Lookup lookup;
  lookup.name = looked_up;
  for (const core::RaceQuery query : queries) lookup.types.push_back(record_type(query));
  lookup.scope = setting_.local.binding().interface_index;
  lookup.allow_stale = setting_.parameters.expired_answers();
  lookup.server = setting_.parameters.resolver();
  running_.reserve(running_.size() + 1);  // a lookup that was started must be known here
  const auto started = setting_.loop.names().start_lookup(std::move(lookup), *this);
  if (started.has_value()) {
    running_.push_back({*started, std::move(question)});
    return {};
  }
  std::vector<core::RaceAnswer> refused;
  for (const core::RaceQuery query : queries) {
    core::RaceAnswer& negative = refused.emplace_back();
    negative.name = question.name;
    negative.query = query;
    negative.error = started.error();
  }
  return refused;
}

void NameQuestions::stop() noexcept {
  for (const Running& running : running_) setting_.loop.names().cancel_lookup(running.lookup);
  running_.clear();
}

Error NameQuestions::silence() const {
  const auto& resolver = setting_.parameters.resolver();
  std::string servers = resolver ? to_string(*resolver) : std::string();
  if (!resolver) {
    const std::uint32_t scope = setting_.local.binding().interface_index;
    for (const SocketAddress& server : setting_.loop.names().servers_of(scope))
      servers += (servers.empty() ? "" : ", ") + to_string(server);
  }
  return Error(ErrorKind::resolution_failed, "resolve", "no answer yet from " + servers)
      .about(setting_.towards.host());
}

/// What the parameters forbid does not take part; where nothing else is left, the answer is a no.
void NameQuestions::drop_refused(core::RaceAnswer& answer) {
  std::optional<Error> why;
  const auto is_refused = [&](const core::RaceAddress& one) {
    auto refusal = setting_.local.refusal(one.address);
    if (!refusal) return false;
    why = std::move(refusal);
    return true;
  };
  std::erase_if(answer.addresses, is_refused);
  for (core::RaceService& service : answer.services) std::erase_if(service.hints, is_refused);
  if (!why || !answer.addresses.empty() || !answer.services.empty() || answer.alias) return;
  answer.positive = false;
  answer.error = std::move(why);
}

void NameQuestions::handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) {
  const auto found = std::ranges::find(running_, lookup, &Running::lookup);
  if (found == running_.end()) return;
  setting_.record.add_resolution(to_resolution(answer, setting_.record.started));
  const AnswerReading reading{
      [this](const IpAddress& address) { return setting_.local.reach(address); },
      setting_.understands_ech};
  core::RaceAnswer heard = to_race_answer(answer, found->question, reading);
  drop_refused(heard);
  owner_.handle_race_answer(std::move(heard));
}

}  // namespace bowline::drive
