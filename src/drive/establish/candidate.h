#pragma once

#include <cstdint>
#include <memory>

#include <bowline/address.h>
#include <bowline/error.h>

#include "core/eyeballs/race.h"
#include "ports/network.h"

namespace bowline::drive {

/// Told how a candidate fares; never from inside its start().
class CandidateObserver {
 public:
  /// The transport is up, and a handshake above it goes on.
  virtual void handle_progress(core::Race::AttemptId attempt) = 0;
  virtual void handle_ready(core::Race::AttemptId attempt) = 0;
  virtual void handle_failure(core::Race::AttemptId attempt, Error error) = 0;

 protected:
  ~CandidateObserver() = default;
};

/// One protocol stack on its way to one address. Destroying it drops the attempt without a word.
class Candidate {
 public:
  virtual ~Candidate() = default;
  /// How far it came: its transport on the way, or up with a handshake above it going on, or all of it ready.
  enum class Progress : std::uint8_t { connecting, connected, ready };
  /// errors    what the host knew at once
  [[nodiscard]] virtual Result<Progress> start() = 0;
};

/// A candidate for a connection that carries a byte stream, or something on top of one.
class StreamCandidate : public Candidate {
 public:
  /// The stream, once the candidate is ready; whoever takes it observes it.
  [[nodiscard]] virtual std::unique_ptr<ports::ByteStream> take_stream() = 0;
  /// Bytes had come before the stream was taken; they are not reported again.
  [[nodiscard]] virtual bool is_readable() const = 0;
};

/// TCP and nothing above it.
class TcpCandidate : public StreamCandidate, private ports::SocketObserver {
 public:
  struct Target {
    core::Race::AttemptId attempt;
    SocketAddress remote;
    ports::Binding binding;
    ports::StreamOptions options;
  };
  TcpCandidate(ports::Network& network, Target target, CandidateObserver& observer)
      : network_(network), target_(std::move(target)), observer_(observer) {}

  Result<Progress> start() override;
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_stream() override {
    return std::move(socket_);
  }
  [[nodiscard]] bool is_readable() const override { return readable_; }

 protected:
  /// The transport is connected; by default the candidate is then ready.
  virtual Result<Progress> handle_connected() { return Progress::ready; }
  [[nodiscard]] CandidateObserver& observer() { return observer_; }
  [[nodiscard]] core::Race::AttemptId attempt() const { return target_.attempt; }

 private:
  void handle_readiness(ports::Readiness readiness) override;
  Result<Progress> finish();

  ports::Network& network_;
  Target target_;
  CandidateObserver& observer_;
  std::unique_ptr<ports::StreamSocket> socket_;
  bool readable_ = false;
};

}  // namespace bowline::drive
