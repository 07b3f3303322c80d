#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <memory>
#include <string>

#include "story.h"

// Framers that speak first, and hand over.

namespace bowline::test {
namespace {

/// As SMTP asks for TLS (RFC 3207), in short: a greeting, a wish, an agreement.
class AsksFirst final : public Framer {
 public:
  explicit AsksFirst(std::string answer = "220 go ahead\r\n") : answer_(std::move(answer)) {}

  [[nodiscard]] std::string_view name() const override { return "starttls"; }
  Result<bool> start(FramerContext& context) override {
    if (context.role() == FramerRole::server) say(context, "220 hello\r\n");
    context.wake_at(context.now() + 5s);
    return false;
  }
  Result<void> handle_input(FramerContext& context) override {
    const auto input = context.input();
    const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return {};
    const std::string line(text.substr(0, end));
    context.consume(end + 2);
    if (context.role() == FramerRole::server) {
      if (line != "STARTTLS") return Error(ErrorKind::protocol_violation, "starttls", "what?");
      say(context, answer_);
      context.mark_ready();
    } else if (line == "220 hello") {
      say(context, "STARTTLS\r\n");
    } else if (line == "220 go ahead") {
      context.mark_ready();
    } else {
      return Error(ErrorKind::refused, "starttls", "the server will not: " + line);
    }
    return {};
  }
  Result<void> handle_output(FramerContext&, std::span<const std::byte>,
                             const MessageContext&) override {
    return Error(ErrorKind::unsupported, "starttls", "it only speaks first");
  }
  Result<void> handle_timeout(FramerContext&) override {
    return Error(ErrorKind::timed_out, "starttls", "no word for 5 s");
  }

 private:
  static void say(FramerContext& context, std::string_view text) {
    context.write(std::as_bytes(std::span(text)));
  }
  const std::string answer_;
};

Prelude asking(const std::string& answer = "220 go ahead\r\n") {
  return prelude([answer] { return std::make_unique<AsksFirst>(answer); }, tcp());
}

const char* const shared_key = "sixteen octets at least";
SecurityOptions by_key() {
  return SecurityOptions().preshared_key("us", std::as_bytes(std::span(shared_key, 23)));
}

TEST(Prelude, hands_the_stream_over) {
  Served scene(asking(), asking());
  ASSERT_TRUE(scene.connected);
  Reader server(scene.server);
  scene.client.send("then bytes as they are").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(server.text, "then bytes as they are");
  EXPECT_EQ(scene.client.report().stack().front(), "starttls");
}

/// The server's first bytes come in the packet of its last word.
TEST(Prelude, keeps_what_comes_behind_its_last_word) {
  const std::string early = "220 go ahead\r\nand at once";
  Served scene(asking(early), asking());
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.receive().wait()->text(), "and at once");
}

TEST(Prelude, tls_begins_behind_it) {
  Served scene(tls(asking(), by_key()), tls(asking(), by_key()));
  ASSERT_TRUE(scene.connected);
  Reader server(scene.server);
  scene.client.send("secret").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(server.text, "secret");
  ASSERT_TRUE(scene.client.security().has_value());
}

TEST(Prelude, what_it_refuses_fails_the_attempt) {
  Served scene(asking("454 not now\r\n"), asking(), Parameters().wait(Waiting::never));
  EXPECT_FALSE(scene.connected);
  ASSERT_TRUE(scene.client.error().has_value());
  EXPECT_EQ(scene.client.error()->attempts().front().kind(), ErrorKind::refused);
}

TEST(Prelude, has_a_timer) {
  Served scene(tcp(), asking(), Parameters().wait(Waiting::never).only(Family::ipv4));
  EXPECT_FALSE(scene.connected);
  ASSERT_TRUE(scene.client.error().has_value());
  EXPECT_EQ(scene.client.error()->attempts().front().kind(), ErrorKind::timed_out);
}

}  // namespace
}  // namespace bowline::test
