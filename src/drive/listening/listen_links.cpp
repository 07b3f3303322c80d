#include "drive/listening/listen_links.h"

#include <algorithm>
#include <utility>

#include "drive/paths/path_requirements.h"

namespace bowline::drive {

bool ListenLinks::are_chosen_by(const Parameters& parameters) {
  const core::PathRequirements wanted = requirements_of(parameters);
  return wanted.is_choosy() || wanted.local_only;
}

ListenLinks::ListenLinks(Loop& loop, const Parameters& parameters, Owner& owner)
    : paths_(loop.service<PathService>()),
      requirements_(requirements_of(parameters)),
      owner_(owner) {
  allowed_ = find();
  paths_.add_observer(*this);
}

bool ListenLinks::allows(std::uint32_t index) const {
  return std::ranges::binary_search(allowed_, index);
}

bool ListenLinks::allows_peer(const IpAddress& peer) {
  return !requirements_.local_only || paths_.is_on_link(peer);
}

void ListenLinks::handle_paths_changed() {
  std::vector<std::uint32_t> now = find();
  if (now == allowed_) return;
  allowed_ = std::move(now);
  owner_.handle_links_changed();
}

/// A listener needs no route, as a group: an address that peers can send to.
std::vector<std::uint32_t> ListenLinks::find() const {
  const core::NetworkView& network = paths_.network();
  std::vector<std::uint32_t> found;
  const auto add = [&](const core::PathEvaluation& evaluation) {
    found.insert(found.end(), evaluation.links.begin(), evaluation.links.end());
  };
  for (const Family family : {Family::ipv4, Family::ipv6})
    if (!requirements_.only || *requirements_.only == family)
      add(core::evaluate_group_links(network, requirements_, family));
  if (requirements_.interface.empty())
    add(core::evaluate_path(network, requirements_, {IpAddress::loopback(Family::ipv4)}));
  std::ranges::sort(found);
  const auto rest = std::ranges::unique(found);
  found.erase(rest.begin(), rest.end());
  return found;
}

}  // namespace bowline::drive
