#pragma once

#include <memory>

#include "base/intrusive_list.h"
#include "drive/connection/connection.h"
#include "drive/establish/candidates/candidate.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// An accepted connection whose protocols above the transport still shake hands, and the candidate that
/// does it.
class AcceptedHandshake final : public ListHook<AcceptedHandshake>, private CandidateObserver {
 public:
  /// The listener. Each call may destroy the handshake.
  class Owner {
   public:
    virtual void handle_handshake_done(AcceptedHandshake& handshake) = 0;
    virtual void handle_handshake_failed(AcceptedHandshake& handshake, Error error) = 0;

   protected:
    ~Owner() = default;
  };

  AcceptedHandshake(detail::Ref<Connection> connection, std::unique_ptr<Candidate> candidate,
                    const SocketAddress& remote, Owner& owner)
      : connection_(std::move(connection)),
        candidate_(std::move(candidate)),
        remote_(remote),
        owner_(owner) {}

  /// True if it is done at once. Otherwise the owner is told once it is done or has failed, which it
  /// has after `within`.
  [[nodiscard]] Result<bool> start(Duration within);

  [[nodiscard]] const detail::Ref<Connection>& connection() const { return connection_; }
  [[nodiscard]] Candidate& candidate() { return *candidate_; }

 private:
  void handle_progress() override {}
  void handle_ready() override { owner_.handle_handshake_done(*this); }
  void handle_failure(Error error) override {
    owner_.handle_handshake_failed(*this, std::move(error));
  }
  void give_up();

  const detail::Ref<Connection> connection_;
  const std::unique_ptr<Candidate> candidate_;
  const SocketAddress remote_;
  Owner& owner_;
  MemberTimer<AcceptedHandshake, &AcceptedHandshake::give_up> deadline_{*this};
};

}  // namespace bowline::drive
