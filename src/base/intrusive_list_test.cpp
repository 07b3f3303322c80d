#include "base/intrusive_list.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace bowline {
namespace {

struct Item : ListHook<> {
  explicit Item(char letter) : name(letter) {}
  char name;
};

std::string names(IntrusiveList<Item>& list) {
  std::string text;
  list.for_each([&](Item& item) { text += item.name; });
  return text;
}

TEST(IntrusiveList, keeps_the_order_of_insertion_at_both_ends) {
  Item a('a'), b('b'), c('c');
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  EXPECT_EQ(names(list), "abc");
  EXPECT_EQ(list.front().name, 'a');
  EXPECT_EQ(list.pop_front().name, 'a');
  EXPECT_FALSE(a.is_linked());
  EXPECT_EQ(names(list), "bc");
}

TEST(IntrusiveList, an_item_leaves_when_it_is_destroyed_or_unlinked) {
  Item a('a'), c('c');
  IntrusiveList<Item> list;
  auto b = std::make_unique<Item>('b');
  for (Item* item : {&a, b.get(), &c}) list.push_back(*item);
  b.reset();
  EXPECT_EQ(names(list), "ac");
  a.unlink();
  a.unlink();
  EXPECT_EQ(names(list), "c");
}

TEST(IntrusiveList, items_outlive_their_list) {
  Item a('a');
  {
    IntrusiveList<Item> list;
    list.push_back(a);
    EXPECT_TRUE(a.is_linked());
  }
  EXPECT_FALSE(a.is_linked());
}

TEST(IntrusiveList, splice_moves_all_items_behind_those_here) {
  Item a('a'), b('b'), c('c');
  IntrusiveList<Item> list, other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  EXPECT_EQ(names(list), "abc");
  EXPECT_TRUE(other.empty());
  list.splice_back(other);
  EXPECT_EQ(names(list), "abc");
  other.splice_back(list);
  EXPECT_EQ(names(other), "abc");
}

TEST(IntrusiveList, a_visit_may_unlink_its_item) {
  Item a('a'), b('b'), c('c');
  IntrusiveList<Item> list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  list.for_each([](Item& item) { item.unlink(); });
  EXPECT_TRUE(list.empty());
}

struct First;
struct Second;
struct Both : ListHook<First>, ListHook<Second> {};

TEST(IntrusiveList, one_object_may_be_in_a_list_per_tag) {
  Both both;
  IntrusiveList<Both, First> first;
  IntrusiveList<Both, Second> second;
  first.push_back(both);
  second.push_back(both);
  first.pop_front();
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(&second.front(), &both);
}

}  // namespace
}  // namespace bowline
