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
  const auto room = pool.prepare(BufferPool::block_bytes);
  EXPECT_EQ(room.size(), BufferPool::block_bytes);
  std::memset(room.data(), 'x', room.size());
  const Buffer full = pool.commit(room.size());
  EXPECT_EQ(held.text(), "held");
  EXPECT_EQ(full.size(), BufferPool::block_bytes);
  EXPECT_EQ(pool.prepare(1).size(), BufferPool::block_bytes);
}

}  // namespace
}  // namespace bowline
