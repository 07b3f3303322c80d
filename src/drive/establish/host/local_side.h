#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/parameters.h>
#include <bowline/result.h>

#include "core/eyeballs/race.h"
#include "core/path/path_evaluation.h"
#include "drive/loop/loop.h"
#include "ports/network.h"

namespace bowline::drive {

/// This host's end of a connection to be: what the parameters bind it to, and what can be reached from there.
class LocalSide {
 public:
  /// `loop` and `parameters` outlive it.
  LocalSide(Loop& loop, const Parameters& parameters);

  /// Finds the interfaces that do for the parameters, and binds to the first: before each round, as they may
  /// come and go.
  ///
  /// errors    address_unavailable for a named interface that is not there; unreachable, with every reason,
  ///           where no interface does
  [[nodiscard]] Result<void> bind(const Endpoint& endpoint);
  /// Binds to the next interface that does for the parameters; false if none is left.
  [[nodiscard]] bool bind_next();
  [[nodiscard]] bool has_next() const { return next_link_ < links_.size(); }
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
  /// Why an address that a name has may not be used; nothing if it may.
  [[nodiscard]] std::optional<Error> refusal(const IpAddress& address);
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
  [[nodiscard]] bool is_choosy() const;
  [[nodiscard]] Result<core::PathEvaluation> evaluate(const Endpoint& endpoint);

  Loop& loop_;
  ports::Network& network_;
  const Parameters& parameters_;
  core::PathRequirements requirements_;
  std::vector<std::uint32_t> links_;  // that do, best first; empty where nobody is choosy
  std::size_t next_link_ = 0;
  static constexpr std::size_t links_max = 8;  // that are tried in one round
  ports::Binding binding_;
  std::shared_ptr<const ports::NetworkSnapshot> noted_;
};

}  // namespace bowline::drive
