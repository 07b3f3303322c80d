#include <bowline/buffer.h>

#include <cstring>
#include <utility>

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
  const Buffer copy = buffer;
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
  const std::byte* first = receive(pool, "one").data();
  EXPECT_EQ(receive(pool, "two").data(), first);
}

TEST(BufferPool, leaves_held_slices_alone) {
  BufferPool pool;
  const Buffer one = receive(pool, "one");
  const Buffer two = receive(pool, "two");
  EXPECT_EQ(one.text(), "one");
  EXPECT_EQ(two.text(), "two");
}

TEST(BufferPool, takes_a_new_block_when_the_held_one_is_full) {
  BufferPool pool;
  const Buffer held = receive(pool, "held");
  const auto rest = pool.prepare(BufferPool::read_bytes_max);
  EXPECT_LT(rest.size(), BufferPool::block_bytes);
  std::memset(rest.data(), 'x', rest.size());
  const Buffer full = pool.commit(rest.size());
  EXPECT_EQ(pool.prepare(1).size(), BufferPool::block_bytes);
  EXPECT_EQ(held.text(), "held");
  EXPECT_EQ(full.size(), rest.size());
}

TEST(BufferPool, takes_blocks_again_that_nobody_holds_any_more) {
  BufferPool pool;
  const std::byte* first = nullptr;
  {
    const Buffer held = receive(pool, "held");
    first = held.data();
    const Buffer full = pool.commit(pool.prepare(BufferPool::read_bytes_max).size());
    const Buffer next = receive(pool, "in the second block");
    EXPECT_EQ(next.text(), "in the second block");
  }
  const Buffer second = pool.commit(pool.prepare(BufferPool::read_bytes_max).size());
  EXPECT_NE(second.data(), first);
  EXPECT_EQ(pool.prepare(1).data(), first);
}

TEST(BufferPool, slices_outlive_their_pool) {
  Buffer kept;
  {
    BufferPool pool;
    kept = receive(pool, "kept");
  }
  EXPECT_EQ(kept.text(), "kept");
}

}  // namespace
}  // namespace bowline
