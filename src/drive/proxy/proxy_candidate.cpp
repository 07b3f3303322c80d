#include "drive/proxy/proxy_candidate.h"

#include <utility>

#include "drive/establish/candidates/layer_candidate.h"
#include "drive/establish/candidates/tcp_candidate.h"
#include "drive/loop/loop.h"
#include "drive/proxy/tunnel_stream.h"

namespace bowline::drive {

namespace {

LayerContext context_of(const ProxyRoute& route, const Approach& approach) {
  LayerContext context{.loop = approach.loop};
  context.host = route.endpoint.host();
  context.remote = approach.remote;
  context.port = route.endpoint.port();
  context.target = route.endpoint.is_address() ? std::string() : route.endpoint.host();
  context.alpn = route.alpn;
  return context;
}

}  // namespace

ProxyCandidate::ProxyCandidate(std::shared_ptr<const ProxyRoute> route, const Approach& approach)
    : route_(std::move(route)),
      loop_(approach.loop),
      remote_(approach.remote),
      binding_(approach.binding),
      layers_(route_->layers),
      context_(context_of(*route_, approach)) {
  std::string host = approach.endpoint.host();
  if (host.ends_with('.')) host.pop_back();
  layers_.push_back(tunnel_layer(route_, {std::move(host), approach.endpoint.port()}));
}

Result<Candidate::Progress> ProxyCandidate::start(CandidateObserver& observer) {
  observer_ = &observer;
  auto begun = begin();
  if (!begun.has_value() && is_worth_another_try(begun.error())) return begin();
  return begun;
}

Result<Candidate::Progress> ProxyCandidate::begin() {
  failed_ = std::move(try_);
  try_ = std::make_unique<Try>(*this);
  try_->candidate = put_layers(
      layers_, context_,
      std::make_unique<TcpCandidate>(loop_.host().network(),
                                     TcpCandidate::Target{remote_, binding_, route_->stream}));
  return try_->candidate->start(*try_);
}

void ProxyCandidate::append_handshakes(std::vector<Handshake::Facts>& done) const {
  try_->candidate->append_handshakes(done);
}

bool ProxyCandidate::is_worth_another_try(const Error& error) {
  constexpr int authentication_required = 407;
  const bool was_asked = error.domain() == ErrorDomain::http &&
                         error.code() == authentication_required &&
                         route_->memory->knows_something();
  return was_asked && !std::exchange(has_tried_again_, true);
}

void ProxyCandidate::handle_failure(Error error) {
  if (!is_worth_another_try(error)) return observer_->handle_failure(std::move(error));
  const auto begun = begin();
  if (!begun.has_value()) return observer_->handle_failure(begun.error());
  if (*begun == Progress::ready) observer_->handle_ready();
}

Result<void> lead_through(const std::shared_ptr<const ProxyRoute>& route,
                          std::vector<StackAlternative>& alternatives) {
  for (StackAlternative& alternative : alternatives) {
    if (alternative.transport != Transport::tcp || alternative.make_bottom)
      return Error(ErrorKind::unsupported, "proxy", "only TCP is led through this proxy");
    alternative.towards = std::make_shared<const Endpoint>(route->endpoint);
    alternative.make_bottom = [route](const Approach& approach) {
      return std::make_unique<ProxyCandidate>(route, approach);
    };
  }
  return {};
}

}  // namespace bowline::drive
