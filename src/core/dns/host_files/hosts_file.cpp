#include "core/dns/host_files/hosts_file.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bowline::core {

namespace {

/// After so many searches of a text that is not short the index is made.
constexpr unsigned searches_max = 4;
constexpr std::size_t short_text_bytes = 16 * 1024;

constexpr char fold(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + ('a' - 'A')) : octet;
}

bool is_blank(char octet) {
  return octet == ' ' || (octet >= '\t' && octet <= '\r' && octet != '\n');
}

/// Calls `take` with each word of a line, up to a comment, until it says false.
template <class Take>
void for_each_word(std::string_view line, Take take) {
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && is_blank(line[at])) ++at;
    const std::size_t start = at;
    while (at < line.size() && !is_blank(line[at]) && line[at] != '#') ++at;
    if (at > start && !take(line.substr(start, at - start))) return;
    if (at < line.size() && line[at] == '#') return;
  }
}

std::string_view without_last_dot(std::string_view word) {
  if (word.size() > 1 && word.ends_with('.')) word.remove_suffix(1);
  return word;
}

bool is_name(std::string_view word, std::string_view folded) {
  return std::ranges::equal(without_last_dot(word), folded, {}, fold);
}

/// FNV-1a; what it collides for is compared again.
std::uint32_t hash_of(std::string_view word) {
  std::uint32_t hash = 2166136261U;
  for (const char octet : without_last_dot(word))
    hash = (hash ^ static_cast<unsigned char>(fold(octet))) * 16777619U;
  return hash;
}

/// Where `folded` may be found in a text, in any case (Boyer, Moore, Horspool): it looks at every so many
/// octets only as the name is long.
class NameSearch {
 public:
  explicit NameSearch(std::string_view folded) : folded_(folded) {
    skips_.fill(folded.size());
    for (std::size_t i = 0; i + 1 < folded.size(); ++i) {
      const std::size_t skip = folded.size() - 1 - i;
      skips_[static_cast<unsigned char>(folded[i])] = skip;
      if (folded[i] >= 'a' && folded[i] <= 'z')
        skips_[static_cast<unsigned char>(folded[i] - ('a' - 'A'))] = skip;
    }
  }
  /// The first place from `at` on; the text's size if there is none.
  [[nodiscard]] std::size_t next(std::string_view text, std::size_t at) const {
    const std::size_t last = folded_.size() - 1;
    while (at + last < text.size()) {
      const char octet = text[at + last];
      if (fold(octet) == folded_[last] && is_here(text.substr(at, last))) return at;
      at += skips_[static_cast<unsigned char>(octet)];
    }
    return text.size();
  }

 private:
  [[nodiscard]] bool is_here(std::string_view start) const {
    return std::ranges::equal(start, folded_.substr(0, start.size()), {}, fold);
  }

  std::string_view folded_;
  std::array<std::size_t, 256> skips_;
};

template <class Value>
void add_once(std::vector<Value>& values, Value value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
}

}  // namespace

HostsFile::HostsFile(std::string text, InterfaceIndex interface_index)
    : text_(std::move(text)), interface_index_(std::move(interface_index)) {
  text_.resize(std::min<std::size_t>(text_.size(), UINT32_MAX));
}

std::vector<IpAddress> HostsFile::addresses_of(const wire::DnsName& name) {
  std::vector<IpAddress> addresses;
  if (name.is_root() || text_.empty()) return addresses;
  const std::string folded = to_string(name.folded());
  if (!has_index_ && text_.size() > short_text_bytes && ++searches_ > searches_max) make_index();
  if (!has_index_) {
    search(folded, addresses);
    return addresses;
  }
  for (const Slot& slot : std::ranges::equal_range(index_, hash_of(folded), {}, &Slot::hash))
    take_line_of(slot.line, folded, addresses);
  return addresses;
}

std::vector<wire::DnsName> HostsFile::names_of(const IpAddress& address) const {
  std::vector<wire::DnsName> names;
  const std::string plain = to_string(address);
  for (std::size_t start = 0; start < text_.size(); start += line_at(start).size() + 1) {
    bool is_first = true;
    for_each_word(line_at(start), [&](std::string_view word) {
      if (std::exchange(is_first, false)) {
        if (address.is_v4()) return word == plain;
        const bool may_be = word.find(':') != std::string_view::npos;
        return may_be && address_with_zone(word, interface_index_) == address;
      }
      if (auto name = wire::DnsName::parse(word); name.has_value() && !name->is_root())
        add_once(names, *std::move(name));
      return true;
    });
  }
  return names;
}

std::size_t HostsFile::count_useless_lines() const {
  std::size_t count = 0;
  for (std::size_t start = 0; start < text_.size(); start += line_at(start).size() + 1) {
    std::size_t words = 0;
    bool has_address = false;
    bool has_name = false;
    for_each_word(line_at(start), [&](std::string_view word) {
      if (words++ == 0)
        has_address = address_with_zone(word, interface_index_).has_value();
      else if (const auto name = wire::DnsName::parse(word); name.has_value())
        has_name |= !name->is_root();
      return true;
    });
    count += words > 0 && !(has_address && has_name);
  }
  return count;
}

void HostsFile::make_index() {
  for (std::size_t start = 0; start < text_.size(); start += line_at(start).size() + 1) {
    bool is_first = true;
    for_each_word(line_at(start), [&](std::string_view word) {
      if (!std::exchange(is_first, false))
        index_.push_back({hash_of(word), static_cast<std::uint32_t>(start)});
      return true;
    });
  }
  std::ranges::sort(index_, {}, [](const Slot& slot) { return std::pair(slot.hash, slot.line); });
  has_index_ = true;
}

std::string_view HostsFile::line_at(std::size_t start) const {
  const std::string_view rest = std::string_view(text_).substr(start);
  return rest.substr(0, rest.find('\n'));
}

void HostsFile::take_line_of(std::size_t start, std::string_view name,
                             std::vector<IpAddress>& into) const {
  std::string_view first;
  for_each_word(line_at(start), [&](std::string_view word) {
    if (first.empty()) {
      first = word;
      return true;
    }
    if (!is_name(word, name)) return true;
    if (const auto address = address_with_zone(first, interface_index_)) add_once(into, *address);
    return false;
  });
}

void HostsFile::search(std::string_view name, std::vector<IpAddress>& into) const {
  const std::string_view text = text_;
  const NameSearch searched(name);
  for (std::size_t at = searched.next(text, 0); at < text.size();) {
    // A word of its own, or a part of a longer one?
    if (at == 0 || !is_blank(text[at - 1])) {
      at = searched.next(text, at + 1);
      continue;
    }
    const std::size_t before = text.rfind('\n', at);
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    take_line_of(start, name, into);
    at = searched.next(text, start + line_at(start).size());
  }
}

}  // namespace bowline::core
