#include "peers/peer_id.h"

namespace bowline::peers {

namespace {

/// Crockford's alphabet: without I, L, O and U.
constexpr std::string_view peer_id_letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t peer_id_characters = 16;

char as_it_was_meant(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') return '0';
  return c == 'I' || c == 'L' ? '1' : c;
}

std::string in_groups(std::string_view characters) {
  std::string text;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += '-';
    text += characters[i];
  }
  return text;
}

}  // namespace

std::string peer_id_of(std::span<const std::byte> digest) {
  std::string characters;
  unsigned bits = 0;
  unsigned kept = 0;
  for (const std::byte octet : digest) {
    kept = kept << 8 | std::to_integer<unsigned>(octet);
    for (bits += 8; bits >= 5 && characters.size() < peer_id_characters; bits -= 5)
      characters += peer_id_letters[kept >> (bits - 5) & 31];
    if (characters.size() == peer_id_characters) break;
  }
  return in_groups(characters);
}

std::string canonical_peer_id(std::string_view typed) {
  std::string characters;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const char meant = as_it_was_meant(c);
    if (!peer_id_letters.contains(meant)) return "";
    characters += meant;
  }
  return characters.size() == peer_id_characters ? in_groups(characters) : "";
}

}  // namespace bowline::peers
