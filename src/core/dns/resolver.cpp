#include "core/dns/resolver.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/escape.h"
#include "core/dns/answer.h"
#include "core/dns/cache.h"
#include "core/dns/name/reverse.h"
#include "core/dns/name/search.h"
#include "core/dns/query/fetch_table.h"
#include "core/dns/resolver_setup.h"
#include "core/driver_contract.h"

namespace bowline::core {

namespace {

constexpr const char* operation = "resolve";

std::string words_of(const Resolver::Lookup& lookup) {
  std::string words = escape(lookup.name);
  for (const wire::RecordType type : lookup.types) words.append(" ").append(to_string(type));
  return words;
}

/// What a lookup knows about one of its types.
struct TypeState {
  std::optional<FetchTable::FetchId> fetch;
  std::size_t candidate = 0;  // that the fetch is about
  bool done = false;
  std::optional<std::size_t> asked_about;  // the candidate
  Instant asked{};
};

struct RunningLookup {
  Resolver::Lookup request;
  std::vector<SocketAddress> servers;  // as they were at the start
  bool outdated = false;  // the scope has others by now: what these say is for this lookup only
  std::uint32_t interface_index = 0;
  SearchWalk walk;
  std::vector<TypeState> types;
  Instant deadline{};
  std::optional<Instant> patient_until;
};

}  // namespace

/// Lookups, and what connects them to the parts: special names, hosts, cache, search walk, fetches.
struct Resolver::State {
  State(Options options_given, Random& random)
      : options(options_given),
        outbox(options.trace),
        health({options.timeout_initial, options.timeout_min, options.timeout_max,
                options.server_parked},
               random),
        streams({options.stream_idle_max, options.stream_idle_timeout}, random, outbox),
        cache({options.cache_bytes_max, options.ttl_max, options.negative_ttl_max,
               options.stale_max}),
        fetches({options, random, outbox, health, streams, setup.special()}, cache) {}

  /// For each command and input.
  State& checked(Instant now) {
    contract.check(outbox.is_drained(), now);
    return *this;
  }
  void configure(ResolverConfig next);
  Result<LookupId> start(Lookup request, Instant now);
  void cancel(LookupId id, Instant now);
  void expire(LookupId id, Instant now);
  void handle_timeout(Instant now);

  using Lookups = std::unordered_map<LookupId, RunningLookup>;
  Result<RunningLookup> prepare(Lookup request, const wire::DnsName& name, Instant now);
  LookupId answer_all(const Lookup& request, const std::vector<Answer>& answers, Instant now);
  void ask(Lookups::iterator lookup, Instant now);
  [[nodiscard]] FetchTable::Question question_for(const Lookups::value_type& entry,
                                                  std::size_t type);

  void settle(Instant now);
  void take(FetchTable::Finished finished, Instant now);
  [[nodiscard]] bool is_asking(LookupId id) const;
  void take_step(Lookups::iterator lookup, SearchWalk::Step step, Instant now);
  void arm(Lookups::iterator lookup);
  void leave_all(Lookups::iterator lookup, Instant now);
  void deliver(LookupId id, Answer answer);

  Options options;
  const Options options_unconfigured = options;
  DriverContract contract;
  ResolverSetup setup;
  Outbox outbox;
  ServerHealth health;
  StreamPool streams;
  Cache cache;
  FetchTable fetches;
  LookupId last_lookup = 0;
  Lookups lookups;
  TimerSet<LookupId> timers;
  std::deque<FetchTable::Finished> from_cache;  // until settle()
};

Resolver::Resolver(Options options, Random& random)
    : state_(std::make_unique<State>(options, random)) {}
Resolver::~Resolver() = default;

void Resolver::configure(ResolverConfig config, Instant now) {
  state_->checked(now).configure(std::move(config));
}
std::vector<SocketAddress> Resolver::servers_of(ResolverScope scope) const {
  return state_->setup.servers_of(scope);
}

Result<Resolver::LookupId> Resolver::start_lookup(Lookup lookup, Instant now) {
  auto id = state_->checked(now).start(std::move(lookup), now);
  state_->settle(now);
  return id;
}

void Resolver::cancel_lookup(LookupId id, Instant now) { state_->checked(now).cancel(id, now); }

void Resolver::flush_cache(ResolverScope scope, Instant now) {
  state_->checked(now).cache.drop_scope(scope);
  state_->fetches.retire(scope);
}

void Resolver::handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now) {
  state_->checked(now).fetches.handle_datagram(socket, bytes, now);
  state_->settle(now);
}

