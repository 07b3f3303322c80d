#include "core/path/network_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace bowline::core {

namespace {

std::size_t row_of(Family family) { return family == Family::ipv4 ? 0 : 1; }

Family family_of(const PathRoute& route) { return route.destination.address().family(); }

auto order_of(const PathRoute& route) {
  return std::tuple(family_of(route), -static_cast<int>(route.destination.length()),
                    route.destination.address().with_scope(0), route.metric);
}

/// It leads somewhere, and not only to the link's own addresses and groups.
bool leads_somewhere(const PathRoute& route) {
  const IpAddress& address = route.destination.address();
  return !address.is_link_local() && !address.is_multicast();
}

}  // namespace

NetworkView::NetworkView(std::vector<PathLink> links, std::vector<PathRoute> routes)
    : links_(std::move(links)), routes_(std::move(routes)) {
  std::ranges::sort(links_, {}, &PathLink::index);
  link_routes_.resize(links_.size());
  std::erase_if(routes_,
                [this](const PathRoute& route) { return !position_of(route.interface_index); });
  std::ranges::stable_sort(routes_, {}, order_of);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const PathRoute& route = routes_[i];
    std::vector<Length>& lengths = lengths_[row_of(family_of(route))];
    if (lengths.empty() || lengths.back().bits != route.destination.length())
      lengths.push_back({route.destination.length(), i, i});
    lengths.back().end = i + 1;
    LinkRoutes& of_link = link_routes_[*position_of(route.interface_index)];
    const std::size_t row = row_of(family_of(route));
    of_link.any[row] = of_link.any[row] || leads_somewhere(route);
    if (route.destination.length() == 0 &&
        (!of_link.metric[row] || route.metric < *of_link.metric[row]))
      of_link.metric[row] = route.metric;
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    by_name_.push_back(i);
    for (const IpAddress& address : links_[i].addresses)
      owned_.emplace_back(address.with_scope(0), i);
  }
  std::ranges::sort(by_name_, {}, [this](std::size_t i) -> const auto& { return links_[i].name; });
  std::ranges::sort(owned_);
}

std::optional<std::size_t> NetworkView::position_of(std::uint32_t index) const {
  const auto found = std::ranges::lower_bound(links_, index, {}, &PathLink::index);
  if (found == links_.end() || found->index != index) return std::nullopt;
  return static_cast<std::size_t>(found - links_.begin());
}

const PathLink* NetworkView::find(std::uint32_t index) const {
  const auto position = position_of(index);
  return position ? &links_[*position] : nullptr;
}

const PathLink* NetworkView::find(std::string_view name) const {
  const auto name_of = [this](std::size_t i) { return std::string_view(links_[i].name); };
  const auto found = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return found != by_name_.end() && name_of(*found) == name ? &links_[*found] : nullptr;
}

const PathLink* NetworkView::owner_of(const IpAddress& address) const {
  const IpAddress plain = address.with_scope(0);
  auto found =
      std::ranges::lower_bound(owned_, plain, {}, &std::pair<IpAddress, std::size_t>::first);
  for (; found != owned_.end() && found->first == plain; ++found) {
    const PathLink& link = links_[found->second];
    if (address.scope_id() == 0 || address.scope_id() == link.index) return &link;
  }
  return nullptr;
}

std::vector<const PathRoute*> NetworkView::routes_to(const IpAddress& address) const {
  std::vector<const PathRoute*> found;
  for (const Length& length : lengths_[row_of(address.family())]) {
    const IpAddress wanted = IpPrefix(address.with_scope(0), length.bits).address();
    const std::span rows = std::span(routes_).subspan(length.first, length.end - length.first);
    const auto same = std::ranges::equal_range(rows, wanted, {}, [](const PathRoute& route) {
      return route.destination.address().with_scope(0);
    });
    for (const PathRoute& route : same) {
      const bool known = std::ranges::any_of(found, [&](const PathRoute* one) {
        return one->interface_index == route.interface_index;
      });
      if (!known) found.push_back(&route);
    }
  }
  return found;
}

bool NetworkView::has_route(std::uint32_t index, Family family) const {
  const auto position = position_of(index);
  return position && link_routes_[*position].any[row_of(family)];
}

std::optional<std::uint32_t> NetworkView::default_metric(std::uint32_t index, Family family) const {
  const auto position = position_of(index);
  return position ? link_routes_[*position].metric[row_of(family)] : std::nullopt;
}

}  // namespace bowline::core
