#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "peers/hello.h"
#include "peers/peer_id.h"

namespace bowline::peers {
namespace {

TEST(PeerId, is_80_bits_in_letters_that_cannot_be_mistaken) {
  EXPECT_EQ(peer_id_of(std::vector<std::byte>(32, std::byte{0})), "0000-0000-0000-0000");
  EXPECT_EQ(peer_id_of(std::vector<std::byte>(32, std::byte{0xff})), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
  EXPECT_EQ(canonical_peer_id("zzzz zzzz-ZZZZZZZZ"), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
  EXPECT_EQ(canonical_peer_id("oil0-0000-0000-0000"), "0110-0000-0000-0000");
  EXPECT_EQ(canonical_peer_id("ZZZZ"), "");
  EXPECT_EQ(canonical_peer_id("UZZZ-ZZZZ-ZZZZ-ZZZZ"), "");
}

TEST(PeerHello, is_read_as_it_was_written) {
  Hello hello{"K7QX-9F3D-2M4P-8WTA", "anna's", {}};
  hello.instance.fill(std::byte{9});
  const std::vector<std::byte> bytes = write_hello(hello);
  const auto read = read_hello(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, hello.id);
  EXPECT_EQ(read->name, hello.name);
  EXPECT_EQ(read->instance, hello.instance);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_hello(std::span(bytes).first(size)).has_value()) << size;
  std::vector<std::byte> later = bytes;
  later[0] = std::byte{2};
  EXPECT_EQ(read_hello(later).error().kind(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace bowline::peers
