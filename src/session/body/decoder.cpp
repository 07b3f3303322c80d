#include "session/body/decoder.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "wire/http/characters.h"

namespace bowline::session {

namespace {

Error broken_coding(const char* what) {
  return {ErrorKind::malformed, "decode", std::string("the body is no valid ") + what};
}

/// gzip, with any number of members (RFC 1952); and deflate, which many send without the zlib header that
/// RFC 9110 8.4.1.2 asks for.
class InflateDecoder final : public Decoder {
 public:
  explicit InflateDecoder(bool is_gzip) : is_gzip_(is_gzip) {
    is_ready_ = inflateInit2(&stream_, is_gzip ? 15 + 16 : 15) == Z_OK;
  }
  ~InflateDecoder() override { inflateEnd(&stream_); }
  InflateDecoder(const InflateDecoder&) = delete;
  InflateDecoder& operator=(const InflateDecoder&) = delete;

  Result<Step> decode(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (!is_ready_) return Error(ErrorKind::resources_exhausted, "decode", "no memory for zlib");
    if (is_complete_ && !in.empty()) {
      if (!is_gzip_ || inflateReset(&stream_) != Z_OK) return broken_coding(name());
      is_complete_ = false;
    }
    if (!is_gzip_ && !is_looked_at_ && !in.empty()) look_at(std::to_integer<unsigned>(in[0]));
    if (is_complete_) return Step{};
    const auto in_size = std::min<std::size_t>(in.size(), size_max);
    const auto out_size = std::min<std::size_t>(out.size(), size_max);
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));  // zlib reads only
    stream_.avail_in = static_cast<uInt>(in_size);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out_size);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      return broken_coding(name());
    is_complete_ = status == Z_STREAM_END;
    return Step{in_size - stream_.avail_in, out_size - stream_.avail_out};
  }
  [[nodiscard]] bool is_complete() const override { return is_complete_; }

 private:
  /// A zlib header begins with the method 8; a bare deflate stream of a block that is compressed does not.
  void look_at(unsigned first) {
    is_looked_at_ = true;
    if ((first & 0x0f) == 8) return;
    inflateEnd(&stream_);
    stream_ = {};
    is_ready_ = inflateInit2(&stream_, -15) == Z_OK;
  }
  [[nodiscard]] const char* name() const { return is_gzip_ ? "gzip" : "deflate"; }

  static constexpr std::size_t size_max = std::size_t{1} << 30;
  z_stream stream_{};
  bool is_gzip_;
  bool is_ready_ = false;
  bool is_looked_at_ = false;
  bool is_complete_ = false;
};

/// RFC 7932.
class BrotliDecoder final : public Decoder {
 public:
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }
  BrotliDecoder(const BrotliDecoder&) = delete;
  BrotliDecoder& operator=(const BrotliDecoder&) = delete;

  Result<Step> decode(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (state_ == nullptr)
      return Error(ErrorKind::resources_exhausted, "decode", "no memory for brotli");
    if (is_complete()) {
      if (!in.empty()) return broken_coding("brotli");
      return Step{};
    }
    std::size_t in_left = in.size();
    std::size_t out_left = out.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    const BrotliDecoderResult status =
        BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    if (status == BROTLI_DECODER_RESULT_ERROR) return broken_coding("brotli");
    return Step{in.size() - in_left, out.size() - out_left};
  }
  [[nodiscard]] bool is_complete() const override {
    return state_ != nullptr && BrotliDecoderIsFinished(state_) == BROTLI_TRUE;
  }

 private:
  BrotliDecoderState* state_;
};

