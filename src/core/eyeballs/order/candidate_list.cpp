#include "core/eyeballs/order/candidate_list.h"

#include <algorithm>
#include <array>

#include "core/eyeballs/order/alpn_match.h"

namespace bowline::core {

namespace {

bool precedes(const RankedAddress* a, const RankedAddress* b) { return a->rank < b->rank; }

}  // namespace

void CandidateList::rebuild(std::span<const ServiceGroup> groups, const Race::Target& target,
                            const Race::Options& options, const Attempts& attempts) {
  const std::size_t room = options.candidates_max * target.protocols.size();
  untried_room_ = room - std::min(room, attempts.all().size());
  attempts_ = &attempts;
  dropped_ = 0;
  next_ = 0;
  candidates_.clear();
  for (const ServiceGroup& group : groups)
    deal(group, target, std::max(1u, options.preferred_family_count));
  attempts_ = nullptr;
  skip_tried();
}

void CandidateList::deal(const ServiceGroup& group, const Race::Target& target,
                         std::size_t lead_count) {
  for (auto& side : sides_) side.clear();
  for (const RankedAddresses* addresses : group.addresses)
    for (const RankedAddress& address : *addresses)
      sides_[static_cast<std::size_t>(address.family)].push_back(&address);
  // Each list came sorted; a NAT64 puts two of them on the IPv4 side.
  for (auto& side : sides_)
    if (!std::ranges::is_sorted(side, precedes)) std::ranges::stable_sort(side, precedes);

  const auto& [ipv4, ipv6] = sides_;
  const bool ipv4_leads = ipv6.empty() || (!ipv4.empty() && precedes(ipv4.front(), ipv6.front()));
  const std::array order{&(ipv4_leads ? ipv4 : ipv6), &(ipv4_leads ? ipv6 : ipv4)};
  const std::size_t rounds = std::max(ipv4.size(), ipv6.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const CandidateProtocol protocol : target.protocols) {
      if (group.service != nullptr &&
          !service_speaks(*group.service->record, protocol, target.alpn))
        continue;
      // In the first round the leading family puts down lead_count, afterwards one like the other.
      const std::size_t lead_begin = round == 0 ? 0 : round + lead_count - 1;
      for (std::size_t i = lead_begin; i < std::min(round + lead_count, order[0]->size()); ++i)
        add(*(*order[0])[i], protocol, group);
      if (round < order[1]->size()) add(*(*order[1])[round], protocol, group);
    }
  }
}

void CandidateList::add(const RankedAddress& address, CandidateProtocol protocol,
                        const ServiceGroup& group) {
  const SocketAddress remote(address.remote, group.port);
  const bool is_known = std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
    return candidate.protocol == protocol && candidate.remote == remote;
  });
  if (is_known) return;
  const bool is_tried = attempts_->was_tried(remote, protocol);
  if (!is_tried && untried_room_ == 0) {
    ++dropped_;
    return;
  }
  if (!is_tried) --untried_room_;
  candidates_.push_back({.remote = remote,
                         .protocol = protocol,
                         .name = group.name,
                         .source = address.source,
                         .service = group.service != nullptr ? group.service->record : nullptr,
                         .is_tried = is_tried});
}

const Candidate* CandidateList::next() const {
  return next_ < candidates_.size() ? &candidates_[next_] : nullptr;
}

void CandidateList::mark_next_tried() {
  candidates_[next_].is_tried = true;
  skip_tried();
}

void CandidateList::skip_tried() {
  while (next_ < candidates_.size() && candidates_[next_].is_tried) ++next_;
}

}  // namespace bowline::core
