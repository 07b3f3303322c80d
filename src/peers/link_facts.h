#pragma once

#include <string>

#include <bowline/connection.h>

#include "peers/hello.h"

namespace bowline::peers {

/// What a PeerLink is a handle on.
struct LinkFacts {
  std::string peer_id;
  std::string peer_name;
  Octets16 peer_instance{};
  bool is_initiator = false;
  MessageConnection reliable;
  DatagramConnection best_effort;

  [[nodiscard]] bool is_alive() const { return reliable.state() == ConnectionState::ready; }
};

}  // namespace bowline::peers
