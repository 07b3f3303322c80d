#include "base/bytes.h"

#include <gtest/gtest.h>

namespace bowline {
namespace {

TEST(ByteReader, reads_big_endian_numbers_in_order) {
  ByteReader reader(as_bytes("\x01\x02\x03\x04\x05\x06\x07xy"));
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.offset(), 7U);
  EXPECT_EQ(as_text(reader.bytes(2).value()), "xy");
  EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, gives_nothing_and_stays_when_too_little_is_left) {
  ByteReader reader(as_bytes("abc"));
  EXPECT_FALSE(reader.u32().has_value());
  EXPECT_FALSE(reader.bytes(4).has_value());
  EXPECT_FALSE(reader.bytes(SIZE_MAX).has_value());
  EXPECT_EQ(reader.offset(), 0U);
  EXPECT_EQ(reader.u16(), 0x6162);
  EXPECT_FALSE(reader.u16().has_value());
  EXPECT_EQ(reader.u8(), 0x63);
  EXPECT_FALSE(reader.u8().has_value());
  EXPECT_TRUE(reader.bytes(0).has_value());
}

TEST(ByteWriter, writes_what_a_reader_reads) {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.u16(0);
  writer.u8(0xff);
  writer.u32(0xdeadbeef);
  writer.bytes(as_bytes("end"));
  writer.patch_u16(0, static_cast<std::uint16_t>(writer.size()));
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 10);
  EXPECT_EQ(reader.u8(), 0xff);
  EXPECT_EQ(reader.u32(), 0xdeadbeefU);
  EXPECT_EQ(as_text(reader.bytes(3).value()), "end");
}

}  // namespace
}  // namespace bowline
