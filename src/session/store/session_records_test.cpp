#include "session/store/session_records.h"

#include <gtest/gtest.h>

#include <string>

#include "session/store/record_text.h"

namespace bowline::session {
namespace {

core::Cookie a_cookie() {
  core::Cookie cookie;
  cookie.name = "a:b";
  cookie.value = std::string(
      "1\0"
      "2:",
      4);
  cookie.domain = "example.com";
  cookie.path = "/p";
  cookie.partition = "https://top.example";
  cookie.expires = 1'800'000'000;
  cookie.created = 5;
  cookie.last_used = 7;
  cookie.is_host_only = false;
  cookie.is_secure = true;
  cookie.same_site = core::SameSite::lax;
  return cookie;
}

ResponseCache::Stored a_response() {
  ResponseCache::Stored stored;
  stored.key = " https://example.com/";
  stored.response.head.status = 203;
  stored.response.head.reason = "So to say";
  EXPECT_TRUE(stored.response.head.fields.add("ETag", "\"1\"").has_value());
  EXPECT_TRUE(stored.response.head.fields.add("Vary", "Accept").has_value());
  EXPECT_TRUE(stored.response.request_fields.add("Accept", "text/html").has_value());
  stored.response.times = {100, 102};
  stored.body = Buffer::own(std::string(1000, 'b'));
  return stored;
}

TEST(SessionRecords, a_cookie_comes_back_as_it_was) {
  const core::Cookie cookie = a_cookie();
  const auto back = cookie_of(to_record(cookie));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, cookie);
}

TEST(SessionRecords, a_response_comes_back_as_it_was) {
  const ResponseCache::Stored stored = a_response();
  const auto back = response_of(to_record(stored));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->key, stored.key);
  EXPECT_EQ(back->response.head, stored.response.head);
  EXPECT_EQ(back->response.request_fields, stored.response.request_fields);
  EXPECT_EQ(back->response.times.received, 102);
  EXPECT_EQ(back->body.text(), stored.body.text());
}

/// Whoever else writes into the file, nothing that he writes is taken for what it is not.
TEST(SessionRecords, what_was_cut_or_changed_is_no_record) {
  const ports::StoredRecord good = to_record(a_cookie());
  for (std::size_t size = 0; size < good.value->size(); ++size) {
    ports::StoredRecord cut = good;
    cut.value->resize(size);
    EXPECT_FALSE(cookie_of(cut).has_value()) << size;
  }
  ports::StoredRecord moved = good;
  moved.key = "11:example.org";
  EXPECT_FALSE(cookie_of(moved).has_value());
  ports::StoredRecord longer = good;
  *longer.value += "1:x";
  EXPECT_FALSE(cookie_of(longer).has_value());
  const ports::StoredRecord response = to_record(a_response());
  for (std::size_t size = 0; size < response.value->size(); size += 7) {
    ports::StoredRecord cut = response;
    cut.value->resize(size);
    EXPECT_FALSE(response_of(cut).has_value()) << size;
  }
}

TEST(RecordText, lengths_that_lie_are_seen) {
  for (const char* const text :
       {"", "5", "5:", "5:abc", "-1:a", "x:a", "99999999999999999999:a", ":a"}) {
    RecordReader reader(text);
    EXPECT_EQ(reader.text(), "") << text;
    EXPECT_FALSE(reader.is_good()) << text;
  }
  RecordReader reader("3:abc2:-7");
  EXPECT_EQ(reader.text(), "abc");
  EXPECT_EQ(reader.number(), -7);
  EXPECT_TRUE(reader.is_at_end());
}

}  // namespace
}  // namespace bowline::session
