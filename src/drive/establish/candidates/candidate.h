#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <bowline/detail/facts.h>
#include <bowline/error.h>

#include "ports/byte_stream.h"

namespace bowline::drive {

/// Told how a candidate fares; never from inside its start(). It may destroy the candidate from inside
/// the call.
class CandidateObserver {
 public:
  /// The transport is up, and a handshake above it goes on.
  virtual void handle_progress() = 0;
  virtual void handle_ready() = 0;
  virtual void handle_failure(Error error) = 0;

 protected:
  ~CandidateObserver() = default;
};

/// One protocol stack on its way to one address. Destroying it drops the attempt without a word.
class Candidate {
 public:
  virtual ~Candidate() = default;
  /// How far it came: its transport on the way, or up with a handshake above it going on, or all of it ready.
  enum class Progress : std::uint8_t { connecting, connected, ready };
  /// `observer` outlives the candidate.
  /// errors    what the host knew at once
  [[nodiscard]] virtual Result<Progress> start(CandidateObserver& observer) = 0;
  /// Adds the handshakes above the transport that are done, bottom first.
  virtual void append_handshakes(std::vector<Handshake::Facts>& /*done*/) const {}
  /// What a handshake that failed says of the peer; nothing if none of it came that far.
  [[nodiscard]] virtual std::optional<SecurityReport> security() const { return std::nullopt; }
};

/// A candidate that ends up as a byte stream.
class StreamCandidate : public Candidate {
 public:
  /// The stream, once the candidate is ready; whoever takes it observes it. The candidate stays as a
  /// husk, which its maker may destroy at any time.
  [[nodiscard]] virtual std::unique_ptr<ports::ByteStream> take_stream() = 0;
  /// Bytes had come, or may have come, before the stream was taken; they are not reported again.
  [[nodiscard]] virtual bool is_readable() const = 0;
  /// Once it is ready: how much of the early data that it was given the peer has taken; all or nothing.
  [[nodiscard]] virtual std::size_t early_bytes_taken() const { return 0; }
};

}  // namespace bowline::drive
