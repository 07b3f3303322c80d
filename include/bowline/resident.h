#pragma once

#include <bowline/export.h>
#include <bowline/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace BOWLINE_API bowline {

enum class ResidentKind : std::uint8_t { connection, listener, lookup, path_monitor, group };
[[nodiscard]] std::string to_string(ResidentKind kind);

/// One thing that lived on a loop when `Loop::residents()` was called. A value: what becomes of the thing
/// later does not change it.
class ResidentSnapshot {
 public:
  struct Facts;  ///< the library's own
  explicit ResidentSnapshot(Facts&& facts);

  /// As in trace events and reports: "C8" for a connection, "L3" for a listener, "R5" for a lookup,
  /// "P1" for a path monitor, "G2" for a group.
  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] ResidentKind kind() const;
  /// A connection's ConnectionState, "closing" while its last bytes are sent; "listening"; "asking", or
  /// "answered" for a lookup whose answers wait to be taken.
  [[nodiscard]] const std::string& state() const;
  /// Where a connection leads, where a listener listens, which name is looked up; safe to print.
  [[nodiscard]] const std::string& endpoint() const;
  /// The protocols, top first; empty for a lookup.
  [[nodiscard]] const std::vector<std::string>& stack() const;
  /// For how long it had been there.
  [[nodiscard]] Duration age() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One line for people: `C8 connection ready example.com:443 over tcp, 1.5 s old`
[[nodiscard]] std::string to_string(const ResidentSnapshot& resident);

}  // namespace BOWLINE_API bowline
