#include "drive/establish/candidates/tcp_candidate.h"

namespace bowline::drive {

Result<Candidate::Progress> TcpCandidate::start(CandidateObserver& observer) {
  observer_ = &observer;
  BOWLINE_TRY(ports::Connecting connecting,
              network_.connect(target_.remote, target_.binding, target_.options, *this));
  socket_ = std::move(connecting.socket);
  return connecting.done ? Progress::ready : Progress::connecting;
}

void TcpCandidate::handle_readiness(ports::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  if (!readiness.writable || socket_ == nullptr) return;
  const auto connected = socket_->finish_connect();
  if (!connected.has_value())
    return observer_->handle_failure(connected.error().about(to_string(target_.remote)));
  observer_->handle_ready();
}

}  // namespace bowline::drive
