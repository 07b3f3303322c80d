#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ports/byte_stream.h"
#include "ports/transfer.h"

namespace bowline::ports {

/// Told of signals, from inside `Poller::wait`.
class SignalObserver {
 public:
  virtual void handle_signal(int signal) = 0;

 protected:
  ~SignalObserver() = default;
};

/// Watches a descriptor that belongs to the program, until it is destroyed.
class DescriptorWatch {
 public:
  virtual ~DescriptorWatch() = default;
};

/// Which end of the wait for a descriptor is asked for.
enum class Awaited : std::uint8_t { readable, writable };

/// Bytes that only come in, such as standard input.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// As ByteStream::read.
  [[nodiscard]] virtual Result<Transfer> read(std::span<std::byte> into) = 0;
};

/// What the process that a loop runs in has beside the network: signals, descriptors, standard input.
class Process {
 public:
  virtual ~Process() = default;

  /// From now on these signals no longer do what they did, but are told to `observer`, until the
  /// host is gone;
  /// then they do again what they did before. Those that came several times before they were told are told
  /// once. All calls name the same observer.
  ///
  /// errors    invalid_argument for a signal that cannot be watched; unsupported if another host of
  /// this process
  ///           has one of them. None of them is watched then that was not watched before.
  [[nodiscard]] virtual Result<void> watch_signals(std::span<const int> signals,
                                                   SignalObserver& observer) = 0;

  /// Tells `observer` once the descriptor is readable, or writable. What was open under that number when this
  /// was called stays open, and is what is waited for, until the watch is destroyed. Null if it is ready now.
  ///
  /// errors    invalid_argument if nothing is open under that number; resources_exhausted; unsupported
  [[nodiscard]] virtual Result<std::unique_ptr<DescriptorWatch>> watch(
      int descriptor, Awaited awaited, SocketObserver& observer) = 0;

  /// Reads never wait, and the descriptor that the process shares with others stays as it is.
  ///
  /// errors    what the system says of a standard input that is closed or cannot be read; unsupported
  [[nodiscard]] virtual Result<std::unique_ptr<ByteSource>> open_standard_input(
      SocketObserver& observer) = 0;
};

}  // namespace bowline::ports
