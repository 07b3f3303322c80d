#include "drive/connection/handshakes.h"

#include <utility>

namespace bowline::drive {

std::vector<Handshake> handshakes_of(std::vector<ports::LayerFacts> layers,
                                     const std::string& protocol, Instant started, Instant ended) {
  if (layers.empty()) layers.push_back({protocol, {}, {}, {}, {}});
  std::vector<Handshake> handshakes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    ports::LayerFacts& layer = layers[i];
    const bool is_top = i + 1 == layers.size();
    const Instant from = layer.started.value_or(started);
    const Instant to = layer.ended.value_or(is_top ? ended : layers[i + 1].started.value_or(ended));
    handshakes.push_back(
        {std::move(layer.protocol), to - from, layer.rtt, std::move(layer.details)});
  }
  return handshakes;
}

}  // namespace bowline::drive
