#include "session/body/decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "base/bytes.h"

namespace bowline::session {
namespace {

std::string gzipped(std::string_view text, int window_bits = 15 + 16) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_of(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  EXPECT_EQ(ZSTD_isError(size), 0U);
  out.resize(size);
  return out;
}

/// Fed in pieces of `piece`, read in pieces of `room`.
Result<std::string> decoded(std::string_view coded, std::vector<std::string_view> codings,
                            std::size_t piece = 7, std::size_t room = 5) {
  BOWLINE_TRY(DecoderChain chain, DecoderChain::make(codings));
  std::string text;
  std::vector<std::byte> out(room);
  std::size_t offset = 0;
  for (;;) {
    const auto given = as_bytes(coded.substr(offset, piece));
    BOWLINE_TRY(const Decoder::Step step, chain.decode(given, out));
    text += as_text(std::span(out).first(step.produced));
    offset += step.consumed;
    if (step.consumed == 0 && step.produced == 0 && given.empty()) break;
    if (step.consumed == 0 && step.produced == 0 && !given.empty())
      return Error(ErrorKind::internal, "decode", "no progress");
  }
  BOWLINE_TRY_VOID(chain.finish());
  return text;
}

std::string prose() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(i * i) + " of a text\n";
  return text;
}

TEST(Decoder, takes_each_coding_off_in_pieces_of_any_size) {
  const std::string text = prose();
  for (const std::size_t piece : {1U, 7U, 4096U}) {
    for (const std::size_t room : {1U, 5U, 65536U}) {
      EXPECT_EQ(decoded(gzipped(text), {"gzip"}, piece, room), text);
      EXPECT_EQ(decoded(gzipped(text, 15), {"deflate"}, piece, room), text);
      EXPECT_EQ(decoded(gzipped(text, -15), {"Deflate"}, piece, room), text);
      EXPECT_EQ(decoded(zstd_of(text), {"zstd"}, piece, room), text);
      EXPECT_EQ(decoded(text, {"identity"}, piece, room), text);
    }
  }
  // "hello world" by the brotli command.
  const std::string brotli("\x0b\x05\x80hello world\x03", 15);
  EXPECT_EQ(decoded(brotli, {"br"}), "hello world");
}

TEST(Decoder, takes_two_codings_off_in_reverse_order) {
  const std::string text = prose();
  EXPECT_EQ(decoded(zstd_of(gzipped(text)), {"gzip", "zstd"}), text);
}

TEST(Decoder, reads_members_of_gzip_that_follow_each_other) {
  EXPECT_EQ(decoded(gzipped("one ") + gzipped("two"), {"gzip"}), "one two");
}

TEST(Decoder, says_when_a_body_is_cut_off_or_broken) {
  const std::string coded = gzipped(prose());
  EXPECT_EQ(decoded(coded.substr(0, coded.size() - 1), {"gzip"}).error().kind(),
            ErrorKind::malformed);
  std::string broken = coded;
  broken[coded.size() / 2] = static_cast<char>(broken[coded.size() / 2] ^ 0x55);
  EXPECT_EQ(decoded(broken, {"gzip"}).error().kind(), ErrorKind::malformed);
  EXPECT_EQ(decoded("no zstd at all", {"zstd"}).error().kind(), ErrorKind::malformed);
  EXPECT_EQ(decoded(std::string("\xff\xff\xff\xff\xff\xff"), {"br"}).error().kind(),
            ErrorKind::malformed);
  EXPECT_EQ(decoded("", {"gzip"}), "");
}

TEST(Decoder, threat_34_refuses_a_chain_of_codings_and_one_that_is_not_known) {
  EXPECT_EQ(DecoderChain::make({"gzip", "gzip", "gzip"}).error().kind(), ErrorKind::limit_exceeded);
  EXPECT_EQ(DecoderChain::make({"bzip2"}).error().kind(), ErrorKind::unsupported);
}

TEST(Decoder, threat_34_stops_a_bomb_once_it_is_sure) {
  // 64 MiB of zeros in some 64 KiB, and that again in a few hundred octets.
  const std::string bomb = gzipped(gzipped(std::string(64 << 20, '\0')));
  ASSERT_LT(bomb.size(), 2000U);
  DecoderChain chain = DecoderChain::make({"gzip", "gzip"}).value();
  std::vector<std::byte> out(64 * 1024);
  std::uint64_t produced = 0;
  std::size_t offset = 0;
  for (;;) {
    const auto step = chain.decode(as_bytes(std::string_view(bomb).substr(offset)), out);
    if (!step.has_value()) {
      EXPECT_EQ(step.error().kind(), ErrorKind::limit_exceeded);
      break;
    }
    offset += step->consumed;
    produced += step->produced;
    ASSERT_LE(produced, DecoderChain::ratio_free_octets + out.size());
    ASSERT_GT(step->produced, 0U);
  }
  EXPECT_GT(produced, std::uint64_t{9} << 20);
}

}  // namespace
}  // namespace bowline::session
