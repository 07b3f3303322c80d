#include "drive/establish/candidate.h"

namespace bowline::drive {

Result<Candidate::Progress> TcpCandidate::start() {
  BOWLINE_TRY(ports::Connecting connecting,
              network_.connect(target_.remote, target_.binding, target_.options, *this));
  socket_ = std::move(connecting.socket);
  if (!connecting.done) return Progress::connecting;
  return handle_connected();
}

void TcpCandidate::handle_readiness(ports::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  if (!readiness.writable || socket_ == nullptr) return;
  const auto progress = finish();
  if (!progress.has_value()) {
    observer_.handle_failure(target_.attempt, progress.error().about(to_string(target_.remote)));
  } else if (*progress == Progress::ready) {
    observer_.handle_ready(target_.attempt);
  } else {
    observer_.handle_progress(target_.attempt);
  }
}

Result<Candidate::Progress> TcpCandidate::finish() {
  BOWLINE_TRY_VOID(socket_->finish_connect());
  return handle_connected();
}

}  // namespace bowline::drive
