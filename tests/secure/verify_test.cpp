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

TEST(Exporter, gives_both_ends_the_same_key_and_others_another) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  const auto make = [&] {
    StreamConnection client = scene.connect_with(scene.trusting().resume(false));
    EXPECT_TRUE(client.ready().wait().has_value());
    scene.sim.run_for(1s);
    return client;
  };
  const auto exported = [](const StreamConnection& connection) {
    return connection.export_key("EXPERIMENTAL bowline", {}, 32).value();
  };
  const StreamConnection one = make();
  const auto key = exported(one);
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(exported(scene.accepted.back()), key);
  const StreamConnection two = make();
  EXPECT_NE(exported(two), key);
  const StreamConnection plain = connect(*scene.loop, host("203.0.113.80", 443), tcp());
  EXPECT_EQ(plain.export_key("EXPERIMENTAL bowline", {}, 32).error().kind(),
            ErrorKind::unsupported);
  EXPECT_EQ(one.export_key("EXPERIMENTAL bowline", {}, 0).error().kind(),
            ErrorKind::invalid_argument);
}

TEST(Keys, are_renewed_in_the_middle_of_a_conversation) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(scene.trusting());
  ASSERT_TRUE(client.ready().wait().has_value());
  for (int i = 0; i < 20; ++i) {
    const std::string text = "message " + std::to_string(i);
    scene.sim.run_for(200ms);  // more than eight a second are an attack
    ASSERT_TRUE(client.update_keys().has_value());
    client.send(text).detach();
    const Result<Message> got = client.receive(text.size(), text.size()).wait();
    ASSERT_TRUE(got.has_value()) << to_string(got.error());
    EXPECT_EQ(got->text(), text);
  }
}

TEST(Identities, are_replaced_while_connections_go_on) {
  SecureScene scene;
  Identities identities({scene.identity(CertificateRequest("old").name("www.example.com"))});
  const auto listener = scene.serve(tls(SecurityOptions().identities(identities)));
  const auto met = [](const StreamConnection& client) {
    return client.security()->peer_chain().at(0).subject();
  };
  const SecurityOptions options = scene.trusting();
  StreamConnection before = scene.connect_with(options);
  ASSERT_TRUE(before.send("x").wait().has_value());
  ASSERT_TRUE(before.receive(1).wait().has_value());
  EXPECT_EQ(met(before), "CN=old");
  identities.replace({scene.identity(CertificateRequest("new").name("www.example.com"))});
  StreamConnection after = scene.connect_with(options);
  const Result<void> ready = after.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  EXPECT_EQ(met(after), "CN=new");
  EXPECT_FALSE(after.security()->is_resumed()) << "its ticket was of the old one";
  ASSERT_TRUE(before.send("y").wait().has_value());
  EXPECT_EQ(before.receive(1).wait()->text(), "y");
}

TEST(Identities, are_chosen_by_the_name_that_a_client_asks_for) {
  SecureScene scene;
  scene.dns->add("shop.example.com", "A", "203.0.113.80");
  const auto listener = scene.serve(
      tls(SecurityOptions()
              .identity(scene.web_identity())
              .identity(scene.identity(CertificateRequest("shop").name("shop.example.com")))));
  StreamConnection web = scene.connect_with(scene.trusting());
  StreamConnection shop = scene.connect_with(scene.trusting(), host("shop.example.com", 443));
  ASSERT_TRUE(web.ready().wait().has_value());
  const Result<void> ready = shop.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  EXPECT_EQ(shop.security()->peer_chain().at(0).subject(), "CN=shop");
}

TEST(BareKeys, are_trusted_by_who_knows_them) {
  SecureScene scene;
  const CertificateAndKey made = scene.make(CertificateRequest("lamp"), &scene.root);
  const auto key = std::as_bytes(std::span(made.private_key));
  const Result<Identity> lamp = Identity::from_bare_key(key);
  ASSERT_TRUE(lamp.has_value()) << to_string(lamp.error());
  EXPECT_EQ(lamp->key_digest(),
            Identity::from_text(made.certificates, made.private_key)->key_digest());
  const auto listener = scene.serve(tls(SecurityOptions().identity(*lamp)));
  StreamConnection friendly =
      scene.connect_with(SecurityOptions().system_roots(false).trust_key(lamp->key_digest()));
  const Result<void> ready = friendly.ready().wait();
  EXPECT_TRUE(ready.has_value()) << to_string(ready.error());
  StreamConnection stranger =
      scene.connect_with(SecurityOptions().system_roots(false).trust_key(Certificate::Digest{}));
  EXPECT_EQ(stranger.ready().wait().error().kind(), ErrorKind::untrusted);
}

}  // namespace
}  // namespace bowline::test
