#include "cli/output/exit_status.h"

#include <utility>

namespace bowline::cli {

namespace {

/// By an alert.
bool is_refused_handshake(const Error& error) {
  return error.domain() == ErrorDomain::tls &&
         (error.kind() == ErrorKind::refused || error.kind() == ErrorKind::reset);
}

}  // namespace

Exit exit_for(const Error& error) {
  return is_refused_handshake(error) ? exit_protocol : exit_for(error.kind());
}

std::string_view advice_for(const Error& error) {
  if (is_refused_handshake(error))
    return "it may want another version (--min-tls), a certificate of yours (--cert, --key), a key "
           "(--psk) or another protocol (--alpn), or no TLS at all (--plain)";
  return advice_for(error.kind());
}

Exit exit_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported: return exit_usage;
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed: return exit_name;
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::address_in_use:
    case ErrorKind::address_unavailable:
    case ErrorKind::resources_exhausted:
    case ErrorKind::not_ready:
    case ErrorKind::internal: return exit_connect;
    case ErrorKind::untrusted: return exit_trust;
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded: return exit_protocol;
    case ErrorKind::timed_out: return exit_timeout;
    case ErrorKind::permission_denied: return exit_permission;
    case ErrorKind::cancelled: return exit_interrupted;
  }
  std::unreachable();
}

std::string_view advice_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::name_not_found:
      return "check the spelling; `bowline resolve NAME` shows what each server says";
    case ErrorKind::resolution_failed:
      return "`bowline path` lists the DNS servers; ask another one with --server 192.0.2.53";
    case ErrorKind::refused:
      return "is the service running there? `ss -ltn` on that host shows who listens";
    case ErrorKind::unreachable:
      return "`bowline path` shows interfaces and routes; -4 or -6 tries one family alone";
    case ErrorKind::timed_out:
      return "a firewall may drop the packets; try another network, or give it longer with "
             "--timeout";
    case ErrorKind::reset: return "the peer gave up; its log may say why";
    case ErrorKind::address_in_use:
      return "`ss -lntup` shows who holds the port; port 0 takes a free one";
    case ErrorKind::address_unavailable: return "`bowline path` lists the addresses of this host";
    case ErrorKind::permission_denied:
      return "ports below 1024 need a capability: sudo setcap cap_net_bind_service=+ep \"$(command "
             "-v bowline)\"; "
             "or a firewall of this host forbids it: sudo nft list ruleset";
    case ErrorKind::resources_exhausted: return "raise the limit of open files: ulimit -n 65536";
    case ErrorKind::message_too_large: return "send less in one datagram";
    case ErrorKind::untrusted:
      return "`bowline cert show HOST:PORT` explains its certificates; --ca FILE trusts a root of "
             "your own";
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::closed:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return "";
  }
  std::unreachable();
}

}  // namespace bowline::cli
