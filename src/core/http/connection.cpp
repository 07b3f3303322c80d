#include "core/http/connection.h"

namespace bowline::core {

std::string_view to_string(NotReused reason) {
  switch (reason) {
    case NotReused::in_use: return "in use";
    case NotReused::streams_used_up: return "all streams are in use";
    case NotReused::peer_closes: return "the peer closes";
    case NotReused::peer_closed: return "the peer has closed";
    case NotReused::we_close: return "we close";
    case NotReused::body_until_close: return "a response without a length";
    case NotReused::request_unfinished: return "answered before the request was sent";
    case NotReused::unasked_octets: return "octets that nobody asked for";
    case NotReused::became_tunnel: return "became a tunnel";
    case NotReused::stream_ids_used_up: return "stream identifiers are used up";
    case NotReused::broken: return "broken";
  }
  return "unknown";
}

bool may_pass(NotReused reason) {
  return reason == NotReused::in_use || reason == NotReused::streams_used_up;
}

}  // namespace bowline::core
