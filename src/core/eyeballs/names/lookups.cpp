#include "core/eyeballs/names/lookups.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

std::size_t index_of(Family family) { return static_cast<std::size_t>(family); }

bool is_failure(const std::optional<Error>& error) {
  return error.has_value() && error->kind() != ErrorKind::name_not_found;
}

}  // namespace

void Lookups::start(const AddressRanker& ranker, Instant now) {
  if (target_.addresses.empty()) {
    ask(target_.name, target_.query_service);
    return;
  }
  LookupName& literal = names_.emplace_back();
  literal.name = target_.name;
  // They come from no record, so one list is enough: each races on the side of its own family.
  RankedAddresses& addresses = literal.addresses.front();
  if (target_.addresses.size() == 1) {
    addresses.push_back(ranker.take_alone(target_.addresses.front()));
  } else {
    addresses = rank(target_.addresses, ranker, now);
  }
}

std::optional<Race::Ask> Lookups::poll_ask() {
  if (next_ask_ == asks_.size()) {
    asks_.clear();
    next_ask_ = 0;
    return std::nullopt;
  }
  return std::move(asks_[next_ask_++]);
}

bool Lookups::take(RaceAnswer answer, const AddressRanker& ranker, Instant now) {
  const auto owner = find(answer.name);
  if (!owner) return false;
  LookupName& name = names_[*owner];
  LookupQuery& query = name.queries[std::size_t(answer.query)];
  // A stale "no" is worth nothing while the fresh answer is under way, nor is anything stale after
  // a fresh one.
  if (!query.is_asked || (answer.stale && (!answer.positive || query.is_fresh))) return false;
  // RFC 8767 4: a refresh that failed leaves what is stale in use.
  if (query.is_answered && !query.is_fresh && is_failure(answer.error)) {
    query.is_pending = false;
    return true;
  }
  query.is_answered = true;
  query.is_pending = answer.stale;
  query.is_fresh = !answer.stale;
  query.error = answer.positive ? std::nullopt : std::move(answer.error);

  switch (answer.query) {
    case RaceQuery::ipv6: take_addresses(name, Family::ipv6, answer, ranker, now); break;
    case RaceQuery::ipv4: take_addresses(name, Family::ipv4, answer, ranker, now); break;
    case RaceQuery::service:
      name.services.clear();
      name.answered_alias = answer.alias;
      cut_chain(*owner);
      // RFC 9460 2.4.1: an alias hides every service record beside it.
      if (answer.alias) {
        take_alias(*owner, *answer.alias);
      } else if (answer.positive) {
        take_services(*owner, std::move(answer.services), ranker, now);
      }
      break;
  }
  return true;
}

void Lookups::take_addresses(LookupName& name, Family family, const RaceAnswer& answer,
                             const AddressRanker& ranker, Instant now) {
  RankedAddresses& known = name.addresses[index_of(family)];
  known.clear();
  if (answer.positive) known = rank(answer.addresses, ranker, now);
}

RankedAddresses Lookups::rank(const std::vector<RaceAddress>& addresses,
                              const AddressRanker& ranker, Instant now) {
  dropped_ += addresses.size() - std::min(addresses.size(), options_.candidates_max);
  return ranker.rank(addresses, now);
}

void Lookups::take_alias(NameIndex owner, const std::string& alias) {
  // RFC 9460 2.5.1: an alias to the root says that the service does not exist; the name's own
  // addresses remain.
  if (owner != chain_end_ || alias.empty() || alias == ".") return;
  if (chain_length_ == options_.alias_chain_max) {
    return refuse_alias(
        owner, Error(ErrorKind::limit_exceeded, "resolve", "the chain of aliases is too long"));
  }
  if (const auto known = find(alias); known && is_on_chain(*known)) {
    return refuse_alias(owner,
                        Error(ErrorKind::protocol_violation, "resolve", "the aliases form a loop"));
  }
  const auto next = ask(alias, true);
  if (!next) {
    return refuse_alias(owner,
                        Error(ErrorKind::limit_exceeded, "resolve", "too many names to ask for"));
  }
  names_[owner].alias = next;
  chain_end_ = *next;
  ++chain_length_;
  // What that name said before it stood on the chain.
  if (const auto further = names_[*next].answered_alias) take_alias(*next, *further);
}

void Lookups::cut_chain(NameIndex owner) {
  if (!is_on_chain(owner)) return;
  chain_error_.reset();
  chain_end_ = owner;
  for (auto link = std::exchange(names_[owner].alias, std::nullopt); link; --chain_length_)
    link = std::exchange(names_[*link].alias, std::nullopt);
}

bool Lookups::is_on_chain(NameIndex name) const {
  for (NameIndex link = 0;; link = *names_[link].alias) {
    if (link == name) return true;
    if (!names_[link].alias) return false;
  }
}

