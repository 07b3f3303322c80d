// What a proxy answers, in any pieces: whatever it is, the handshake ends or waits, what is written stays
// bounded, and what follows the answer stays whole. Then the texts that people write about proxies, and
// records that somebody else may have written.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "core/proxy/exclusions.h"
#include "core/proxy/tunnel.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

std::string toy_hash(DigestAlgorithm, std::string_view text) {
  return std::to_string(text.size() * 2654435761U);
}

ProxyLogin toy_login() {
  ProxyLogin login;
  login.username = "ann";
  login.password = "sesame";
  login.client_nonce = "chance";
  login.hash = toy_hash;
  return login;
}

/// What is left of the input once the tunnel is open; nothing if it never is.
std::optional<std::string> shake_hands(ProxyTunnel& tunnel, std::string_view answer,
                                       std::size_t piece_max) {
  if (!tunnel.start().has_value()) return std::nullopt;
  while (!answer.empty()) {
    require(tunnel.unwritten().size() < 4096);
    tunnel.mark_written(tunnel.unwritten().size());
    const std::string_view piece = answer.substr(0, piece_max);
    const auto taken = tunnel.take(as_bytes(piece));
    if (!taken.has_value()) return std::nullopt;
    require(*taken <= piece.size());
    answer.remove_prefix(*taken);
    if (tunnel.is_open()) return std::string(answer);
    require(*taken == piece.size());
  }
  static_cast<void>(tunnel.handle_end());
  return std::nullopt;
}

void check_list(std::string_view text) {
  const HostList list(text);
  // Who is in it brings along all below.
  require(!list.contains("a.example", 443) || list.contains("b.a.example", 443));
  require(!list.empty() || !list.contains("a.example", 443));
  static_cast<void>(list.contains("[2001:db8::1]", 443));
}

}  // namespace

int fuzz_proxy_answers(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const bool is_http = input.below(2) == 0;
  const bool has_login = input.below(2) == 0;
  const std::size_t piece_max = 1 + input.below(7);
  const std::string_view text = as_text(input.take(bytes.size()));
  const auto make = [&] {
    auto login = has_login ? std::optional(toy_login()) : std::nullopt;
    return is_http ? make_http_tunnel({"www.example.com", 443}, std::move(login))
                   : make_socks_tunnel({"www.example.com", 443}, std::move(login));
  };
  const auto whole = shake_hands(*make(), text, text.size() + 1);
  const auto in_pieces = shake_hands(*make(), text, piece_max);
  require(whole == in_pieces);
  check_list(text);
  return 0;
}