void Resolver::handle_datagram_failure(SocketId socket, const Error& error, Instant now) {
  state_->checked(now).fetches.handle_datagram_failure(socket, error, now);
  state_->settle(now);
}

void Resolver::handle_stream_open(SocketId socket, Instant now) {
  state_->checked(now).streams.handle_open(socket, now);
}

void Resolver::handle_stream_data(SocketId socket, std::span<const std::byte> bytes, Instant now) {
  state_->checked(now).fetches.handle_stream_data(socket, bytes, now);
  state_->settle(now);
}

void Resolver::handle_stream_failure(SocketId socket, const Error& error, Instant now) {
  state_->checked(now).fetches.handle_stream_failure(socket, error, now);
  state_->settle(now);
}

void Resolver::handle_timeout(Instant now) { state_->checked(now).handle_timeout(now); }

std::optional<Instant> Resolver::deadline() const {
  std::optional<Instant> least = state_->timers.next();
  for (const auto& other : {state_->fetches.deadline(), state_->streams.deadline()})
    if (other.has_value() && (!least.has_value() || *other < *least)) least = other;
  return least;
}

std::optional<Resolver::Output> Resolver::poll() { return state_->outbox.poll(); }
bool Resolver::has_output() const { return !state_->outbox.is_drained(); }

void Resolver::State::configure(ResolverConfig next) {
  const std::vector<ResolverScope> changed = setup.configure(std::move(next));
  const ResolverConfig& config = setup.config();
  options.timeout_initial = config.timeout.value_or(options_unconfigured.timeout_initial);
  options.tries_max = config.attempts.value_or(options_unconfigured.tries_max);
  health.set_timeout_initial(options.timeout_initial);
  for (const ResolverScope scope : changed) {
    cache.drop_scope(scope);
    fetches.retire(scope);
    for (auto& [id, lookup] : lookups) lookup.outdated |= lookup.request.scope == scope;
  }
}

Result<Resolver::LookupId> Resolver::State::start(Lookup request, Instant now) {
  if (request.name.empty() || request.types.empty() || request.types.size() > options.types_max)
    return Error(ErrorKind::invalid_argument, operation,
                 "a lookup needs a name and 1 to " + std::to_string(options.types_max) + " types");
  if (lookups.size() >= options.lookups_max)
    return Error(ErrorKind::limit_exceeded, operation, "too many lookups at once")
        .about(request.name);
  if (outbox.traces()) outbox.note(TraceKind::lookup_started, words_of(request));

  const auto literal = IpAddress::parse(request.name);
  if (literal.has_value()) request.use_search = false;
  BOWLINE_TRY(const auto name, literal.has_value() ? Result<wire::DnsName>(reverse_name(*literal))
                                                   : wire::DnsName::parse(request.name));
  std::vector<Answer> answers;
  std::vector<std::pair<std::size_t, Answer>> local;
  for (std::size_t type = 0; type < request.types.size(); ++type)
    if (literal.has_value() && request.types[type] != wire::RecordType::ptr)
      local.emplace_back(type, literal_answer(*literal, request.types[type]));
    else if (auto answer = setup.local_answer(request, name, request.types[type]))
      local.emplace_back(type, *std::move(answer));
  if (local.size() == request.types.size()) {
    for (auto& [type, answer] : local) answers.push_back(std::move(answer));
    return answer_all(request, answers, now);
  }

  BOWLINE_TRY(auto lookup, prepare(std::move(request), name, now));
  const LookupId id = ++last_lookup;
  for (auto& [type, answer] : local) {
    lookup.types[type].done = true;
    lookup.walk.exclude();
    answer.started = answer.ended = now;
    deliver(id, std::move(answer));
  }
  const auto at = lookups.emplace(id, std::move(lookup)).first;
  arm(at);
  ask(at, now);
  return id;
}

void Resolver::State::cancel(LookupId id, Instant now) {
  const auto lookup = lookups.find(id);
  if (lookup == lookups.end()) return;
  leave_all(lookup, now);
  timers.set(id, std::nullopt);
  lookups.erase(lookup);
}

