#include <bowline/error.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <bowline/result.h>

namespace bowline {
namespace {

TEST(Error, from_errno_says_what_the_number_means) {
  const std::pair<int, ErrorKind> rows[] = {
      {ECONNREFUSED, ErrorKind::refused},
      {ENETUNREACH, ErrorKind::unreachable},
      {EHOSTUNREACH, ErrorKind::unreachable},
      {ENETDOWN, ErrorKind::unreachable},
      {ETIMEDOUT, ErrorKind::timed_out},
      {ECONNRESET, ErrorKind::reset},
      {EPIPE, ErrorKind::reset},
      {ECONNABORTED, ErrorKind::reset},
      {EADDRINUSE, ErrorKind::address_in_use},
      {EADDRNOTAVAIL, ErrorKind::address_unavailable},
      {ENODEV, ErrorKind::address_unavailable},
      {EACCES, ErrorKind::permission_denied},
      {EPERM, ErrorKind::permission_denied},
      {EMFILE, ErrorKind::resources_exhausted},
      {ENFILE, ErrorKind::resources_exhausted},
      {ENOBUFS, ErrorKind::resources_exhausted},
      {ENOMEM, ErrorKind::resources_exhausted},
      {EMSGSIZE, ErrorKind::message_too_large},
      {EINVAL, ErrorKind::invalid_argument},
      {EAFNOSUPPORT, ErrorKind::unsupported},
      {EOPNOTSUPP, ErrorKind::unsupported},
      {ENOTCONN, ErrorKind::not_ready},
      {ECANCELED, ErrorKind::cancelled},
      {EBADF, ErrorKind::internal},
      {9999, ErrorKind::internal},
  };
  for (const auto& [code, kind] : rows) {
    const Error error = Error::from_errno(code, "connect");
    EXPECT_EQ(error.kind(), kind) << code;
    EXPECT_EQ(error.domain(), ErrorDomain::posix);
    EXPECT_EQ(error.code(), code);
    EXPECT_STREQ(error.operation(), "connect");
  }
}

TEST(Error, is_one_line_for_people) {
  EXPECT_EQ(to_string(Error::from_errno(ECONNREFUSED, "connect").about("192.0.2.1:443")),
            "connect 192.0.2.1:443: refused (ECONNREFUSED)");
  EXPECT_EQ(to_string(Error::from_errno(9999, "bind")), "bind: internal (errno 9999)");
  EXPECT_EQ(to_string(Error(ErrorKind::timed_out, "connect", "gave up after 5 s")),
            "connect: timed out: gave up after 5 s");
  EXPECT_EQ(
      to_string(Error(ErrorKind::name_not_found, ErrorDomain::dns, 3, "resolve").about("a.test")),
      "resolve a.test: name not found (dns 3)");
  EXPECT_EQ(to_string(Error(ErrorKind::name_not_found, ErrorDomain::dns, 3, "resolve",
                            "a .onion name is reached by Tor")
                          .about("a.onion")),
            "resolve a.onion: name not found (dns 3): a .onion name is reached by Tor");
  EXPECT_EQ(to_string(Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "receive")),
            "receive: cancelled");
}

TEST(Error, threat_116_escapes_text_from_outside) {
  const Error error = Error(ErrorKind::malformed, "parse", "bad \x1b[2J").about("a\nb");
  EXPECT_EQ(to_string(error), "parse a\\x0ab: malformed: bad \\x1b[2J");
}

TEST(Error, has_a_message_whatever_it_was_made_from) {
  EXPECT_EQ(Error(ErrorKind::closed, "send", "too late").message(), "too late");
  EXPECT_EQ(Error::from_errno(ECONNREFUSED, "connect").message(),
            std::generic_category().message(ECONNREFUSED));
  EXPECT_EQ(Error(ErrorKind::untrusted, ErrorDomain::tls, 42, "handshake").message(),
            "untrusted (tls 42)");
  EXPECT_EQ(Error(ErrorKind::timed_out, ErrorDomain::bowline, 0, "connect").message(), "timed out");
}

TEST(Error, about_leaves_the_error_it_was_called_on_alone) {
  const Error plain(ErrorKind::refused, "connect", "no");
  const Error named = plain.about("a");
  const Error renamed = named.about("b");
  EXPECT_EQ(plain.subject(), "");
  EXPECT_EQ(named.subject(), "a");
  EXPECT_EQ(renamed.subject(), "b");
  EXPECT_EQ(renamed.message(), "no");
}

TEST(Error, keeps_the_error_of_every_attempt) {
  std::vector<Error> attempts{Error::from_errno(ECONNREFUSED, "connect").about("[::1]:80"),
                              Error::from_errno(ETIMEDOUT, "connect").about("127.0.0.1:80")};
  const Error failed = Error(ErrorKind::refused, ErrorDomain::posix, ECONNREFUSED, "connect")
                           .about("localhost")
                           .with_attempts(std::move(attempts));
  ASSERT_EQ(failed.attempts().size(), 2U);
  EXPECT_EQ(failed.attempts()[1].subject(), "127.0.0.1:80");
  EXPECT_EQ(to_string(failed), "connect localhost: refused (ECONNREFUSED), after 2 attempts");
  EXPECT_TRUE(failed.attempts()[0].attempts().empty());
}

TEST(Error, equals_by_kind_domain_and_code_only) {
  EXPECT_EQ(Error::from_errno(EPIPE, "send").about("x"), Error::from_errno(EPIPE, "receive"));
  EXPECT_NE(Error::from_errno(EPIPE, "send"), Error::from_errno(ECONNRESET, "send"));
}

TEST(Error, becomes_an_error_code_that_is_never_success) {
  const std::error_code posix = Error::from_errno(ECONNREFUSED, "connect");
  EXPECT_EQ(posix.category(), std::system_category());
  EXPECT_EQ(posix, std::errc::connection_refused);
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    const std::error_code own = Error(static_cast<ErrorKind>(kind), ErrorDomain::bowline, 0, "x");
    EXPECT_STREQ(own.category().name(), "bowline");
    EXPECT_EQ(own.value(), kind + 1);
    EXPECT_FALSE(own.message().empty());
  }
  EXPECT_TRUE(std::error_code(Error(ErrorKind::internal, ErrorDomain::posix, 0, "x")));
}

