#include "drive/establish/handshakes.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void add_layer_facts(std::vector<Handshake::Facts>& handshakes,
                     std::vector<ports::LayerFacts> layers) {
  auto next = handshakes.begin();
  for (ports::LayerFacts& layer : layers) {
    auto found = std::find_if(next, handshakes.end(), [&](const Handshake::Facts& handshake) {
      return handshake.protocol == layer.protocol;
    });
    if (found == handshakes.end()) {
      const bool is_timed = layer.started && layer.ended;
      const Duration duration = is_timed ? *layer.ended - *layer.started : Duration::zero();
      found = handshakes.insert(next, {std::move(layer.protocol), duration, {}, {}});
    }
    found->rtt = layer.rtt;
    found->details = std::move(layer.details);
    found->security = std::move(layer.security);
    next = found + 1;
  }
}

}  // namespace bowline::drive
