#include "secure_scene.h"

// The program's own word about a peer.

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

TEST(Verify, may_answer_later_and_holds_up_that_address_only) {
  SecureScene scene;
  scene.dns->add("www.example.com", "A", "203.0.113.81");
  const auto one = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  const auto other =
      scene.serve(tls(SecurityOptions().identity(scene.web_identity())), "203.0.113.81");
  std::vector<PeerQuestion> questions;
  StreamConnection client = scene.connect_with(scene.trusting().verify(
      [&](const PeerQuestion& question) { questions.push_back(question); }));
  scene.sim.run_for(2s);
  ASSERT_EQ(questions.size(), 2U) << "the second address was tried meanwhile";
  EXPECT_EQ(client.state(), ConnectionState::preparing);
  EXPECT_TRUE(questions[0].report().is_trusted());
  EXPECT_EQ(questions[0].peer_name(), "www.example.com");
  questions[1].accept();
  ASSERT_TRUE(client.ready().wait().has_value());
  questions[0].accept();  // too late, and harmless
  questions[1].refuse("changed its mind");
  EXPECT_EQ(questions[0].report().chain().size(), 2U);
  scene.sim.run_for(1s);
  EXPECT_EQ(client.state(), ConnectionState::ready);
}

TEST(Verify, refuses_with_the_programs_reason) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(
      scene.trusting().verify([](PeerQuestion question) { question.refuse("not on my list"); }));
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::untrusted);
  EXPECT_NE(to_string(ready.error()).find("not on my list"), std::string::npos);
}

TEST(Verify, dropped_questions_refuse) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(scene.trusting().verify([](const PeerQuestion&) {}));
  EXPECT_EQ(client.ready().wait().error().kind(), ErrorKind::untrusted);
}

TEST(Verify, only_makes_stricter_unless_it_is_asked_about_those_who_are_refused) {
  SecureScene scene;
  const auto listener = scene.serve(tls(
      SecurityOptions().identity(scene.identity(CertificateRequest("web").name("other.example")))));
  int asked = 0;
  const auto accept = [&](PeerQuestion question) {
    ++asked;
    question.accept();
  };
  StreamConnection strict = scene.connect_with(scene.trusting().verify(accept));
  EXPECT_EQ(strict.ready().wait().error().kind(), ErrorKind::untrusted);
  EXPECT_EQ(asked, 0);
  StreamConnection loose = scene.connect_with(scene.trusting().verify(accept).verify_refused());
  EXPECT_TRUE(loose.ready().wait().has_value());
  EXPECT_EQ(asked, 1);
}

TEST(Verify, is_asked_of_resumed_sessions_too) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  std::vector<bool> resumed;
  const Tls stack = tls(scene.trusting().verify([&](PeerQuestion question) {
    resumed.push_back(question.is_resumed());
    question.accept();
  }));
  for (int i = 0; i < 2; ++i) {
    StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
    ASSERT_TRUE(client.ready().wait().has_value());
    client.send("x").detach();
    ASSERT_TRUE(client.receive().wait().has_value());
    ASSERT_TRUE(client.close().wait().has_value());
  }
  EXPECT_EQ(resumed, (std::vector<bool>{false, true}));
}

TEST(Policy, exceptions_are_for_their_domain_and_told) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  const auto asks_for_longer_keys = [&](const std::string& domain) {
    return scene.trusting().exception(
        PolicyException(domain, "the ministry asks for it").key_bits(2048, 384));
  };
  // An exception may also ask for more than the rule.
  StreamConnection refused = scene.connect_with(asks_for_longer_keys("www.example.com"));
  EXPECT_EQ(refused.ready().wait().error().kind(), ErrorKind::untrusted);
  StreamConnection other = scene.connect_with(asks_for_longer_keys("example.net"));
  EXPECT_TRUE(other.ready().wait().has_value());
}

TEST(PresharedKeys, are_looked_up_by_name) {
  SecureScene scene;
  const std::vector<std::byte> key(32, std::byte{9});
  std::vector<std::string> asked;
  const auto listener = scene.serve(tls(SecurityOptions().find_preshared_key(
      [&](std::string_view name) -> std::optional<std::vector<std::byte>> {
        asked.emplace_back(name);
        if (name == "lamp 7") return key;
        return std::nullopt;
      })));
  StreamConnection known = scene.connect_with(SecurityOptions().preshared_key("lamp 7", key));
  const Result<void> ready = known.ready().wait();
  EXPECT_TRUE(ready.has_value()) << to_string(ready.error());
  StreamConnection unknown = scene.connect_with(SecurityOptions().preshared_key("lamp 8", key));
  EXPECT_FALSE(unknown.ready().wait().has_value());
  ASSERT_GE(asked.size(), 2U);
  EXPECT_EQ(asked[0], "lamp 7");
  EXPECT_EQ(asked[1], "lamp 8");
}

}  // namespace
}  // namespace bowline::test