void Resolver::State::handle_timeout(Instant now) {
  fetches.handle_timeout(now);
  streams.handle_timeout(now);
  settle(now);
  while (const auto due = timers.take_due(now)) expire(*due, now);
  settle(now);
}

/// A lookup's timer: either it has taken too long, or one of its types has.
void Resolver::State::expire(LookupId id, Instant now) {
  const auto at = lookups.find(id);
  RunningLookup& lookup = at->second;
  if (now < lookup.deadline) {
    lookup.patient_until.reset();
    if (lookup.walk.is_holding()) return take_step(at, lookup.walk.conclude(), now);
    return arm(at);
  }
  leave_all(at, now);
  for (auto& [type, answer] : lookup.walk.take_held()) {
    lookup.types[type].done = true;
    deliver(id, std::move(answer));
  }
  for (std::size_t type = 0; type < lookup.types.size(); ++type) {
    if (lookup.types[type].done) continue;
    const std::string name = to_string(lookup.walk.name());
    Answer answer =
        failed_answer(lookup.request.types[type], lookup.walk.name(), AnswerStatus::timeout,
                      answer_error(AnswerStatus::timeout, name,
                                   "no answer in " + bowline::to_string(options.lookup_timeout)));
    if (!lookup.servers.empty()) answer.server = lookup.servers.front();
    answer.started = lookup.types[type].asked;
    answer.ended = now;
    deliver(id, std::move(answer));
  }
  lookups.erase(at);
}

Result<RunningLookup> Resolver::State::prepare(Lookup request, const wire::DnsName& name,
                                               Instant now) {
  std::vector<SocketAddress> servers;
  if (request.server.has_value())
    servers.push_back(*request.server);
  else
    servers = setup.servers_of(request.scope);
  if (servers.empty())
    return Error(ErrorKind::resolution_failed, operation, "no DNS server is configured")
        .about(to_string(name));

  std::vector<wire::DnsName> candidates = setup.candidates(request, name);
  const std::size_t types = request.types.size();
  const std::uint32_t interface_index = setup.interface_index(request.scope);
  return RunningLookup{std::move(request),
                       std::move(servers),
                       false,
                       interface_index,
                       SearchWalk(std::move(candidates), types),
                       std::vector<TypeState>(types),
                       now + options.lookup_timeout,
                       std::nullopt};
}

Resolver::LookupId Resolver::State::answer_all(const Lookup& request,
                                               const std::vector<Answer>& answers, Instant now) {
  const LookupId id = ++last_lookup;
  for (std::size_t type = 0; type < request.types.size(); ++type) {
    Answer answer = answers[type];
    answer.started = answer.ended = now;
    deliver(id, std::move(answer));
  }
  return id;
}

/// Asks for all types under the present candidate: of the cache, then of the servers.
void Resolver::State::ask(Lookups::iterator at, Instant now) {
  auto& [id, lookup] = *at;
  for (std::size_t type = 0; type < lookup.types.size(); ++type) {
    TypeState& state = lookup.types[type];
    if (state.done || state.asked_about == lookup.walk.index()) continue;
    state.asked_about = lookup.walk.index();
    state.asked = now;
    const FetchTable::Waiter waiter{id, type, lookup.walk.index()};
    FetchTable::Question question = question_for(*at, type);
    if (question.cached && lookup.request.use_cache) {
      if (auto known = cache.find(question.key, lookup.request.allow_stale, now)) {
        const bool final = known->final;
        from_cache.push_back({waiter, *std::move(known)});
        if (final) continue;
      }
    }
    state.candidate = waiter.candidate;
    state.fetch = fetches.join(std::move(question), waiter, now);
    if (setup.config().one_at_a_time) return;
  }
}

