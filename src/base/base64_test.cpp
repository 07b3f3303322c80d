#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace bowline {
namespace {

TEST(Base64, writes_and_reads_the_vectors_of_rfc_4648) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : rows) {
    EXPECT_EQ(to_base64(as_bytes(plain)), coded);
    const auto read = from_base64(coded);
    ASSERT_TRUE(read) << coded;
    EXPECT_EQ(as_text(*read), plain);
  }
}

TEST(Base64, refuses_a_second_spelling_of_the_same_octets) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg==\n", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 8", "Zm-_", "=Zg="})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace bowline
