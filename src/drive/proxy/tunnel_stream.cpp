#include "drive/proxy/tunnel_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

std::string fresh_chance(Loop& loop) {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuv";
  std::array<std::byte, 24> bytes{};
  loop.host().random().fill(bytes);
  std::string text;
  for (const std::byte byte : bytes) text += alphabet[static_cast<unsigned>(byte) & 31U];
  return text;
}

std::optional<core::ProxyLogin> login_of(const ProxyRoute& route, Loop& loop) {
  if (route.username.empty()) return std::nullopt;
  core::ProxyLogin login;
  login.username = route.username;
  login.password = route.password;
  login.client_nonce = fresh_chance(loop);
  login.hash = route.hash;
  if (auto known = route.memory->use()) {
    login.known = std::move(known->challenge);
    login.nonce_count = known->nonce_count - 1;
  }
  return login;
}

}  // namespace

const char* name_of(ProxyProtocol protocol) {
  switch (protocol) {
    case ProxyProtocol::http_connect: return "connect";
    case ProxyProtocol::socks5: return "socks5";
  }
  return "proxy";
}

TunnelStream::TunnelStream(std::shared_ptr<const ProxyRoute> route,
                           std::unique_ptr<core::ProxyTunnel> tunnel,
                           std::unique_ptr<ports::ByteStream> below)
    : route_(std::move(route)), tunnel_(std::move(tunnel)), below_(std::move(below)) {
  below_->observe(*this);
}

Result<bool> TunnelStream::shake_hands() {
  if (!std::exchange(has_started_, true)) BOWLINE_TRY_VOID(tunnel_->start());
  for (;;) {
    BOWLINE_TRY_VOID(flush());
    if (tunnel_->is_open()) {
      remember(false);
      return true;
    }
    BOWLINE_TRY(const bool has_read, feed());
    if (!has_read) return false;
  }
}

/// As much as the stream below takes now.
Result<void> TunnelStream::flush() {
  while (!tunnel_->unwritten().empty()) {
    const std::array<std::span<const std::byte>, 1> pieces{as_bytes(tunnel_->unwritten())};
    const auto written = below_->write(pieces);
    if (!written.has_value()) return give_up(written.error());
    tunnel_->mark_written(written->bytes);
    if (written->blocked) break;
  }
  return {};
}

/// False if nothing is there now.
Result<bool> TunnelStream::feed() {
  std::array<std::byte, 4096> block{};
  const auto read = below_->read(block);
  if (!read.has_value()) return give_up(read.error());
  if (read->bytes > 0) {
    const std::span<const std::byte> bytes = std::span(block).first(read->bytes);
    const auto taken = tunnel_->take(bytes);
    if (!taken.has_value()) {
      remember(true);
      return taken.error();
    }
    leftover_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(*taken), bytes.end());
    return true;
  }
  if (!read->end) return false;
  return give_up(std::nullopt);
}

/// The proxy has gone. That it wanted to hear who we are before counts for more than how it went.
Error TunnelStream::give_up(const std::optional<Error>& broken) {
  Error error = tunnel_->handle_end();
  remember(true);
  return broken && !tunnel_->wants_new_connection() ? *broken : error;
}

/// What the proxy wants to hear is for the next connection, too; what it did not take is not.
void TunnelStream::remember(bool has_failed) {
  if (has_failed && !tunnel_->wants_new_connection()) return route_->memory->forget();
  if (const core::Challenge* const challenge = tunnel_->challenge())
    route_->memory->note(*challenge, has_failed ? 0 : 1);
}

Result<ports::Transfer> TunnelStream::read(std::span<std::byte> into) {
  if (leftover_.empty()) return below_->read(into);
  ports::Transfer transfer;
  transfer.bytes = std::min(into.size(), leftover_.size());
  std::copy_n(leftover_.begin(), transfer.bytes, into.begin());
  leftover_.erase(leftover_.begin(),
                  leftover_.begin() + static_cast<std::ptrdiff_t>(transfer.bytes));
  return transfer;
}

void TunnelStream::append_facts(std::vector<ports::LayerFacts>& layers) const {
  const std::size_t before = layers.size();
  below_->append_facts(layers);
  for (std::size_t i = before; i < layers.size(); ++i) layers[i].security.reset();
  ports::LayerFacts facts;
  facts.protocol = name_of(route_->protocol);
  facts.details.emplace_back("proxy", route_->shown);
  layers.push_back(std::move(facts));
}

Layer tunnel_layer(const std::shared_ptr<const ProxyRoute>& route, core::TunnelTarget target) {
  return {
      name_of(route->protocol),
      [route, target = std::move(target)](
          const LayerContext& context,
          std::unique_ptr<ports::ByteStream> below) -> Result<std::unique_ptr<HandshakingStream>> {
        if (context.role != LayerRole::client)
          return Error(ErrorKind::unsupported, "proxy", "a listener cannot listen at a proxy");
        auto login = login_of(*route, context.loop);
        auto tunnel = route->protocol == ProxyProtocol::socks5
                          ? core::make_socks_tunnel(target, std::move(login))
                          : core::make_http_tunnel(target, std::move(login));
        return std::make_unique<TunnelStream>(route, std::move(tunnel), std::move(below));
      }};
}

}  // namespace bowline::drive
