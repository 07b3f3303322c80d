#pragma once

#include <bowline/bowline.h>

#include <ostream>
#include <span>
#include <vector>

namespace bowline::flows {

/// A short program that somebody might write, with all its ends on one loop and on loopback addresses. It
/// succeeds, or says why not; whatever fails below it, it comes to an end.
struct Flow {
  const char* name;
  Result<void> (*run)(Loop& loop);
};
inline std::ostream& operator<<(std::ostream& out, const Flow& flow) { return out << flow.name; }

// One function for each file of this folder.
[[nodiscard]] std::span<const Flow> connecting_flows();
[[nodiscard]] std::span<const Flow> datagram_flows();
[[nodiscard]] std::span<const Flow> listening_flows();
[[nodiscard]] std::span<const Flow> loop_flows();
[[nodiscard]] std::span<const Flow> message_flows();
[[nodiscard]] std::span<const Flow> name_flows();
[[nodiscard]] std::span<const Flow> operation_flows();
[[nodiscard]] std::span<const Flow> stream_flows();
[[nodiscard]] std::vector<Flow> all_flows();
/// Those that make no loop or thread of their own.
[[nodiscard]] std::vector<Flow> flows_on_one_loop();
/// Those about connections themselves: every system call of theirs is worth failing.
[[nodiscard]] std::vector<Flow> transport_flows();

/// Did a program end only because nothing had happened for a long time?
[[nodiscard]] bool is_hang(const Result<void>& outcome);

}  // namespace bowline::flows
