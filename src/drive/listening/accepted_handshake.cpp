#include "drive/listening/accepted_handshake.h"

#include <utility>

namespace bowline::drive {

Result<bool> AcceptedHandshake::start(Duration within) {
  CandidateObserver& observer = *this;
  BOWLINE_TRY(const Candidate::Progress progress, candidate_->start(observer));
  if (progress == Candidate::Progress::ready) return true;
  Loop& loop = connection_->loop();
  loop.timers().set(deadline_, loop.now() + within);
  return false;
}

/// A peer that connects and then says nothing must not hold its place for ever.
void AcceptedHandshake::give_up() {
  owner_.handle_handshake_failed(
      *this, Error(ErrorKind::timed_out, "handshake", "the peer did not finish the handshake")
                 .about(to_string(remote_)));
}

}  // namespace bowline::drive
