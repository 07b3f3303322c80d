// permessage-deflate: what comes in never makes more than its room, a message that was compressed is read
// as itself, and terms that are written are read as the same.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/websocket/deflate.h"
#include "core/websocket/deflate_terms.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;
using Octets = std::vector<std::byte>;

/// Nothing if they are no message, or one of more than `bytes_max` octets.
std::optional<Octets> inflate_all(MessageInflater& inflater, std::span<const std::byte> bytes,
                                  std::size_t bytes_max) {
  Octets into;
  std::size_t taken = 0;
  for (int calls = 0;; ++calls) {
    require(calls < 100'000);
    const bool feeds = taken < bytes.size();
    const auto step = feeds ? inflater.add(bytes.subspan(taken), into, bytes_max)
                            : inflater.finish(into, bytes_max);
    require(into.size() <= bytes_max);
    if (!step.has_value() || into.size() == bytes_max) return std::nullopt;
    if (feeds && step->consumed == 0 && !step->has_more) return std::nullopt;
    if (feeds) taken += step->consumed;
    if (!feeds && !step->has_more) return into;
  }
}

void read_terms(std::string_view text, std::size_t manner) {
  WebSocketCompression wanted;
  if ((manner & 1) != 0) wanted.keep_own_context(false).own_window_bits(10);
  if ((manner & 2) != 0) wanted.keep_peer_context(false).peer_window_bits(9);
  const auto chosen = choose_deflate(text, wanted);
  if (chosen.has_value() && *chosen) {
    require((*chosen)->server_window_bits >= 9 &&
            (*chosen)->server_window_bits <= wanted.own_window_bits());
    require(write_deflate_terms(**chosen).starts_with("permessage-deflate"));
  }
  const auto read = read_deflate_choice(text, wanted);
  if (!read.has_value() || !*read) return;
  require((*read)->client_window_bits <= wanted.own_window_bits());
  require((*read)->server_window_bits <= wanted.peer_window_bits());
}

}  // namespace

int fuzz_deflate(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const std::size_t manner = input.below(16);
  const bool keeps = (manner & 1) != 0;
  const int bits = 9 + static_cast<int>(input.below(7));
  const auto rest = input.take(bytes.size());

  MessageInflater stranger({.window_bits = bits, .keeps_context = keeps});
  constexpr std::size_t room = std::size_t{64} * 1024;
  for (int messages = 0; messages < 2; ++messages)
    if (!inflate_all(stranger, rest, room)) break;

  MessageDeflater out(
      {.window_bits = bits, .keeps_context = keeps, .level = 1 + static_cast<int>(manner % 9)});
  MessageInflater in({.window_bits = bits, .keeps_context = keeps});
  const std::size_t half = rest.size() / 2;
  for (int messages = 0; messages < 3; ++messages) {
    Octets squeezed;
    require(out.add(rest.first(half), false, squeezed).has_value());
    require(out.add(rest.subspan(half), true, squeezed).has_value());
    const auto back = inflate_all(in, squeezed, rest.size() + 1);
    require(back && std::ranges::equal(*back, rest));
  }
  read_terms({reinterpret_cast<const char*>(rest.data()), rest.size()}, manner);
  return 0;
}
