#pragma once

#include <bowline/buffer.h>
#include <bowline/message.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fifo.h"
#include "session/body/decoder.h"
#include "session/body/file_sink.h"
#include "session/task/requests.h"

namespace bowline::session {

/// A response's body on its way to whoever wants it: memory, a file, or those who receive it piece by piece.
///
/// Octets wait, as they came, until it is known who wants them, and while the task is suspended; the
/// connection's own limits say how many can. Bodies in pieces come out of their coding only as they are asked
/// for.
class Intake {
 public:
  class Owner {
   public:
    /// So many octets, as they came, are used up.
    virtual void handle_taken(std::size_t octets) = 0;

   protected:
    ~Owner() = default;
  };
  enum class Target : std::uint8_t { undecided, memory, file, receivers };

  explicit Intake(Owner& owner) : owner_(owner) {}

  /// For a response that is the answer: its codings, and how much memory it may take.
  ///
  /// errors    as DecoderChain::make
  [[nodiscard]] Result<void> start(const std::vector<std::string_view>& codings,
                                   std::uint64_t octets_max);
  void set_target(Target target);
  [[nodiscard]] Target target() const { return target_; }
  void set_file(std::unique_ptr<FileSink> file) { file_ = std::move(file); }
  [[nodiscard]] FileSink* file() { return file_.get(); }
  [[nodiscard]] std::unique_ptr<FileSink> take_file() { return std::move(file_); }
  void set_suspended(bool suspended);

  /// Borrowed; copied only if they have to wait.
  ///
  /// errors    malformed: a broken coding; limit_exceeded: too much; those of the file
  [[nodiscard]] Result<void> take(std::span<const std::byte> bytes);
  /// Goes on with what waits.
  [[nodiscard]] Result<void> go_on();
  /// Nothing more comes.
  [[nodiscard]] Result<void> finish();
  /// All of it is where it should be; for receivers: they have had it.
  [[nodiscard]] bool is_complete() const;

  void add_receiver(PieceRequest& request) { receivers_.push(request); }
  void remove_receiver(PieceRequest& request) noexcept { receivers_.remove(request); }
  void take_back(Message&& piece);
  /// Receivers end with the error; later ones, too.
  void fail_receivers(const Error& error);
  [[nodiscard]] bool has_receivers() const { return !receivers_.empty(); }
  [[nodiscard]] bool has_given_pieces() const { return has_given_pieces_; }

  /// The body in memory, once it is complete.
  [[nodiscard]] Buffer memory() {
    if (!memory_.empty()) kept_ = Buffer::own(std::exchange(memory_, {}));
    return kept_;
  }
  [[nodiscard]] std::uint64_t octets_received() const { return received_; }
  [[nodiscard]] std::uint64_t octets_decoded() const { return decoded_; }

 private:
  Result<std::size_t> pass_on(std::span<const std::byte> bytes);
  Result<void> deliver(std::span<const std::byte> decoded);
  Result<void> serve_receivers();
  Result<std::string> next_piece(std::size_t octets_max);

  static constexpr std::size_t piece_octets = std::size_t{64} * 1024;

  Owner& owner_;
  Target target_ = Target::undecided;
  DecoderChain decoder_;
  Fifo<Buffer> raw_;
  std::string memory_;
  Buffer kept_;  // the same, once it is complete
  std::unique_ptr<FileSink> file_;
  std::vector<std::byte> decoded_piece_;
  std::string returned_;  // a piece that was not delivered after all
  detail::RequestList<PieceRequest> receivers_;
  std::uint64_t octets_max_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t decoded_ = 0;
  bool is_started_ = false;
  bool is_suspended_ = false;
  bool is_input_ended_ = false;
  bool is_checked_ = false;
  bool has_given_pieces_ = false;
  bool has_given_end_ = false;
};

}  // namespace bowline::session
