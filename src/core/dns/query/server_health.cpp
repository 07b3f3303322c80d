#include "core/dns/query/server_health.h"

#include <algorithm>

namespace bowline::core {

namespace {
constexpr unsigned probe_one_in = 10;
constexpr unsigned doublings_max = 8;
}  // namespace

std::vector<ServerHealth::Choice> ServerHealth::order(std::span<const SocketAddress> servers,
                                                      Instant now, std::uint32_t interface_index) {
  std::vector<Choice> alive;
  std::vector<Choice> probed;
  std::vector<Choice> parked;
  for (const SocketAddress& server : servers) {
    const Record* record = find({server, interface_index});
    if (record == nullptr || !record->parked_until.has_value())
      alive.push_back({server, false});
    else if (*record->parked_until <= now && random_.below(probe_one_in) == 0)
      probed.push_back({server, true});
    else
      parked.push_back({server, false});
  }
  // With nobody alive to fall back on, a probe is an ordinary question.
  for (Choice& choice : probed) choice.probe = !alive.empty();
  probed.insert(probed.end(), alive.begin(), alive.end());
  probed.insert(probed.end(), parked.begin(), parked.end());
  return probed;
}

Duration ServerHealth::timeout(const Server& server, unsigned pass) const {
  const Record* record = find(server);
  Duration timeout = options_.timeout_initial;
  if (record != nullptr && record->average.has_value())
    timeout = std::clamp(*record->average * 5, options_.timeout_min, options_.timeout_max);
  timeout *= 1U << std::min(pass, doublings_max);
  return std::clamp(timeout, options_.timeout_min, options_.timeout_max);
}

void ServerHealth::record_reply(const Server& server, std::optional<Duration> round_trip,
                                Instant now) {
  Record& record = touch(server, now);
  record.parked_until.reset();
  if (!round_trip.has_value()) return;
  const Duration measured = std::clamp(*round_trip, Duration::zero(), options_.timeout_max);
  record.average = record.average.has_value() ? *record.average * 7 / 8 + measured / 8 : measured;
}

bool ServerHealth::record_silence(const Server& server, Instant now) {
  Record& record = touch(server, now);
  const bool news = !record.parked_until.has_value();
  record.parked_until = now + options_.parked;
  return news;
}

ServerHealth::Habits ServerHealth::habits(const Server& server, Instant now) const {
  const Record* record = find(server);
  return record != nullptr && now < record->habits_until ? record->habits : Habits{};
}

void ServerHealth::record_edns(const Server& server, bool works, Instant now) {
  const Habits before = habits(server, now);
  const Edns edns = works ? Edns::works : Edns::fails;
  if (before.edns == edns) return;
  Record& record = touch(server, now);
  record.habits = {edns, before.only_tcp};
  record.habits_until = now + options_.habits_kept;
}

void ServerHealth::record_only_tcp(const Server& server, Instant now) {
  const Habits before = habits(server, now);
  if (before.only_tcp) return;
  Record& record = touch(server, now);
  record.habits = {before.edns, true};
  record.habits_until = now + options_.habits_kept;
}

const ServerHealth::Record* ServerHealth::find(const Server& server) const {
  const auto found = records_.find(server);
  return found == records_.end() ? nullptr : &found->second;
}

ServerHealth::Record& ServerHealth::touch(const Server& server, Instant now) {
  if (!records_.contains(server) && records_.size() >= options_.servers_max)
    records_.erase(std::ranges::min_element(
        records_, {}, [](const auto& entry) { return entry.second.updated; }));
  Record& record = records_[server];
  record.updated = now;
  return record;
}

}  // namespace bowline::core
