#include "drive/establish/approach.h"

#include "core/eyeballs/alpn_match.h"
#include "drive/establish/layer_candidate.h"
#include "drive/establish/tcp_candidate.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

std::shared_ptr<const LayerContext> make_context(const Approach& approach) {
  LayerContext context{.loop = approach.loop};
  context.host = approach.host;
  context.remote = approach.remote;
  context.target = approach.target;
  context.alpn = offered_alpn(approach);
  if (approach.service) context.ech = approach.service->ech;
  return std::make_shared<const LayerContext>(std::move(context));
}

std::unique_ptr<StreamCandidate> make_bottom(const Approach& approach,
                                             const ports::StreamOptions& options) {
  if (approach.alternative.make_bottom) return approach.alternative.make_bottom(approach);
  return std::make_unique<TcpCandidate>(
      approach.loop.host().network(),
      TcpCandidate::Target{approach.remote, approach.binding, options});
}

}  // namespace

std::unique_ptr<StreamCandidate> make_stream_candidate(const Approach& approach,
                                                       const ports::StreamOptions& options) {
  std::unique_ptr<StreamCandidate> bottom = make_bottom(approach, options);
  const std::vector<Layer>& layers = approach.alternative.layers;
  if (layers.empty()) return bottom;
  return put_layers(layers, make_context(approach), std::move(bottom));
}

std::vector<std::string> offered_alpn(const Approach& approach) {
  const StackAlternative& alternative = approach.alternative;
  if (!approach.service) return alternative.alpn;
  return core::common_alpn(*approach.service, alternative.protocol, alternative.alpn);
}

}  // namespace bowline::drive
