#pragma once

#include <cstdint>

#include <bowline/result.h>

#include "linux/system/descriptor.h"
#include "linux/system/system.h"
#include "ports/files.h"
#include "ports/network.h"

namespace bowline::linux_host {

/// Reads the whole state of the host's network from the kernel, each time anew.
class NetworkReader {
 public:
  NetworkReader(const System& system, ports::Files& files) : system_(system), files_(files) {}

  [[nodiscard]] Result<ports::NetworkSnapshot> read();

 private:
  /// Asks for all objects of one kind and gives each to `visit`; `interrupted_` tells if they changed
  /// meanwhile.
  template <class Visit>
  [[nodiscard]] Result<void> dump(std::uint16_t type, Visit visit);
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> request(std::uint16_t type);
  [[nodiscard]] Result<ports::NetworkSnapshot> read_once();
  void tell_hardware(ports::Interface& interface);

  const System& system_;
  ports::Files& files_;
  Descriptor socket_;  // stays open, so that changes are seen even when descriptors run out
  std::uint32_t sequence_ = 0;
  bool interrupted_ = false;
};

}  // namespace bowline::linux_host
