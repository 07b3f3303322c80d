#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <bowline/connection.h>
#include <bowline/error.h>

#include "cli/cat/cat_input.h"
#include "cli/cat/cat_output.h"

namespace bowline::cli {

/// What went through one peer's connection, and how it ended.
struct ExchangeEnd {
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::optional<Error> error;
};

/// Standard input to one peer, and what it sends to standard output, until both sides have ended or
/// one breaks.
class CatExchange : public std::enable_shared_from_this<CatExchange> {
 public:
  using Done = std::function<void(const ExchangeEnd&)>;
  virtual ~CatExchange() = default;
  /// `done` is called once, later. The input and output live longer.
  virtual void start(Done done) = 0;
  /// Drops the connection; `done` is not called.
  virtual void abort() = 0;
  /// What has gone through by now.
  [[nodiscard]] virtual const ExchangeEnd& so_far() const = 0;
};

struct StreamExchangeOptions {
  bool keeps_output = false;  ///< standard output goes on after this peer
  /// Input goes to the peer until its own end, though the peer has ended. Otherwise, as most peers end
  /// both ways at once and nothing tells, input that has been quiet for a moment behind the peer's end is
  /// over too: a terminal or an open pipe would else be waited for without end.
  bool keeps_open = false;
};
[[nodiscard]] std::shared_ptr<CatExchange> exchange_stream(Loop& loop, StreamConnection connection,
                                                           CatInput& input, CatOutput& output,
                                                           StreamExchangeOptions options);

struct MessageExchangeOptions {
  bool has_types = false;  ///< each line has the type of its message in front
  bool keeps_output = false;
  bool keeps_open = false;  ///< until the peer ends
  Duration silence{};       ///< the peer counts as done so long after its last message, once input has ended
};
/// Lines of input as messages to a peer, and its messages as lines.
[[nodiscard]] std::shared_ptr<CatExchange> exchange_messages(Loop& loop,
                                                             MessageConnection connection,
                                                             CatInput& input, CatOutput& output,
                                                             const MessageExchangeOptions& options);

/// As UDP tells nobody of an end, the peer counts as gone `idle` after its last datagram; not
/// before input has ended, unless `keeps_output` says that others wait for their turn.
[[nodiscard]] std::shared_ptr<CatExchange> exchange_datagrams(Loop& loop,
                                                              DatagramConnection connection,
                                                              CatInput& input, CatOutput& output,
                                                              Duration idle, bool keeps_output);

}  // namespace bowline::cli
