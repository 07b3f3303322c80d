#include "core/websocket/deflate.h"

#include <algorithm>
#include <array>

#define ZLIB_CONST
#include <zlib.h>

namespace bowline::core {

namespace {

/// How a flushed stream ends; each message goes without it.
constexpr std::array<std::byte, 4> flush_tail = {std::byte{0x00}, std::byte{0x00}, std::byte{0xff},
                                                 std::byte{0xff}};
constexpr std::size_t deflate_step_bytes = std::size_t{16} * 1024;
constexpr std::size_t zlib_bytes_max = std::size_t{1} << 30;  // its counts have 32 bits

Error no_deflate_memory() {
  return Error(ErrorKind::resources_exhausted, "websocket", "no memory to compress");
}
Error bad_deflate(const char* what) {
  return Error(ErrorKind::malformed, ErrorDomain::websocket, 1007, "websocket", what);
}

const Bytef* zlib_bytes(std::span<const std::byte> bytes) {
  return reinterpret_cast<const Bytef*>(bytes.data());
}

}  // namespace

struct MessageDeflater::Stream {
  z_stream z{};
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { deflateEnd(&z); }
};

MessageDeflater::MessageDeflater(Options options) : options_(options) {}
MessageDeflater::~MessageDeflater() = default;

Result<void> MessageDeflater::add(std::span<const std::byte> bytes, bool is_last,
                                  std::vector<std::byte>& into) {
  if (!stream_) {
    auto stream = std::make_unique<Stream>();
    // Less memory costs next to nothing at small windows.
    const int memory_level = std::min(8, options_.window_bits - 6);
    if (deflateInit2(&stream->z, options_.level, Z_DEFLATED, -options_.window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
      return no_deflate_memory();
    stream_ = std::move(stream);
  }
  z_stream& z = stream_->z;
  const std::size_t begin = into.size();
  do {
    const auto part = bytes.first(std::min(bytes.size(), zlib_bytes_max));
    bytes = bytes.subspan(part.size());
    z.next_in = zlib_bytes(part);
    z.avail_in = static_cast<uInt>(part.size());
    do {
      const std::size_t used = into.size();
      into.resize(used + deflate_step_bytes);
      z.next_out = reinterpret_cast<Bytef*>(into.data() + used);
      z.avail_out = deflate_step_bytes;
      deflate(&z, Z_SYNC_FLUSH);  // it cannot fail with room to write
      into.resize(into.size() - z.avail_out);
    } while (z.avail_out == 0);
  } while (!bytes.empty());
  if (!is_last) return {};
  if (into.size() - begin >= flush_tail.size() &&
      std::ranges::equal(std::span(into).last(flush_tail.size()), flush_tail)) {
    into.resize(into.size() - flush_tail.size());
  }
  // An empty block stands for nothing at all: RFC 7692 7.2.3.6.
  if (into.size() == begin) into.push_back(std::byte{0});
  if (!options_.keeps_context) deflateReset(&z);
  return {};
}

struct MessageInflater::Stream {
  z_stream z{};
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&z); }
};

MessageInflater::MessageInflater(Options options) : options_(options) {}
MessageInflater::~MessageInflater() = default;

Result<void> MessageInflater::begin() {
  if (stream_) return {};
  auto stream = std::make_unique<Stream>();
  // A window larger than agreed on reads the same; zlib's smallest one has 9 bits.
  if (inflateInit2(&stream->z, -std::max(options_.window_bits, 9)) != Z_OK)
    return no_deflate_memory();
  stream_ = std::move(stream);
  return {};
}

Result<MessageInflater::Step> MessageInflater::add(std::span<const std::byte> bytes,
                                                   std::vector<std::byte>& into,
                                                   std::size_t into_bytes_max) {
  BOWLINE_TRY_VOID(begin());
  z_stream& z = stream_->z;
  bytes = bytes.first(std::min(bytes.size(), zlib_bytes_max));
  z.next_in = zlib_bytes(bytes);
  z.avail_in = static_cast<uInt>(bytes.size());
  bool goes_on = true;
  while (goes_on && into.size() < into_bytes_max) {
    BOWLINE_TRY(goes_on, inflate_once(into, into_bytes_max - into.size()));
  }
  return Step{bytes.size() - z.avail_in, goes_on};
}

Result<MessageInflater::Step> MessageInflater::finish(std::vector<std::byte>& into,
                                                      std::size_t into_bytes_max) {
  BOWLINE_TRY(const Step step, add(std::span(flush_tail).last(tail_left_), into, into_bytes_max));
  tail_left_ -= step.consumed;
  if (step.has_more) return step;
  // Behind the tail stands an empty stored block: anything else ends inside one.
  if (tail_left_ > 0 || (stream_->z.data_type & 128) == 0 || (stream_->z.data_type & 7) != 0)
    return bad_deflate("a compressed message ends too early");
  tail_left_ = flush_tail.size();
  if (!options_.keeps_context) inflateReset(&stream_->z);
  return step;
}

/// True if it has to be called again: it filled its room, or stands behind a last block.
Result<bool> MessageInflater::inflate_once(std::vector<std::byte>& into, std::size_t room) {
  z_stream& z = stream_->z;
  const std::size_t used = into.size();
  const std::size_t step = std::min(room, std::max(deflate_step_bytes, used / 2));
  into.resize(used + step);
  z.next_out = reinterpret_cast<Bytef*>(into.data() + used);
  z.avail_out = static_cast<uInt>(step);
  const int done = inflate(&z, Z_SYNC_FLUSH);
  into.resize(used + step - z.avail_out);
  if (done == Z_MEM_ERROR) return no_deflate_memory();
  if (done == Z_STREAM_END) {
    BOWLINE_TRY_VOID(go_on_behind_last_block());
    return z.avail_in > 0;
  }
  // Z_BUF_ERROR: there was nothing to do, which is no fault.
  if (done != Z_OK && done != Z_BUF_ERROR)
    return bad_deflate("a message that is not compressed as agreed");
  return z.avail_out == 0;
}

/// A block that says it is the last ends nothing here, and later ones still refer to what came before it:
/// RFC 7692 7.2.3.4.
Result<void> MessageInflater::go_on_behind_last_block() {
  z_stream& z = stream_->z;
  std::vector<Bytef> window(std::size_t{1} << 15);
  auto size = static_cast<uInt>(window.size());
  if (inflateGetDictionary(&z, window.data(), &size) != Z_OK || inflateReset(&z) != Z_OK)
    return no_deflate_memory();
  if (size > 0 && inflateSetDictionary(&z, window.data(), size) != Z_OK) return no_deflate_memory();
  return {};
}

}  // namespace bowline::core
