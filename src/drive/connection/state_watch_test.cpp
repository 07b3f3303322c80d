#include "drive/connection/state_watch.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

namespace bowline::drive {
namespace {

void note_all(StateWatch& watch, std::initializer_list<ConnectionState> states) {
  for (const ConnectionState state : states) watch.note(state, nullptr);
}

TEST(StateWatch, tells_a_handler_that_can_only_be_moved_of_each_change_in_order) {
  std::string told;
  StateWatch watch;
  watch.set_handler([&told, own = std::make_unique<int>(1)](ConnectionState state, const Error*) {
    told += std::string(to_string(state)) + " " + std::to_string(*own) + ", ";
  });
  note_all(watch, {ConnectionState::preparing, ConnectionState::ready});
  while (watch.has_news()) watch.tell();
  EXPECT_EQ(told, "preparing 1, ready 1, ");
}

TEST(StateWatch, never_copies_or_moves_a_handler_once_it_has_it) {
  struct Counted {
    int* copies;
    Counted(int& count) : copies(&count) {}
    Counted(const Counted& other) : copies(other.copies) { ++*copies; }
    Counted(Counted&& other) noexcept : copies(other.copies) { ++*copies; }
    void operator()(ConnectionState, const Error*) {}
  };
  int copies = 0;
  StateWatch watch;
  watch.set_handler(Counted(copies));
  copies = 0;
  for (int i = 0; i < 10; ++i) {
    watch.note(ConnectionState::preparing, nullptr);
    watch.tell();
  }
  EXPECT_EQ(copies, 0);
}

TEST(StateWatch, a_handler_may_set_another_one_and_still_use_what_it_holds) {
  std::string told;
  StateWatch watch;
  watch.set_handler([&, text = std::string(100, 'x')](ConnectionState, const Error*) {
    watch.set_handler([&](ConnectionState state, const Error*) { told += to_string(state); });
    told += text.substr(0, 1);
  });
  note_all(watch, {ConnectionState::preparing, ConnectionState::ready});
  while (watch.has_news()) watch.tell();
  EXPECT_EQ(told, "xready");
}

TEST(StateWatch, a_handler_may_forget_the_watch_and_still_use_what_it_holds) {
  std::string told;
  StateWatch watch;
  watch.set_handler([&, text = std::string(100, 'x')](ConnectionState, const Error*) {
    EXPECT_EQ(watch.forget(), nullptr);
    told += text.substr(0, 1);
  });
  note_all(watch, {ConnectionState::preparing, ConnectionState::ready});
  while (watch.has_news()) watch.tell();
  watch.note(ConnectionState::cancelled, nullptr);
  EXPECT_FALSE(watch.has_news());
  EXPECT_EQ(told, "x");
}

TEST(StateWatch, a_handler_that_throws_is_told_of_the_next_change) {
  int told = 0;
  StateWatch watch;
  watch.set_handler([&](ConnectionState, const Error*) {
    ++told;
    throw std::runtime_error("of the user's");
  });
  note_all(watch, {ConnectionState::preparing, ConnectionState::ready});
  EXPECT_THROW(watch.tell(), std::runtime_error);
  EXPECT_THROW(watch.tell(), std::runtime_error);
  EXPECT_EQ(told, 2);
}

TEST(StateWatch, the_handler_goes_with_the_last_change_and_the_error_is_lent) {
  const auto owned = std::make_shared<int>(1);
  ErrorKind kind{};
  StateWatch watch;
  watch.set_handler([&kind, owned](ConnectionState, const Error* error) {
    if (error != nullptr) kind = error->kind();
  });
  const Error refused = Error::from_errno(111, "connect");
  watch.note(ConnectionState::failed, &refused);
  watch.note(ConnectionState::cancelled, nullptr);
  watch.tell();
  EXPECT_EQ(kind, ErrorKind::refused);
  EXPECT_EQ(owned.use_count(), 2);
  watch.tell();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_FALSE(watch.has_handler());
}

}  // namespace
}  // namespace bowline::drive