TEST(Error, compares_with_std_errc_where_posix_has_the_word) {
  const std::error_code own = Error(ErrorKind::timed_out, "connect", "deadline");
  EXPECT_EQ(own, std::errc::timed_out);
  EXPECT_NE(own, std::errc::connection_refused);
  const std::error_code untrusted = Error(ErrorKind::untrusted, "handshake", "self-signed");
  EXPECT_EQ(untrusted.default_error_condition().category(), untrusted.category());
}

TEST(Error, holds_codes_of_62_bits) {
  constexpr std::int64_t largest = (std::int64_t{1} << 62) - 1;  // RFC 9000 section 16
  const Error error(ErrorKind::protocol_violation, ErrorDomain::quic, largest, "read");
  EXPECT_EQ(error.code(), largest);
  EXPECT_NE(to_string(error).find("quic 4611686018427387903"), std::string::npos)
      << to_string(error);
  EXPECT_NE(error, Error(ErrorKind::protocol_violation, ErrorDomain::quic, -1, "read"));
}

TEST(Error, copies_share_what_they_say_and_each_can_say_more) {
  const Error first = Error(ErrorKind::refused, "connect", "no").about("one");
  Error second = first;
  second = std::move(second).about("two");
  Error third = second;
  third = first;
  const Error& itself = third;
  third = itself;
  EXPECT_EQ(first.subject(), "one");
  EXPECT_EQ(second.subject(), "two");
  EXPECT_EQ(third.subject(), "one");
  EXPECT_EQ(second.message(), "no");
}

TEST(Error, kinds_and_domains_have_names_of_their_own) {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind)
    names.insert(to_string(static_cast<ErrorKind>(kind)));
  EXPECT_EQ(names.size(), 21U);
  names.clear();
  for (int domain = 0; domain <= static_cast<int>(ErrorDomain::bowline); ++domain)
    names.insert(to_string(static_cast<ErrorDomain>(domain)));
  EXPECT_EQ(names.size(), 8U);
}

Result<int> doubled(Result<int> number) {
  BOWLINE_TRY(const int value, std::move(number));
  return 2 * value;
}

TEST(Result, try_takes_the_value_or_hands_on_the_error) {
  EXPECT_EQ(doubled(4).value(), 8);
  EXPECT_EQ(doubled(Error(ErrorKind::closed, "x", "y")).error().kind(), ErrorKind::closed);
}

TEST(Error, a_reason_is_shared_by_copies_and_told_behind_the_kind) {
  const Error plain(ErrorKind::timed_out, "connect", "not within 60 s");
  EXPECT_FALSE(plain.reason());
  const Error error = Error(plain).with_reason(ErrorKind::refused).about("example.com:443");
  EXPECT_EQ(error.reason(), ErrorKind::refused);
  EXPECT_EQ(Error(error).reason(), ErrorKind::refused);
  EXPECT_EQ(to_string(error),
            "connect example.com:443: timed out, refused before: not within 60 s");
}

}  // namespace
}  // namespace bowline
