#include <bowline/cbor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace bowline {

namespace {

enum class CborMajor : std::uint8_t {
  unsigned_number,
  negative_number,
  octets,
  text,
  array,
  map,
  tag,
  simple
};

constexpr unsigned indefinite = 31;
constexpr unsigned cbor_break = 0xff;

/// An item whose parts are still to come.
struct OpenItem {
  CborMajor major;
  bool is_indefinite;
  std::uint64_t left;  ///< parts; of an indefinite map, how many have come
};

struct CborHead {
  CborMajor major = CborMajor::simple;
  unsigned information = 0;
  std::uint64_t argument = 0;
};

Error not_cbor(const char* what) { return Error(ErrorKind::malformed, "cbor", what); }

class CborWalk {
 public:
  CborWalk(std::span<const std::byte> bytes, std::size_t depth_max)
      : rest_(bytes), depth_max_(depth_max) {}

  Result<void> walk() {
    bool is_first = true;
    while (is_first || !open_.empty()) {
      is_first = false;
      if (rest_.empty()) return not_cbor("an item is cut off");
      if (std::to_integer<unsigned>(rest_.front()) == cbor_break) {
        BOWLINE_TRY_VOID(take_break());
        continue;
      }
      BOWLINE_TRY(const CborHead head, take_head());
      BOWLINE_TRY_VOID(take_item(head));
    }
    return rest_.empty() ? Result<void>() : not_cbor("octets behind the item");
  }

 private:
  Result<CborHead> take_head() {
    const auto first = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    CborHead head;
    head.major = static_cast<CborMajor>(first >> 5);
    head.information = first & 31;
    if (head.information < 24) {
      head.argument = head.information;
    } else if (head.information < 28) {
      const std::size_t size = std::size_t{1} << (head.information - 24);
      if (rest_.size() < size) return not_cbor("an item is cut off");
      for (const std::byte octet : rest_.first(size))
        head.argument = head.argument << 8 | std::to_integer<std::uint64_t>(octet);
      rest_ = rest_.subspan(size);
    } else if (head.information != indefinite) {
      return not_cbor("a reserved length");
    }
    return head;
  }

  Result<void> take_item(const CborHead& head) {
    const bool is_string = head.major == CborMajor::octets || head.major == CborMajor::text;
    // Pieces of a string are strings of the same kind, of definite length.
    if (!open_.empty() && is_string_item(open_.back()) &&
        (head.major != open_.back().major || head.information == indefinite))
      return not_cbor("a string with other items inside");
    if (head.information == indefinite) return open_indefinite(head.major);
    if (is_string) {
      if (rest_.size() < head.argument) return not_cbor("a string is cut off");
      rest_ = rest_.subspan(static_cast<std::size_t>(head.argument));
      return end_item();
    }
    switch (head.major) {
      case CborMajor::array: return open(head.major, head.argument);
      case CborMajor::map:
        if (head.argument > UINT64_MAX / 2) return not_cbor("a map is cut off");
        return open(head.major, 2 * head.argument);
      case CborMajor::tag: return open(head.major, 1);
      case CborMajor::simple:
        // RFC 8949 3.3: values below 32 have the short form only.
        if (head.information == 24 && head.argument < 32)
          return not_cbor("a simple value too long");
        return end_item();
      case CborMajor::unsigned_number:
      case CborMajor::negative_number:
      case CborMajor::octets:
      case CborMajor::text: break;
    }
    return end_item();
  }

  static bool is_string_item(const OpenItem& item) {
    return item.major == CborMajor::octets || item.major == CborMajor::text;
  }

  Result<void> open_indefinite(CborMajor major) {
    if (major == CborMajor::unsigned_number || major == CborMajor::negative_number ||
        major == CborMajor::tag || major == CborMajor::simple)
      return not_cbor("an item without a length");
    return push({major, true, 0});
  }

  Result<void> open(CborMajor major, std::uint64_t parts) {
    if (parts == 0) return end_item();
    // Each part has at least one octet: so nothing large is promised for nothing.
    if (parts > rest_.size()) return not_cbor("an item is cut off");
    return push({major, false, parts});
  }

  Result<void> push(const OpenItem& item) {
    if (open_.size() == depth_max_)
      return Error(ErrorKind::limit_exceeded, "cbor", "items lie too deep");
    open_.push_back(item);
    return {};
  }

  Result<void> take_break() {
    if (open_.empty() || !open_.back().is_indefinite) return not_cbor("an end of nothing");
    if (open_.back().major == CborMajor::map && open_.back().left % 2 != 0)
      return not_cbor("a key without a value");
    rest_ = rest_.subspan(1);
    open_.pop_back();
    return end_item();
  }

  /// An item is whole; so may be those around it.
  Result<void> end_item() {
    while (!open_.empty()) {
      OpenItem& around = open_.back();
      if (around.is_indefinite) {
        ++around.left;
        return {};
      }
      if (--around.left > 0) return {};
      open_.pop_back();
    }
    return {};
  }

  std::span<const std::byte> rest_;
  const std::size_t depth_max_;
  std::vector<OpenItem> open_;
};

}  // namespace

Result<void> check_cbor(std::span<const std::byte> bytes, std::size_t depth_max) {
  return CborWalk(bytes, depth_max).walk();
}

}  // namespace bowline
