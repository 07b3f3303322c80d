#include <bowline/buffer.h>
#include <bowline/message.h>
#include <bowline/path.h>
#include <bowline/probe_reply.h>
#include <bowline/report.h>
#include <bowline/resident.h>
#include <bowline/transfer_report.h>

#include <string_view>

#include "base/escape.h"

// The one-line forms of values that have several parts.

namespace bowline {

namespace {

constexpr std::size_t name_characters_max = 64;

std::string safe(std::string_view text) { return escape(text, 1024); }

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

/// `a, b, c`
template <class Range>
std::string joined(const Range& range, std::string_view separator) {
  std::string text;
  for (const auto& one : range) {
    if (!text.empty()) text += separator;
    text += to_string(one);
  }
  return text;
}

}  // namespace

std::string to_string(const ResolvedRecord& record) {
  return safe(record.data()) + " (" + std::to_string(record.ttl_seconds()) + " s)";
}

std::string to_string(const Resolution& resolution) {
  const bool ok = resolution.status() == ResolutionStatus::ok;
  std::string line = safe(resolution.type()) + " " + safe(resolution.name()) + ": " +
                     (ok ? joined(resolution.records(), ", ") : to_string(resolution.status()));
  line += ", from " + to_string(resolution.source());
  if (resolution.source() == ResolutionSource::query)
    line += " in " + to_string(resolution.duration());
  if (resolution.is_stale()) line += ", expired";
  return line;
}

std::string to_string(const Attempt& attempt) {
  std::string line = safe(attempt.id()) + " " + safe(attempt.protocol()) + " " +
                     to_string(attempt.remote()) + ": " + to_string(attempt.outcome());
  if (attempt.ended()) line += " after " + to_string(*attempt.ended() - attempt.started());
  if (attempt.error()) line += ": " + to_string(*attempt.error());
  return line;
}

std::string to_string(const Handshake& handshake) {
  std::string line = safe(handshake.protocol()) + " in " + to_string(handshake.duration());
  if (handshake.rtt()) line += ", round trip " + to_string(*handshake.rtt());
  return line;
}

std::string to_string(const Report& report) {
  std::string line = safe(report.id()) + " " + to_string(report.endpoint()) + ": ";
  if (report.error()) return line + to_string(*report.error());
  line += report.remote() ? "connected to " + to_string(*report.remote()) : "not connected";
  line += " after " + to_string(report.total());
  if (!report.attempts().empty()) line += ", " + counted(report.attempts().size(), "attempt");
  return line;
}

std::string to_string(const InterfaceAddress& address) {
  std::string text = to_string(address.address()) + "/" + std::to_string(address.prefix().length());
  if (address.is_deprecated()) text += " deprecated";
  if (address.is_temporary()) text += " temporary";
  if (address.is_tentative()) text += " tentative";
  return text;
}

std::string to_string(const Interface& interface) {
  const char* const state = !interface.is_up()       ? "down"
                            : interface.is_running() ? "up"
                                                     : "no carrier";
  std::string line = escape(interface.name(), name_characters_max) + " (" +
                     to_string(interface.type()) + "): " + state + ", mtu " +
                     std::to_string(interface.mtu());
  if (!interface.addresses().empty()) line += ", " + joined(interface.addresses(), ", ");
  return line;
}

std::string to_string(const Route& route) {
  std::string line = to_string(route.destination());
  if (route.gateway()) line += " via " + to_string(*route.gateway());
  return line + " on interface " + std::to_string(route.interface_index()) + ", metric " +
         std::to_string(route.metric());
}

std::string to_string(const Path& path) {
  if (!path.is_satisfied()) {
    const std::string why = joined(path.unsatisfied_reasons(), "; ");
    return why.empty() ? "not satisfied" : "not satisfied: " + why;
  }
  std::string line = "satisfied:";
  if (path.supports_ipv4()) line += " ipv4,";
  if (path.supports_ipv6()) line += " ipv6,";
  return line + (path.supports_dns() ? " dns" : " no dns");
}

std::string to_string(const ResidentSnapshot& resident) {
  std::string line = safe(resident.id()) + " " + to_string(resident.kind()) + " " +
                     safe(resident.state()) + " " + safe(resident.endpoint());
  std::string_view between = " over ";
  for (const std::string& protocol : resident.stack()) {
    line.append(between).append(safe(protocol));
    between = " ";
  }
  return line + ", " + to_string(resident.age()) + " old";
}

std::string to_string(const ProbeReply& reply) {
  return (reply.from() ? to_string(*reply.from()) : std::string("this host")) + " " +
         to_string(reply.outcome()) + " in " + to_string(reply.round_trip());
}

std::string to_string(const DataTransferReport& report) {
  std::string line =
      counted(report.packets_sent(), "packet") + " (" + counted(report.bytes_sent(), "byte") +
      ") sent, " + counted(report.packets_received(), "packet") + " (" +
      counted(report.bytes_received(), "byte") + ") received in " + to_string(report.duration());
  if (report.packets_retransmitted() > 0)
    line += ", " + std::to_string(report.packets_retransmitted()) + " sent again";
  if (report.smoothed_rtt()) line += ", round trip " + to_string(*report.smoothed_rtt());
  return line;
}

std::string to_string(const Buffer& buffer) { return counted(buffer.size(), "byte"); }
std::string to_string(const Message& message) { return counted(message.size(), "byte"); }
std::string to_string(const MessageBatch& batch) {
  return counted(batch.size(), "message") + " of " + counted(batch.segment_bytes(), "byte");
}

}  // namespace bowline