void Lookups::refuse_alias(NameIndex owner, Error error) {
  chain_error_ = std::move(error).about(names_[owner].name);
}

void Lookups::take_services(NameIndex owner, std::vector<RaceService> services,
                            const AddressRanker& ranker, Instant now) {
  // RFC 9460 8: a record with an unknown mandatory key is as good as absent.
  std::erase_if(services, [](const RaceService& service) { return !service.usable; });
  std::ranges::stable_sort(services, {}, &RaceService::priority);
  if (services.size() > options_.services_max) {
    dropped_ += services.size() - options_.services_max;
    services.resize(options_.services_max);
  }
  for (RaceService& service : services) {
    const bool own = service.target.empty() || service.target == ".";
    const auto target = own ? owner : ask(service.target, false);
    if (!target) continue;
    LookupService known{.record = std::make_shared<const RaceService>(std::move(service)),
                        .target = *target,
                        .hints = {}};
    for (RankedAddress& hint : rank(known.record->hints, ranker, now))
      known.hints[index_of(hint.family)].push_back(std::move(hint));
    names_[owner].services.push_back(std::move(known));
  }
}

void Lookups::forget_source(const IpAddress& source) {
  const auto forget = [&](RankedAddresses& addresses) {
    for (RankedAddress& address : addresses) {
      if (address.source != source) continue;
      address.source.reset();
      address.rank.is_unusable = true;
    }
    std::ranges::stable_sort(addresses, {}, &RankedAddress::rank);
  };
  for (LookupName& name : names_) {
    std::ranges::for_each(name.addresses, forget);
    for (LookupService& service : name.services) std::ranges::for_each(service.hints, forget);
  }
}

bool Lookups::is_service_settled() const {
  const LookupQuery& query = names_[chain_end_].query(RaceQuery::service);
  return !query.is_asked || query.is_answered;
}

bool Lookups::is_pending() const {
  return std::ranges::any_of(names_, [](const LookupName& name) {
    return std::ranges::any_of(name.queries, &LookupQuery::is_pending);
  });
}

bool Lookups::has_addresses() const {
  const auto some = [](const RankedAddresses& addresses) { return !addresses.empty(); };
  return std::ranges::any_of(names_, [&](const LookupName& name) {
    return std::ranges::any_of(name.addresses, some) ||
           std::ranges::any_of(name.services, [&](const LookupService& service) {
             return std::ranges::any_of(service.hints, some);
           });
  });
}

Error Lookups::error() const {
  for (const RaceQuery which : {RaceQuery::ipv6, RaceQuery::ipv4})
    if (auto failure = first_failure(which)) return *std::move(failure);
  if (chain_error_)
    return as_resolution_failure(*chain_error_).about(std::string(chain_error_->subject()));
  for (const RaceQuery which : {RaceQuery::ipv6, RaceQuery::ipv4})
    if (const auto& error = names_.front().query(which).error)
      return Error(*error).about(target_.name);
  return Error(ErrorKind::name_not_found, "resolve", "the name has no address").about(target_.name);
}

std::optional<Error> Lookups::first_failure(RaceQuery which) const {
  for (const LookupName& name : names_)
    if (const auto& error = name.query(which).error; is_failure(error))
      return as_resolution_failure(*error).about(name.name);
  return std::nullopt;
}

std::optional<NameIndex> Lookups::find(std::string_view name) const {
  const auto found = std::ranges::find(names_, name, &LookupName::name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<NameIndex>(found - names_.begin());
}

std::optional<NameIndex> Lookups::ask(const std::string& name, bool with_service) {
  auto known = find(name);
  if (!known) {
    if (names_.size() >= options_.names_max) {
      ++dropped_;
      return std::nullopt;
    }
    known = static_cast<NameIndex>(names_.size());
    names_.emplace_back().name = name;
  }
  Race::Ask asked{.name = name, .queries = {}};
  const auto add = [&](RaceQuery which, bool wanted) {
    LookupQuery& query = names_[*known].queries[std::size_t(which)];
    if (!wanted || query.is_asked) return;
    query.is_asked = query.is_pending = true;
    asked.queries.push_back(which);
  };
  asked.queries.reserve(3);
  add(RaceQuery::service, with_service);
  add(RaceQuery::ipv6, target_.ask_ipv6);
  add(RaceQuery::ipv4, target_.ask_ipv4);
  if (!asked.queries.empty()) asks_.push_back(std::move(asked));
  return known;
}

Error as_resolution_failure(const Error& cause) {
  if (cause.kind() == ErrorKind::resolution_failed ||
      cause.kind() == ErrorKind::resources_exhausted)
    return cause;
  return Error(ErrorKind::resolution_failed, cause.domain(), cause.code(), "resolve",
               cause.message())
      .with_attempts(cause.attempts());
}

}  // namespace bowline::core
