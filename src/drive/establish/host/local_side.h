#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/parameters.h>
#include <bowline/result.h>

#include "core/eyeballs/race.h"
#include "ports/network.h"

namespace bowline::drive {

/// This host's end of a connection to be: what the parameters bind it to, and what can be reached from there.
class LocalSide {
 public:
  /// `network` and `parameters` outlive it.
  LocalSide(ports::Network& network, const Parameters& parameters)
      : network_(network), parameters_(parameters) {}

  /// Looks up the interface that the parameters name: before each round, as it may come and go.
  [[nodiscard]] Result<void> bind();
  [[nodiscard]] const ports::Binding& binding() const { return binding_; }
  /// The parameters lead over other ways than those that the system would choose.
  [[nodiscard]] bool is_chosen() const {
    return binding_.interface_index != 0 || binding_.source.has_value();
  }

  /// The families that names are to be asked for.
  struct Families {
    bool ipv4;
    bool ipv6;
  };
  [[nodiscard]] Result<Families> families_to_ask();
  /// The address of an endpoint that is one, with its zone as a number.
  [[nodiscard]] Result<IpAddress> literal_address(const Endpoint& endpoint);
  /// The address, with the source that the host would use towards it.
  [[nodiscard]] core::RaceAddress reach(const IpAddress& address);
  /// Something beyond this host can be reached as the parameters ask for it; for an address: that
  /// address can.
  [[nodiscard]] bool has_path_to(const Endpoint& endpoint);

  /// Remembers the addresses of this host, for lost_addresses().
  void note_addresses();
  /// The addresses that this host no longer has, or whose link is down, since they were noted.
  [[nodiscard]] std::vector<IpAddress> lost_addresses();

 private:
  [[nodiscard]] std::optional<Family> only() const;

  ports::Network& network_;
  const Parameters& parameters_;
  ports::Binding binding_;
  std::shared_ptr<const ports::NetworkSnapshot> noted_;
};

}  // namespace bowline::drive
