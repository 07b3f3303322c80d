#include "sim/tcp/state.h"

namespace bowline::sim {

std::string_view to_string(TcpState state) {
  switch (state) {
    case TcpState::syn_sent: return "syn_sent";
    case TcpState::syn_received: return "syn_received";
    case TcpState::established: return "established";
    case TcpState::fin_wait_1: return "fin_wait_1";
    case TcpState::fin_wait_2: return "fin_wait_2";
    case TcpState::close_wait: return "close_wait";
    case TcpState::closing: return "closing";
    case TcpState::last_ack: return "last_ack";
    case TcpState::time_wait: return "time_wait";
    case TcpState::closed: return "closed";
  }
  return "unknown";
}

}  // namespace bowline::sim
