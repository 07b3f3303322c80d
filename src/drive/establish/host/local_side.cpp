#include "drive/establish/host/local_side.h"

#include "core/path/address_reach.h"
#include "drive/establish/host/host_interfaces.h"
#include "drive/establish/host/usable_families.h"
#include "drive/paths/path_requirements.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

LocalSide::LocalSide(Loop& loop, const Parameters& parameters)
    : loop_(loop),
      network_(loop.host().network()),
      parameters_(parameters),
      requirements_(requirements_of(parameters)) {}

Result<void> LocalSide::bind(const Endpoint& endpoint) {
  ports::Binding binding;
  binding.source = parameters_.source();
  binding.port = parameters_.source_port();
  binding.reuse_address = parameters_.reuse_local_address();
  binding.marks = marks_of(parameters_.service_class());
  binding.address_preference = parameters_.prefer_address();
  binding_ = binding;
  links_.clear();
  next_link_ = 0;
  if (!parameters_.interface().empty()) {
    BOWLINE_TRY(binding_.interface_index, interface_index(network_, parameters_.interface()));
  }
  if (!is_choosy()) return {};
  BOWLINE_TRY(core::PathEvaluation path, evaluate(endpoint));
  if (!path.is_satisfied()) return unsatisfied(path).about(to_string(endpoint));
  links_ = std::move(path.links);
  if (links_.size() > links_max) links_.resize(links_max);
  static_cast<void>(bind_next());
  return {};
}

bool LocalSide::bind_next() {
  if (!has_next()) return false;
  const std::uint32_t index = links_[next_link_++];
  const core::PathLink* const link = loop_.service<PathService>().network().find(index);
  const bool loops = link != nullptr && link->type == InterfaceType::loopback;
  binding_.interface_index = loops ? 0 : index;  // what this host sends to itself finds its way
  return true;
}

bool LocalSide::is_choosy() const {
  return requirements_.is_choosy() || requirements_.local_only ||
         loop_.service<PathService>().has_ultra_constrained();
}

Result<core::PathEvaluation> LocalSide::evaluate(const Endpoint& endpoint) {
  core::PathTarget target;
  if (endpoint.is_address()) {
    BOWLINE_TRY(target.address, literal_address(endpoint));
    target.address = target.address->unmapped();
  }
  return core::evaluate_path(loop_.service<PathService>().network(), requirements_, target);
}

Result<LocalSide::Families> LocalSide::families_to_ask() {
  BOWLINE_TRY(noted_, network_.snapshot());
  if (const auto family = only())
    return Families{.ipv4 = *family == Family::ipv4, .ipv6 = *family == Family::ipv6};
  const UsableFamilies usable = usable_families(*noted_, binding_.interface_index);
  // Without any usable network the name may still be one of this host's own.
  const bool any = usable.ipv4 || usable.ipv6;
  return Families{.ipv4 = usable.ipv4 || !any, .ipv6 = usable.ipv6 || !any};
}

Result<IpAddress> LocalSide::literal_address(const Endpoint& endpoint) {
  IpAddress address = endpoint.address().ip;
  if (!endpoint.zone().empty()) {
    BOWLINE_TRY(const std::uint32_t scope, interface_index(network_, endpoint.zone()));
    address = address.with_scope(scope);
  }
  if (only() && *only() != address.family())
    return Error(ErrorKind::invalid_argument, "connect",
                 "an address of the other family than the parameters allow")
        .about(to_string(address));
  return address;
}

std::optional<Error> LocalSide::refusal(const IpAddress& address) {
  const char* why = nullptr;
  if (requirements_.local_only && !loop_.service<PathService>().is_on_link(address))
    why = "the name leads beyond a router, and only the link was asked for";
  if (parameters_.refuse_private_addresses() && !core::is_public(address))
    why = "the name leads to an address that is not public, which is refused";
  if (why == nullptr) return std::nullopt;
  return Error(ErrorKind::unreachable, ErrorDomain::policy, 0, "resolve", why)
      .about(to_string(address));
}

core::RaceAddress LocalSide::reach(const IpAddress& address) {
  const auto source = network_.source_for(address, binding_.interface_index);
  if (!source) return {address, std::nullopt, false};
  if (!binding_.source || binding_.source->is_unspecified())
    return {address, source->address, source->deprecated};
  return {address, binding_.source, *binding_.source == source->address && source->deprecated};
}

bool LocalSide::has_path_to(const Endpoint& endpoint) {
  const std::string& wanted = parameters_.interface();
  if (!wanted.empty() && !interface_index(network_, wanted).has_value()) return false;
  if (is_choosy()) {
    const auto path = evaluate(endpoint);
    if (!path.has_value() || !path->is_satisfied()) return false;
  }
  const auto snapshot = network_.snapshot();
  if (!snapshot.has_value()) return false;
  const auto& source = binding_.source;
  const bool any_source = !source || source->is_unspecified();
  if (!any_source && !is_in_use(**snapshot, *source)) return false;
  if (endpoint.is_address()) {
    const auto address = literal_address(endpoint);
    return address.has_value() &&
           network_.source_for(*address, binding_.interface_index).has_value();
  }
  const UsableFamilies usable = usable_families(**snapshot, binding_.interface_index);
  if (const auto family = only()) return *family == Family::ipv4 ? usable.ipv4 : usable.ipv6;
  return usable.ipv4 || usable.ipv6;
}

void LocalSide::note_addresses() {
  if (auto now = network_.snapshot(); now.has_value()) noted_ = *std::move(now);
}

std::vector<IpAddress> LocalSide::lost_addresses() {
  std::vector<IpAddress> lost;
  const auto now = network_.snapshot();
  if (!noted_ || !now.has_value()) return lost;
  for (const ports::Interface& interface : noted_->interfaces)
    for (const ports::InterfaceAddress& had : interface.addresses)
      if (is_in_use(*noted_, had.address) && !is_in_use(**now, had.address))
        lost.push_back(had.address);
  noted_ = *now;
  return lost;
}

/// The family that the parameters leave, if only one.
std::optional<Family> LocalSide::only() const {
  return parameters_.source() ? std::optional(parameters_.source()->family()) : parameters_.only();
}

}  // namespace bowline::drive
