#include "base/fifo.h"

#include <gtest/gtest.h>

#include <memory>

namespace bowline {
namespace {

TEST(Fifo, gives_out_what_came_in_first) {
  Fifo<std::unique_ptr<int>> queue;
  for (int i = 0; i < 3; ++i) queue.push_back(std::make_unique<int>(i));
  EXPECT_EQ(queue.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*queue.take_front(), i);
  EXPECT_TRUE(queue.empty());
}

TEST(Fifo, takes_items_back_to_its_front) {
  Fifo<int> queue;
  queue.push_back(1);
  queue.push_front(0);
  EXPECT_EQ(queue.take_front(), 0);
  queue.push_back(2);
  queue.push_front(0);
  EXPECT_EQ(queue.take_front(), 0);
  EXPECT_EQ(queue.take_front(), 1);
  EXPECT_EQ(queue.take_front(), 2);
}

TEST(Fifo, that_never_runs_empty_keeps_its_order) {
  Fifo<int> queue;
  queue.push_back(0);
  for (int i = 1; i < 10'000; ++i) {
    queue.push_back(i);
    ASSERT_EQ(queue.take_front(), i - 1);
    ASSERT_EQ(queue.size(), 1U);
  }
}

}  // namespace
}  // namespace bowline
