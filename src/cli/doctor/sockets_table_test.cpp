#include "cli/doctor/sockets_table.h"

#include <gtest/gtest.h>

namespace bowline::cli {
namespace {

TEST(SocketsTable, reads_rows_of_proc) {
  const auto sockets = parse_sockets(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
      "31337 1 0000000000000000 100 0 0 10 0\n"
      "   1: 0A0200C0:0016 010200C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 "
      "42 1 0000000000000000 100 0 0 10 0\n",
      "tcp");
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(to_string(sockets[0].local), "127.0.0.1:8080");
  EXPECT_TRUE(sockets[0].listens);
  EXPECT_EQ(sockets[0].user_id, 1000U);
  EXPECT_EQ(sockets[0].inode, 31337U);
  EXPECT_EQ(to_string(sockets[1].local), "192.0.2.10:22");
  EXPECT_EQ(to_string(sockets[1].remote), "192.0.2.1:54321");
  EXPECT_FALSE(sockets[1].listens);
}

TEST(SocketsTable, reads_ipv6_and_udp) {
  const auto sockets = parse_sockets(
      "heading\n"
      "  7: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 07 "
      "00000000:00000000 00:00000000 00000000   101        0 99 2 0000000000000000 0\n",
      "udp");
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(to_string(sockets[0].local), "[2001:db8::1]:53");
  EXPECT_TRUE(sockets[0].listens);
}

TEST(SocketsTable, skips_what_it_does_not_understand) {
  EXPECT_TRUE(parse_sockets("", "tcp").empty());
  EXPECT_TRUE(
      parse_sockets("heading\nnonsense\n 0: 01:02 03:04 0A a b c d e f g\n", "tcp").empty());
  EXPECT_TRUE(
      parse_sockets("heading\n 0: 0100007F:1F90 00000000:0000 0A q q q -1 0 x\n", "tcp").empty());
}

}  // namespace
}  // namespace bowline::cli
