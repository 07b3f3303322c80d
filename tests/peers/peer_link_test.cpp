#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/peer_link.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "secure_scene.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

/// Two programs on two hosts, and the links that each of them has heard of.
struct Meeting : SecureScene {
  explicit Meeting(std::uint64_t seed = 1) : SecureScene(seed) {}

  struct Program {
    std::optional<PeerNode> node;
    std::vector<PeerLink> links;
    std::vector<Error> failures;
    Endpoint place;
  };

  void start(Program& program, Loop& at, const char* address, PeerOptions options) {
    auto opened = PeerNode::open(at, options.local(host(address, 0)));
    ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
    program.node = *std::move(opened);
    program.node->on_link([&program](PeerLink link) { program.links.push_back(std::move(link)); });
    program.node->on_failure(
        [&program](const Endpoint&, const Error& error) { program.failures.push_back(error); });
    program.place = program.node->local_address();
  }
  void start_both(const PeerOptions& first, const PeerOptions& second) {
    start(anna, *loop, "192.0.2.10", first);
    start(bert, *web_loop, "203.0.113.80", second);
  }
  PeerIdentity identity_of(Loop& at) {
    auto made = PeerIdentity::make(at);
    EXPECT_TRUE(made.has_value());
    return *made;
  }

  Program anna;
  Program bert;
};

std::vector<std::byte> shared_key() { return std::vector<std::byte>(32, std::byte{7}); }

/// Bytes go both ways, by both channels.
void expect_talk(Meeting& scene, PeerLink& one, PeerLink& other) {
  one.reliable().send(std::string("by stream"), MessageContext().number(7)).detach();
  auto got = other.reliable().receive().wait();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->text(), "by stream");
  EXPECT_EQ(got->context().number(), 7U);
  ASSERT_TRUE(other.best_effort());
  ASSERT_TRUE(one.best_effort());
  other.best_effort().send(std::string("by datagram")).detach();
  got = one.best_effort().receive().wait();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->text(), "by datagram");
  scene.sim.run_for(10ms);
}

TEST(PeerLink, comes_of_a_key_that_both_have) {
  Meeting scene;
  scene.start_both(PeerOptions::by_key(shared_key()).name("anna"),
                   PeerOptions::by_key(shared_key()).name("bert"));
  scene.anna.node->connect(scene.bert.place);
  ASSERT_TRUE(scene.sim.run_until(
      [&] { return !scene.anna.links.empty() && !scene.bert.links.empty(); }, 30s));
  EXPECT_EQ(scene.anna.links[0].peer_name(), "bert");
  EXPECT_EQ(scene.anna.links[0].peer_id(), scene.bert.node->id());
  EXPECT_TRUE(scene.anna.links[0].is_initiator());
  EXPECT_FALSE(scene.bert.links[0].is_initiator());
  expect_talk(scene, scene.anna.links[0], scene.bert.links[0]);
  expect_talk(scene, scene.bert.links[0], scene.anna.links[0]);
}

TEST(PeerLink, comes_of_certificates_whose_ids_are_known) {
  Meeting scene;
  const PeerIdentity anna = scene.identity_of(*scene.loop);
  const PeerIdentity bert = scene.identity_of(*scene.web_loop);
  EXPECT_EQ(anna.id().size(), 19U);
  EXPECT_EQ(PeerIdentity::from_texts(anna.texts())->id(), anna.id());
  std::string asked;
  scene.start_both(PeerOptions(anna).trust(bert.id()),
                   PeerOptions(bert).on_stranger([&](const std::string& id) {
                     asked = id;
                     return true;
                   }));
  scene.bert.node->connect(scene.anna.place);
  ASSERT_TRUE(scene.sim.run_until(
      [&] { return !scene.anna.links.empty() && !scene.bert.links.empty(); }, 30s));
  EXPECT_EQ(asked, anna.id());
  EXPECT_EQ(scene.bert.links[0].peer_id(), anna.id());
  expect_talk(scene, scene.anna.links[0], scene.bert.links[0]);
}

TEST(PeerLink, strangers_are_refused) {
  Meeting scene;
  const PeerIdentity bert = scene.identity_of(*scene.web_loop);
  scene.start_both(PeerOptions(scene.identity_of(*scene.loop)).trust(bert.id()), PeerOptions(bert));
  scene.anna.node->connect(scene.bert.place);
  scene.sim.run_for(60s);
  EXPECT_TRUE(scene.anna.links.empty());
  EXPECT_TRUE(scene.bert.links.empty());
  EXPECT_EQ(scene.anna.failures.size(), 1U);
}

TEST(PeerLink, another_key_opens_nothing) {
  Meeting scene;
  scene.start_both(PeerOptions::by_key(shared_key()),
                   PeerOptions::by_key(std::vector<std::byte>(32, std::byte{8})));
  scene.anna.node->connect(scene.bert.place);
  scene.sim.run_for(60s);
  EXPECT_TRUE(scene.anna.links.empty());
  EXPECT_TRUE(scene.bert.links.empty());
  EXPECT_EQ(scene.anna.failures.size(), 1U);
}

/// Whatever the order in which packets come, there is one link, and both ends agree which.
TEST(PeerLink, is_one_when_both_connect_at_once) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Meeting scene(seed);
    scene.start_both(PeerOptions::by_key(shared_key()), PeerOptions::by_key(shared_key()));
    scene.anna.node->connect(scene.bert.place);
    scene.sim.run_for(Duration(seed * 3'000'000));
    scene.bert.node->connect(scene.anna.place);
    scene.sim.run_for(20s);
    ASSERT_EQ(scene.anna.links.size(), 1U);
    ASSERT_EQ(scene.bert.links.size(), 1U);
    EXPECT_NE(scene.anna.links[0].is_initiator(), scene.bert.links[0].is_initiator());
    EXPECT_EQ(scene.anna.failures.size() + scene.bert.failures.size(), 1U);
    expect_talk(scene, scene.anna.links[0], scene.bert.links[0]);
  }
}

TEST(PeerLink, a_peer_that_began_anew_gets_a_new_one) {
  Meeting scene;
  const PeerIdentity anna = scene.identity_of(*scene.loop);
  const PeerIdentity bert = scene.identity_of(*scene.web_loop);
  scene.start_both(PeerOptions(anna).trust(bert.id()), PeerOptions(bert).trust(anna.id()));
  scene.anna.node->connect(scene.bert.place);
  scene.sim.run_for(10s);
  ASSERT_EQ(scene.bert.links.size(), 1U);
  // Anna's host is cut off while she starts again: nobody tells Bert that the first link is gone.
  const PeerLink forgotten = scene.anna.links[0];
  scene.anna.links.clear();
  scene.start(scene.anna, *scene.loop, "192.0.2.10", PeerOptions(anna).trust(bert.id()));
  scene.anna.node->connect(scene.bert.place);
  scene.sim.run_for(10s);
  ASSERT_EQ(scene.bert.links.size(), 2U);
  ASSERT_EQ(scene.anna.links.size(), 1U);
  expect_talk(scene, scene.anna.links[0], scene.bert.links[1]);
}

TEST(PeerLink, to_oneself_is_none) {
  Meeting scene;
  scene.start_both(PeerOptions::by_key(shared_key()), PeerOptions::by_key(shared_key()));
  scene.anna.node->connect(scene.anna.place);
  scene.sim.run_for(60s);
  EXPECT_TRUE(scene.anna.links.empty());
  EXPECT_EQ(scene.anna.failures.size(), 1U);
}

}  // namespace
}  // namespace bowline::test
