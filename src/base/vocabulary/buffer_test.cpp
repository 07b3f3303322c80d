#include <bowline/buffer.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/buffer_pool.h"
#include "base/bytes.h"

namespace bowline {
namespace {

Buffer receive(BufferPool& pool, std::string_view text) {
  std::memcpy(pool.prepare(text.size()).data(), text.data(), text.size());
  return pool.commit(text.size());
}

TEST(Buffer, shares_bytes_when_copied) {
  const Buffer buffer = Buffer::copy_of(as_bytes("hello"));
  const Buffer copy = buffer;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(copy.data(), buffer.data());
  EXPECT_EQ(copy.text(), "hello");
}

TEST(Buffer, moved_from_is_empty) {
  Buffer buffer = Buffer::copy_of(as_bytes("hello"));
  const Buffer other = std::move(buffer);
  EXPECT_TRUE(buffer.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(other.text(), "hello");
}

TEST(Buffer, slices_are_cut_to_what_is_there) {
  const Buffer buffer = Buffer::copy_of(as_bytes("hello"));
  EXPECT_EQ(buffer.slice(1, 3).text(), "ell");
  EXPECT_EQ(buffer.slice(3, 99).text(), "lo");
  EXPECT_TRUE(buffer.slice(9, 1).empty());
  Buffer rest = buffer;
  rest.remove_prefix(4);
  EXPECT_EQ(rest.text(), "o");
  EXPECT_TRUE(Buffer::copy_of({}).empty());
}

TEST(Buffer, keeps_its_bytes_after_source_and_pool_are_gone) {
  Buffer last;
  {
    BufferPool pool;
    last = receive(pool, "kept").slice(1, 2);
  }
  EXPECT_EQ(last.text(), "ep");
}

TEST(BufferPool, uses_its_block_again_when_nobody_holds_a_slice) {
  BufferPool pool;
  const std::string large(BufferPool::small_bytes_max, 'x');
  const std::byte* first = receive(pool, large).data();
  EXPECT_EQ(receive(pool, large).data(), first);
}

TEST(BufferPool, leaves_held_slices_alone) {
  BufferPool pool;
  const Buffer one = receive(pool, "one");
  const Buffer two = receive(pool, "two");
  EXPECT_EQ(one.text(), "one");
  EXPECT_EQ(two.text(), "two");
}

// Keeps reading until what is held fills the block; gives every slice.
std::vector<Buffer> fill_block(BufferPool& pool) {
  std::vector<Buffer> slices;
  for (std::size_t filled = 0; filled < BufferPool::block_bytes;
       filled += BufferPool::read_bytes_max) {
    const auto room = pool.prepare(BufferPool::read_bytes_max);
    std::memset(room.data(), 'x', BufferPool::read_bytes_max);
    slices.push_back(pool.commit(BufferPool::read_bytes_max));
  }
  return slices;
}

TEST(BufferPool, takes_another_block_when_the_held_one_is_full) {
  BufferPool pool;
  const auto held = fill_block(pool);
  EXPECT_EQ(pool.prepare(1).size(), BufferPool::block_bytes);
  const Buffer next = receive(pool, "next");
  EXPECT_EQ(held.back().text().back(), 'x');
  EXPECT_EQ(next.text(), "next");
}

TEST(BufferPool, uses_a_block_again_that_was_given_back_full) {
  BufferPool pool;
  auto held = fill_block(pool);
  const std::byte* first = held.front().data();
  const Buffer next = receive(pool, std::string(BufferPool::small_bytes_max, 'x'));
  held.clear();
  const auto more =
      fill_block(pool);  // the block of `next` ends, and the one given back takes over
  EXPECT_TRUE(
      std::ranges::any_of(more, [&](const Buffer& slice) { return slice.data() == first; }));
}

TEST(BufferPool, slices_of_many_blocks_outlive_it) {
  std::vector<Buffer> held;
  {
    BufferPool pool;
    for (std::size_t block = 0; block < 2 * BufferPool::spare_blocks_max; ++block)
      std::ranges::move(fill_block(pool), std::back_inserter(held));
    held.resize(held.size() / 2);  // so that there are spares, too
  }
  for (const Buffer& slice : held) EXPECT_EQ(slice.text().front(), 'x');
}

}  // namespace
}  // namespace bowline
