#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "flows/ends.h"

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::Beside;
using flows::done;

/// Puts a descriptor in the place of standard input, and what was there back in the end.
class Replaced {
 public:
  explicit Replaced(int descriptor) : before_(::dup(STDIN_FILENO)) {
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(::dup2(descriptor, STDIN_FILENO), STDIN_FILENO);
    ::close(descriptor);
  }
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;
  ~Replaced() {
    if (before_ < 0) {
      ::close(STDIN_FILENO);
    } else {
      ::dup2(before_, STDIN_FILENO);
      ::close(before_);
    }
  }

 private:
  int before_;
};

void write(int descriptor, std::string_view text) {
  ASSERT_EQ(::write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

bool blocks(int descriptor) { return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0; }

/// All that comes, up to the end.
Result<std::string> read_all(Loop& loop) {
  StandardInput input = loop.standard_input();
  std::string all;
  for (;;) {
    BOWLINE_TRY(const Message message, done(loop, input.receive()));
    all += message.text();
    if (message.end_of_stream()) return all;
  }
}

/// The input comes from the other end of something.
void expect_a_stream(int input_end, int writer) {
  const Replaced replaced(input_end);
  Loop loop;
  StandardInput input = loop.standard_input();
  Beside<Message> waits;
  waits.start(input.receive());
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  EXPECT_FALSE(waits.is_done());
  EXPECT_TRUE(blocks(STDIN_FILENO)) << "others share it";
  write(writer, "one\n");
  const Result<Message> first = waits.wait(loop);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->text(), "one\n");
  write(writer, "two\n");
  EXPECT_EQ(done(loop, input.receive(4, 4))->text(), "two\n");
  ::close(writer);
}

TEST(StandardInputTest, may_be_a_pipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  expect_a_stream(ends[0], ends[1]);
}

TEST(StandardInputTest, may_be_a_socket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  expect_a_stream(ends[0], ends[1]);
}

TEST(StandardInputTest, may_be_a_terminal) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
    GTEST_SKIP() << "this host has no pseudo terminals";
  std::array<char, 128> name{};
  ASSERT_EQ(::ptsname_r(master, name.data(), name.size()), 0);
  expect_a_stream(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), master);
}

TEST(StandardInputTest, may_be_a_file_that_others_read_on) {
  std::string path = testing::TempDir() + "/bowline-input-XXXXXX";
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  ::unlink(path.c_str());
  const std::string text(300'000, 'x');
  write(file, "skipped " + text);
  ASSERT_EQ(::lseek(file, 8, SEEK_SET), 8);
  const Replaced replaced(file);
  Loop loop;
  EXPECT_EQ(done(loop, loop.standard_input().receive(10, 10))->size(), 10U);
  EXPECT_EQ(::lseek(STDIN_FILENO, 0, SEEK_CUR), 18) << "nothing is read ahead";
  EXPECT_EQ(read_all(loop).value(), text.substr(10));
}

TEST(StandardInputTest, may_be_nothing) {
  const Replaced replaced(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Loop loop;
  EXPECT_EQ(read_all(loop).value(), "");
  EXPECT_TRUE(done(loop, loop.standard_input().receive())->end_of_stream()) << "it stays so";
}

TEST(StandardInputTest, that_cannot_be_read_is_an_error) {
  {
    const Replaced replaced(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    Loop loop;
    EXPECT_EQ(done(loop, loop.standard_input().receive()).error().code(), EBADF);
  }
  const Replaced replaced(::open("/", O_RDONLY | O_CLOEXEC));
  Loop loop;
  EXPECT_EQ(done(loop, loop.standard_input().receive()).error().code(), EISDIR);
  EXPECT_EQ(done(loop, loop.standard_input().receive(2, 1)).error().kind(),
            ErrorKind::invalid_argument);
}

TEST(StandardInputTest, that_is_closed_is_an_error) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[1]);
  const Replaced replaced(ends[0]);
  Loop loop;  // before: else it would use the number itself
  ::close(STDIN_FILENO);
  EXPECT_EQ(done(loop, loop.standard_input().receive()).error().code(), EBADF);
}

TEST(StandardInputTest, loses_nothing_of_a_receive_that_was_dropped) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Replaced replaced(ends[0]);
  Loop loop;
  StandardInput input = loop.standard_input();
  Operation<Message> gathering = input.receive(100, 100);
  gathering.start([](const Result<Message>&) { FAIL() << "it was dropped"; });
  write(ends[1], "one");
  ASSERT_TRUE(done(loop, loop.sleep(1ms)).has_value());
  gathering = {};
  // This one is done inside of its start, and dropped before it is told.
  Operation<Message> done_already = input.receive();
  done_already.start([](const Result<Message>&) { FAIL() << "it was dropped"; });
  done_already = {};
  write(ends[1], " two");
  ::close(ends[1]);
  EXPECT_EQ(read_all(loop).value(), "one two");
}

TEST(StandardInputTest, serves_several_in_order) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Replaced replaced(ends[0]);
  Loop loop;
  StandardInput input = loop.standard_input();
  Beside<Message> first;
  Beside<Message> second;
  first.start(input.receive(2, 2));
  second.start(input.receive(1, 100));
  write(ends[1], "abcde");
  EXPECT_EQ(first.wait(loop)->text(), "ab");
  EXPECT_EQ(second.wait(loop)->text(), "cde");
  ::close(ends[1]);
}

}  // namespace
}  // namespace bowline
