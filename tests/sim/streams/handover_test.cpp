#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <functional>
#include <string>

#include "story.h"

// A connection that is established joins at the end of the turn, behind whatever else starts in it. Whatever
// happens to it in between must do what it does at any other time.

namespace bowline::test {
namespace {

/// A second connection wins in the very turn in which the first one receives.
struct Between : Connected {
  /// Does `deed` in between; gives what the server then hears on the second connection, up to its end.
  std::string hear_after(const std::function<void()>& deed) {
    second = connect(*loop, host("203.0.113.80", 80), tcp());
    Operation<Message> receiving = client.receive();
    receiving.start([&](const Result<Message>&) {
      is_between = second.state() == ConnectionState::preparing &&
                   second.report().attempts().at(0).outcome() == AttemptOutcome::won;
      deed();
    });
    web_loop->sleep(10ms).detach([&](const Result<void>&) { server.send("now").detach(); });
    sim.run_for(1s);
    std::string heard;
    for (StreamConnection& peer : accepted) {
      const Result<Message> said = peer.receive(100, 100).wait();
      heard += said.has_value() ? said->text() : to_string(said.error().kind());
    }
    return heard;
  }

  StreamConnection second;
  bool is_between = false;
};

TEST(Handover, is_not_waited_for_by_a_cancel) {
  Between scene;
  EXPECT_EQ(scene.hear_after([&] { scene.second.cancel(); }), "");
  EXPECT_TRUE(scene.is_between);
  EXPECT_EQ(scene.second.state(), ConnectionState::cancelled);
}

TEST(Handover, is_not_waited_for_by_an_abort) {
  Between scene;
  scene.hear_after([&] { scene.second.abort(); });
  EXPECT_TRUE(scene.is_between);
  EXPECT_EQ(scene.second.state(), ConnectionState::cancelled);
}

TEST(Handover, is_waited_for_by_a_close_of_what_was_sent) {
  Between scene;
  const std::string heard = scene.hear_after([&] {
    scene.second.send("sent").detach();
    scene.second.close().detach();
  });
  EXPECT_TRUE(scene.is_between);
  EXPECT_EQ(heard, "sent");
  EXPECT_EQ(scene.second.state(), ConnectionState::cancelled);
}

TEST(Handover, is_waited_for_by_the_last_handle_of_what_was_sent) {
  Between scene;
  const std::string heard = scene.hear_after([&] {
    scene.second.send("sent").detach();
    scene.second = {};
  });
  EXPECT_TRUE(scene.is_between);
  EXPECT_EQ(heard, "sent");
}

TEST(Handover, happens_once_though_the_network_changes) {
  Between scene;
  const std::string heard = scene.hear_after([&] {
    scene.home.attach(scene.internet, "eth1", {"192.0.2.11/24"});
    scene.second.send("sent", Last::yes).detach();
  });
  EXPECT_TRUE(scene.is_between);
  EXPECT_EQ(heard, "sent");
  EXPECT_EQ(scene.second.state(), ConnectionState::ready);
}

}  // namespace
}  // namespace bowline::test
