#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <bowline/address.h>

#include "core/eyeballs/attempts/attempts.h"
#include "core/eyeballs/order/service_order.h"
#include "core/eyeballs/race.h"

namespace bowline::core {

/// One thing to try: an address with a protocol, for a service or the name itself.
struct Candidate {
  SocketAddress remote;
  CandidateProtocol protocol{};
  NameIndex name = 0;
  std::optional<IpAddress> source;
  std::shared_ptr<const RaceService> service;  ///< null: no record led here
  bool is_tried = false;
};

/// In which order are all addresses of all groups tried?
///
/// Within a group the addresses are dealt round-robin from one queue per protocol and family: first
/// protocol first family, first protocol second family, second protocol first family ... The first
/// family is that of the best address; it may lead with more than one. Groups follow one another.
/// What was tried keeps its place, so that a new answer lands where it belongs and not at the end.
///
/// source    draft-ietf-happy-happyeyeballs-v3, sorting destination endpoints, answer changes
class CandidateList {
 public:
  /// Makes the list anew; attempts in `attempts` count as tried, and towards the cap.
  void rebuild(std::span<const ServiceGroup> groups, const Race::Target& target,
               const Race::Options& options, const Attempts& attempts);
  /// The best untried candidate; null if there is none.
  [[nodiscard]] const Candidate* next() const;
  void mark_next_tried();

  [[nodiscard]] std::span<const Candidate> all() const { return candidates_; }
  /// Candidates beyond the cap when the list was last made.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  void deal(const ServiceGroup& group, const Race::Target& target, std::size_t lead_count);
  void add(const RankedAddress& address, CandidateProtocol protocol, const ServiceGroup& group);
  void skip_tried();

  std::vector<Candidate> candidates_;
  std::vector<const RankedAddress*> sides_[2];  ///< by Family, of the group being dealt
  std::size_t next_ = 0;
  std::size_t dropped_ = 0;
  std::size_t untried_room_ = 0;
  const Attempts* attempts_ = nullptr;  ///< while the list is made
};

}  // namespace bowline::core
