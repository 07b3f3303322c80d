#pragma once

#include <memory>
#include <utility>

#include "drive/establish/candidates/candidate.h"
#include "ports/network.h"

namespace bowline::drive {

/// TCP and nothing above it.
class TcpCandidate final : public StreamCandidate, private ports::SocketObserver {
 public:
  struct Target {
    SocketAddress remote;
    ports::Binding binding;
    ports::StreamOptions options;
  };
  TcpCandidate(ports::Network& network, Target target)
      : network_(network), target_(std::move(target)) {}

  Result<Progress> start(CandidateObserver& observer) override;
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_stream() override {
    return std::move(socket_);
  }
  [[nodiscard]] bool is_readable() const override { return readable_; }

 private:
  void handle_readiness(ports::Readiness readiness) override;

  ports::Network& network_;
  Target target_;
  CandidateObserver* observer_ = nullptr;
  std::unique_ptr<ports::StreamSocket> socket_;
  bool readable_ = false;
};

}  // namespace bowline::drive
