#include "drive/candidate.h"

namespace bowline::drive {

Result<Candidate::Started> TcpCandidate::start() {
  BOWLINE_TRY(socket_, network_.connect(target_.remote, target_.binding, target_.options, *this));
  return Started::in_progress;
}

void TcpCandidate::handle_readiness(ports::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  if (!readiness.writable || socket_ == nullptr) return;
  const auto connected = socket_->finish_connect();
  if (connected.has_value()) {
    handle_connected();
  } else {
    observer_.handle_failure(target_.attempt, connected.error().about(to_string(target_.remote)));
  }
}

}  // namespace bowline::drive
