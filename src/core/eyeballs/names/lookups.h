#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/address.h>
#include <bowline/error.h>
#include <bowline/time.h>

#include "core/eyeballs/order/race_address.h"
#include "core/eyeballs/race.h"

namespace bowline::core {

/// A place in the list of names that a race has asked about.
using NameIndex = std::uint16_t;

/// One query about one name.
struct LookupQuery {
  bool is_asked = false;
  bool is_answered = false;  ///< something came, be it stale or negative
  bool is_pending = false;   ///< an answer, or a fresh one, is still to come
  bool is_fresh = false;
  std::optional<Error> error;

  /// The name says what it has: nothing that was guessed before may stand beside it.
  [[nodiscard]] bool is_authoritative() const {
    return is_answered && (!error || error->kind() == ErrorKind::name_not_found);
  }
};

/// A service record and the addresses it hints at.
struct LookupService {
  std::shared_ptr<const RaceService> record;  ///< shared with the attempts that it leads to
  NameIndex target = 0;
  std::array<RankedAddresses, 2> hints;  ///< by Family
};

/// All that is known about one name.
struct LookupName {
  std::string name;
  std::array<LookupQuery, 3> queries;        ///< by RaceQuery
  std::array<RankedAddresses, 2> addresses;  ///< by Family of the record
  std::vector<LookupService> services;
  std::optional<NameIndex> alias;
  std::optional<std::string> answered_alias;  ///< also while it is off the chain

  [[nodiscard]] const LookupQuery& query(RaceQuery which) const {
    return queries[std::size_t(which)];
  }
  [[nodiscard]] const LookupQuery& query(Family family) const {
    return query(family == Family::ipv6 ? RaceQuery::ipv6 : RaceQuery::ipv4);
  }
};

/// Which names have been asked about, and what is known of them: follows aliases and service
/// targets, and replaces old answers by new ones.
///
/// Every list that an answer can make grow is capped; what is beyond is dropped and counted.
class Lookups {
 public:
  Lookups(const Race::Options& options, const Race::Target& target)
      : options_(options), target_(target) {}

  /// Asks about the target's name, or takes its literal addresses.
  void start(const AddressRanker& ranker, Instant now);
  /// False if nobody asked, or nothing is new.
  bool take(RaceAnswer answer, const AddressRanker& ranker, Instant now);
  /// The host no longer has `source`: addresses reached from it have no route.
  void forget_source(const IpAddress& source);
  [[nodiscard]] std::optional<Race::Ask> poll_ask();

  [[nodiscard]] std::span<const LookupName> names() const { return names_; }
  /// Where the chain of aliases ends that starts at the target's name.
  [[nodiscard]] NameIndex chain_end() const { return chain_end_; }
  [[nodiscard]] bool is_service_settled() const;
  [[nodiscard]] bool is_pending() const;
  [[nodiscard]] bool has_addresses() const;
  /// Addresses, services and names beyond the caps.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  /// Why there is nothing to try: name_not_found, resolution_failed with the cause, or resources_exhausted.
  [[nodiscard]] Error error() const;
  /// The first query for service records that failed, as a resolution_failed.
  [[nodiscard]] std::optional<Error> service_failure() const {
    return first_failure(RaceQuery::service);
  }

 private:
  void take_addresses(LookupName& name, Family family, const RaceAnswer& answer,
                      const AddressRanker& ranker, Instant now);
  void take_alias(NameIndex owner, const std::string& alias);
  void take_services(NameIndex owner, std::vector<RaceService> services,
                     const AddressRanker& ranker, Instant now);
  /// The chain of aliases ends at `owner` for now.
  void cut_chain(NameIndex owner);
  [[nodiscard]] bool is_on_chain(NameIndex name) const;
  void refuse_alias(NameIndex owner, Error error);
  [[nodiscard]] std::optional<Error> first_failure(RaceQuery which) const;
  [[nodiscard]] RankedAddresses rank(const std::vector<RaceAddress>& addresses,
                                     const AddressRanker& ranker, Instant now);
  [[nodiscard]] std::optional<NameIndex> find(std::string_view name) const;
  /// Finds or makes the entry and asks what has not been asked; nothing beyond names_max.
  std::optional<NameIndex> ask(const std::string& name, bool with_service);

  const Race::Options& options_;
  const Race::Target& target_;
  std::vector<LookupName> names_;
  std::vector<Race::Ask> asks_;
  std::size_t next_ask_ = 0;
  NameIndex chain_end_ = 0;
  std::size_t chain_length_ = 0;
  std::optional<Error> chain_error_;
  std::size_t dropped_ = 0;
};

/// Whatever went wrong on the way to an answer, the name could not be asked for: the same error as
/// resolution_failed. Only a shortage of this host's stays what it is: it passes soon.
[[nodiscard]] Error as_resolution_failure(const Error& cause);

}  // namespace bowline::core
