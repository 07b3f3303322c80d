#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "scene.h"

namespace bowline::test {

/// What each host of these programs can open.
constexpr std::size_t sockets_max = 24;

/// How many sockets `host` can still open; all of them means that none was left behind.
[[nodiscard]] inline std::size_t count_free_sockets(sim::Host& host) {
  Loop loop(host);
  std::vector<Listener<DatagramConnection>> sockets;
  for (;;) {
    auto opened = listen(loop, everywhere(0), udp());
    if (!opened.has_value()) return sockets.size();
    sockets.push_back(*std::move(opened));
  }
}

}  // namespace bowline::test