FetchTable::Question Resolver::State::question_for(const Lookups::value_type& entry,
                                                   std::size_t type) {
  const auto& [id, lookup] = entry;
  FetchTable::Question question;
  question.key = Cache::key(lookup.request.scope, lookup.walk.name(), lookup.request.types[type]);
  question.scope = lookup.request.scope;
  const Lookup& request = lookup.request;
  question.whole_reply = request.whole_reply;
  question.cached =
      !request.server.has_value() && !lookup.outdated && request.recursion && !request.whole_reply;
  if (lookup.request.server.has_value())
    question.key.append("@").append(to_string(*lookup.request.server));
  else if (lookup.outdated)
    question.key.append("#").append(std::to_string(id));
  if (!request.recursion) question.key.append("-");
  if (request.whole_reply) question.key.append("+");
  question.request.recursion = request.recursion;
  question.request.question = {lookup.walk.name(), lookup.request.types[type]};
  question.request.servers = setup.rotated(lookup.servers);
  question.request.interface_index = lookup.interface_index;
  question.request.only_tcp = setup.config().only_tcp;
  question.request.authentic_data = setup.config().trust_ad;
  return question;
}

/// Brings answers to lookups until none is on its way; those may ask on, and find more in the cache.
void Resolver::State::settle(Instant now) {
  for (;;) {
    if (!from_cache.empty()) {
      FetchTable::Finished finished = std::move(from_cache.front());
      from_cache.pop_front();
      take(std::move(finished), now);
    } else if (auto finished = fetches.take_finished()) {
      take(*std::move(finished), now);
    } else {
      return;
    }
  }
}

void Resolver::State::take(FetchTable::Finished finished, Instant now) {
  const auto at = lookups.find(finished.waiter.lookup);
  if (at == lookups.end() || at->second.walk.index() != finished.waiter.candidate) return;
  RunningLookup& lookup = at->second;
  TypeState& state = lookup.types[finished.waiter.type];
  Answer& answer = finished.answer;
  answer.type = lookup.request.types[finished.waiter.type];
  answer.question = to_string(lookup.walk.name());
  answer.started = state.asked;
  answer.ended = now;
  if (answer.source == AnswerSource::query)
    if (auto why = setup.special().why_asked(lookup.walk.name()); !why.empty())
      answer.remarks.push_back(std::move(why));
  if (answer.final) state.fetch.reset();
  take_step(at, lookup.walk.handle(finished.waiter.type, std::move(answer)), now);
  if (!setup.config().one_at_a_time || is_asking(finished.waiter.lookup)) return;
  if (const auto next = lookups.find(finished.waiter.lookup); next != lookups.end()) ask(next, now);
}

bool Resolver::State::is_asking(LookupId id) const {
  const auto at = lookups.find(id);
  return at != lookups.end() && std::ranges::any_of(at->second.types, [](const TypeState& state) {
           return state.fetch.has_value();
         });
}

void Resolver::State::take_step(Lookups::iterator at, SearchWalk::Step step, Instant now) {
  auto& [id, lookup] = *at;
  for (auto& [type, answer] : step.answers) {
    lookup.types[type].done = answer.final;
    deliver(id, std::move(answer));
  }
  if (std::ranges::all_of(lookup.types, &TypeState::done)) {
    timers.set(id, std::nullopt);
    lookups.erase(at);
    return;
  }
  if (step.moved) {
    lookup.patient_until.reset();
    leave_all(at, now);
    ask(at, now);
  } else if (lookup.walk.is_holding() && !lookup.patient_until.has_value()) {
    lookup.patient_until = now + options.search_patience;
  }
  arm(at);
}

void Resolver::State::arm(Lookups::iterator at) {
  const RunningLookup& lookup = at->second;
  timers.set(at->first, lookup.patient_until.has_value()
                            ? std::min(*lookup.patient_until, lookup.deadline)
                            : lookup.deadline);
}

void Resolver::State::leave_all(Lookups::iterator at, Instant now) {
  auto& [id, lookup] = *at;
  // The walk may have moved on already; the fetches know this lookup by the candidate it asked about.
  for (std::size_t type = 0; type < lookup.types.size(); ++type)
    if (const auto fetch = std::exchange(lookup.types[type].fetch, std::nullopt))
      fetches.leave(*fetch, {id, type, lookup.types[type].candidate}, now);
}

void Resolver::State::deliver(LookupId id, Answer answer) {
  if (outbox.traces())
    outbox.note(TraceKind::answered,
                answer.question + ' ' + to_string(answer.type) + ' ' +
                    std::string(to_string(answer.status)) + " from " +
                    std::string(to_string(answer.source)),
                answer.error);
  outbox.push(Answered{id, std::move(answer)});
}

}  // namespace bowline::core
