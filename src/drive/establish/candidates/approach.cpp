#include "drive/establish/candidates/approach.h"

#include "drive/establish/candidates/layer_candidate.h"
#include "drive/establish/candidates/tcp_candidate.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

LayerContext make_context(const Approach& approach) {
  LayerContext context{.loop = approach.loop};
  context.host = approach.endpoint.host();
  context.remote = approach.remote;
  context.port = approach.endpoint.port();
  context.target = approach.target;
  // RFC 9460 7.1.2: what is negotiated then does not depend on what the record lists.
  context.alpn = approach.alternative.alpn;
  if (approach.service != nullptr) context.ech = approach.service->ech;
  return context;
}

namespace {

std::unique_ptr<StreamCandidate> make_bottom(const Approach& approach,
                                             const ports::StreamOptions& options) {
  if (approach.alternative.make_bottom) return approach.alternative.make_bottom(approach);
  return std::make_unique<TcpCandidate>(
      approach.loop.host().network(),
      TcpCandidate::Target{approach.remote, approach.binding, options});
}

}  // namespace

std::unique_ptr<StreamCandidate> make_stream_candidate(const Approach& approach,
                                                       const ports::StreamOptions& options,
                                                       std::vector<std::byte> early_data) {
  std::unique_ptr<StreamCandidate> bottom = make_bottom(approach, options);
  const std::vector<Layer>& layers = approach.alternative.layers;
  if (layers.empty()) return bottom;
  LayerContext context = make_context(approach);
  context.early_data = std::move(early_data);
  return put_layers(layers, std::move(context), std::move(bottom));
}

std::unique_ptr<StreamCandidate> make_accepted_stream_candidate(
    Loop& loop, const StackAlternative& alternative, std::unique_ptr<ports::ByteStream> stream) {
  LayerContext context{.loop = loop, .role = LayerRole::server};
  context.remote = stream->remote_address();
  context.alpn = alternative.alpn;
  std::unique_ptr<StreamCandidate> bottom = std::make_unique<ReadyCandidate>(std::move(stream));
  if (alternative.layers.empty()) return bottom;
  return put_layers(alternative.layers, std::move(context), std::move(bottom));
}

}  // namespace bowline::drive