/// RFC 8878, any number of frames.
class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream()) {
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, window_log_max);
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  Result<Step> decode(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (stream_ == nullptr)
      return Error(ErrorKind::resources_exhausted, "decode", "no memory for zstd");
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    if (is_complete_ && in.empty()) return Step{};
    const std::size_t status = ZSTD_decompressStream(stream_, &output, &input);
    if (ZSTD_isError(status) != 0) return broken_coding("zstd");
    is_complete_ = status == 0;
    return Step{input.pos, output.pos};
  }
  [[nodiscard]] bool is_complete() const override { return is_complete_; }

 private:
  static constexpr int window_log_max = 23;  // 8 MiB, RFC 9659
  ZSTD_DStream* stream_;
  bool is_complete_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(std::string_view coding) {
  const auto is = [coding](std::string_view name) {
    return wire::equal_without_case(coding, name);
  };
  if (is("gzip") || is("x-gzip")) return std::make_unique<InflateDecoder>(true);
  if (is("deflate")) return std::make_unique<InflateDecoder>(false);
  if (is("br")) return std::make_unique<BrotliDecoder>();
  if (is("zstd")) return std::make_unique<ZstdDecoder>();
  return nullptr;
}

Result<DecoderChain> DecoderChain::make(const std::vector<std::string_view>& codings) {
  DecoderChain chain;
  for (const std::string_view coding : codings) {
    if (wire::equal_without_case(coding, "identity")) continue;
    if (chain.stages_.size() >= codings_max)
      return Error(ErrorKind::limit_exceeded, "decode", "more than two content codings");
    auto decoder = make_decoder(coding);
    if (!decoder)
      return Error(ErrorKind::unsupported, "decode", "a content coding that is not known")
          .about(std::string(coding));
    // What was put on last comes off first.
    chain.stages_.insert(chain.stages_.begin(), Stage{std::move(decoder), {}, 0});
  }
  return chain;
}

Result<Decoder::Step> DecoderChain::decode(std::span<const std::byte> in,
                                           std::span<std::byte> out) {
  Decoder::Step step;
  if (stages_.empty()) {
    const std::size_t count = std::min(in.size(), out.size());
    std::ranges::copy(in.first(count), out.begin());
    step = {count, count};
  } else {
    BOWLINE_TRY(step, decode_coded(in, out));
  }
  consumed_ += step.consumed;
  produced_ += step.produced;
  has_more_ = step.produced == out.size() && !stages_.empty();
  if (produced_ > ratio_free_octets && produced_ / ratio_max > consumed_)
    return Error(ErrorKind::limit_exceeded, "decode",
                 "the body grows more than a thousand times when it is decoded");
  return step;
}

/// Each stage has what the one before made; the last one writes to `out`.
Result<Decoder::Step> DecoderChain::decode_coded(std::span<const std::byte> in,
                                                 std::span<std::byte> out) {
  Decoder::Step done;
  for (bool moves = true; moves && done.produced < out.size();) {
    moves = false;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      Stage& stage = stages_[i];
      const bool is_first = i == 0;
      const bool is_last = i + 1 == stages_.size();
      const auto given = is_first ? in.subspan(done.consumed)
                                  : std::span<const std::byte>(stage.pending).subspan(stage.taken);
      std::vector<std::byte>* const next = is_last ? nullptr : &stages_[i + 1].pending;
      if (next != nullptr && stages_[i + 1].taken < next->size()) continue;  // not taken yet
      if (next != nullptr) {
        next->resize(between_octets);
        stages_[i + 1].taken = 0;
      }
      const auto room = is_last ? out.subspan(done.produced) : std::span<std::byte>(*next);
      const auto step = stage.decoder->decode(given, room);
      if (!step.has_value()) return step.error();
      if (next != nullptr) next->resize(step->produced);
      moves = moves || step->consumed > 0 || step->produced > 0;
      if (is_first) {
        done.consumed += step->consumed;
      } else {
        stage.taken += step->consumed;
      }
      if (is_last) done.produced += step->produced;
    }
  }
  return done;
}

Result<void> DecoderChain::finish() const {
  if (consumed_ == 0) return {};
  for (const Stage& stage : stages_) {
    if (!stage.decoder->is_complete() || stage.taken < stage.pending.size())
      return Error(ErrorKind::malformed, "decode", "the coded body was cut off");
  }
  return {};
}

}  // namespace bowline::session
