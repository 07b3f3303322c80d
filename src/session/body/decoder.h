#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace bowline::session {

/// Takes one content coding off, piece by piece.
class Decoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  virtual ~Decoder() = default;
  /// Goes on as far as `in` and `out` reach. What stands behind the coded body is an error.
  ///
  /// errors    malformed
  [[nodiscard]] virtual Result<Step> decode(std::span<const std::byte> in,
                                            std::span<std::byte> out) = 0;
  /// The coded body has come to its own end.
  [[nodiscard]] virtual bool is_complete() const = 0;
};

/// `gzip`, `x-gzip`, `deflate`, `br` or `zstd`; null for any other. zstd's window is at most 8 MiB (RFC
/// 9659).
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(std::string_view coding);

/// All codings of a body, with limits.
///
/// limits    two codings, however they are spread over fields; beyond 10 MiB that came out, a thousand octets
///           out for each one in
class DecoderChain {
 public:
  static constexpr std::size_t codings_max = 2;
  static constexpr std::uint64_t ratio_max = 1000;
  static constexpr std::uint64_t ratio_free_octets = std::uint64_t{10} << 20;

  /// `codings` in the order of Content-Encoding: as they were put on. `identity` is none.
  ///
  /// errors    limit_exceeded: more than two; unsupported: one that is not known
  [[nodiscard]] static Result<DecoderChain> make(const std::vector<std::string_view>& codings);

  /// errors    malformed; limit_exceeded: a bomb
  [[nodiscard]] Result<Decoder::Step> decode(std::span<const std::byte> in,
                                             std::span<std::byte> out);
  /// Nothing more comes: was that all? A body of no octets is no coded body, and is fine.
  ///
  /// errors    malformed: cut off
  [[nodiscard]] Result<void> finish() const;
  /// It may have more to give without new octets.
  [[nodiscard]] bool has_more() const { return has_more_; }
  [[nodiscard]] bool is_identity() const { return stages_.empty(); }

 private:
  struct Stage {
    std::unique_ptr<Decoder> decoder;
    std::vector<std::byte> pending;  // decoded by the stage before, not taken yet
    std::size_t taken = 0;
  };
  Result<Decoder::Step> decode_coded(std::span<const std::byte> in, std::span<std::byte> out);

  static constexpr std::size_t between_octets = std::size_t{16} * 1024;

  std::vector<Stage> stages_;  // the outermost first
  std::uint64_t consumed_ = 0;
  std::uint64_t produced_ = 0;
  bool has_more_ = false;
};

/// What we ask for.
inline constexpr std::string_view accepted_codings = "gzip, deflate, br, zstd";

}  // namespace bowline::session
