#include "crypto/gnutls/datagram/datagram_session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsState;
using testing::SessionScene;
using testing::TestEnd;
using testing::TestVerifier;
using Datagram = std::vector<std::byte>;

/// Two ends over a link whose faults a test chooses.
class DatagramSessions : public ::testing::Test {
 protected:
  DatagramSessions() {
    scene.client_configuration.transport = ports::TlsTransport::datagrams;
    scene.server_configuration.transport = ports::TlsTransport::datagrams;
  }

  static std::vector<Datagram> sent_by(TestEnd& end) {
    std::vector<Datagram> found;
    while (end.session->has_ciphertext()) {
      Datagram next(2'000);
      next.resize(end.session->give_ciphertext(next));
      found.push_back(std::move(next));
    }
    return found;
  }
  void deliver(const Datagram& datagram, TestEnd& to) {
    static_cast<void>(to.session->take_ciphertext(datagram, scene.now));
    read(to);
  }
  void read(TestEnd& to) {
    while (true) {
      std::byte room[2'000];
      const auto count = to.session->read_plaintext(room);
      if (!count.has_value() || *count == 0) return;
      received.emplace_back(as_text(std::span(room).first(*count)));
    }
  }
  /// One batch each way; false if there was nothing to be sent. `change` does to a batch what the link does.
  template <class Change>
  bool exchange(Change change) {
    bool any = false;
    for (auto [from, to] :
         {std::pair(&scene.client, &scene.server), std::pair(&scene.server, &scene.client)}) {
      auto batch = sent_by(*from);
      any = any || !batch.empty();
      change(batch);
      for (const Datagram& datagram : batch) deliver(datagram, *to);
    }
    return any;
  }
  /// Until both are open, with timers where nothing moves; gives the time that passed.
  template <class Change>
  Duration connect_over(Change change) {
    const Instant begun = scene.now;
    scene.start();
    for (int round = 0; round < 500 && !scene.both_are(TlsState::open); ++round) {
      if (exchange(change)) continue;
      std::optional<Instant> next;
      for (const TestEnd* end : {&scene.client, &scene.server})
        if (const auto at = end->session->deadline(); at.has_value())
          next = next.has_value() ? std::min(*next, *at) : *at;
      if (!next.has_value()) break;
      scene.now = std::max(scene.now, *next);
      scene.client.session->handle_timeout(scene.now);
      scene.server.session->handle_timeout(scene.now);
    }
    return scene.now - begun;
  }
  void connect() {
    connect_over([](auto&) {});
  }
  /// Both states and why, for a failing test.
  [[nodiscard]] std::string story() const {
    std::string made;
    for (const TestEnd* end : {&scene.client, &scene.server}) {
      made += std::to_string(static_cast<int>(end->session->state())) + " ";
      if (end->session->error() != nullptr) made += end->session->error()->message() + " ";
    }
    return made;
  }
  Datagram written(TestEnd& from, std::string_view text) {
    Datagram room(from.session->ciphertext_bytes_max(text.size()));
    const auto moved = from.session->write_plaintext(as_bytes(text), room);
    EXPECT_TRUE(moved.has_value());
    EXPECT_EQ(moved->consumed, text.size());
    room.resize(moved->produced);
    return room;
  }

  SessionScene scene;
  std::vector<std::string> received;
};

TEST_F(DatagramSessions, shake_hands_and_carry_messages_whole) {
  scene.make();
  EXPECT_EQ(connect_over([](auto&) {}), Duration::zero());
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.client.session->facts().version, ports::TlsVersion::dtls_1_2);
  EXPECT_FALSE(scene.client.session->deadline().has_value());
  EXPECT_FALSE(scene.server.session->deadline().has_value());
  deliver(written(scene.client, "one"), scene.server);
  deliver(written(scene.client, "two"), scene.server);
  deliver(written(scene.server, "three"), scene.client);
  EXPECT_EQ(received, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(DatagramSessions, keep_to_the_size_of_a_datagram) {
  ports::TlsParameters parameters;
  parameters.peer_name = "a.test";
  parameters.datagram_bytes_max = 300;
  scene.server_configuration.identities = {scene.identity_for({"a.test"}, testing::TestKey::rsa)};
  scene.make(parameters);
  scene.server.session->set_datagram_bytes_max(300);
  std::size_t longest = 0;
  connect_over([&](auto& batch) {
    for (const Datagram& one : batch) longest = std::max(longest, one.size());
  });
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_LE(longest, 300U);

  std::byte room[1'000];
  const std::string text(280, 'x');
  EXPECT_EQ(scene.client.session->write_plaintext(as_bytes(text), room).error().kind(),
            ErrorKind::message_too_large);
  EXPECT_EQ(scene.client.session->state(), TlsState::open);
  scene.client.session->set_datagram_bytes_max(1'200);
  deliver(written(scene.client, text), scene.server);
  EXPECT_EQ(received, std::vector{text});
}

TEST_F(DatagramSessions, survive_the_loss_of_any_one_datagram) {
  int lost_in_all = 0;
  for (int lost = 0; lost < 20; ++lost) {
    scene.make();
    int number = 0;
    const Duration took = connect_over([&](auto& batch) {
      std::erase_if(batch, [&](const Datagram&) { return number++ == lost; });
    });
    ASSERT_TRUE(scene.both_are(TlsState::open)) << lost << ": " << story();
    if (number <= lost) break;
    ++lost_in_all;
    EXPECT_LE(took, std::chrono::milliseconds(1'250)) << lost;
  }
  EXPECT_GE(lost_in_all, 8);
}

TEST_F(DatagramSessions, survive_much_loss_and_repetition) {
  SeededRandom chance(7);
  for (int run = 0; run < 20; ++run) {
    scene.make();
    connect_over([&](auto& batch) {
      std::vector<Datagram> left;
      for (const Datagram& one : batch) {
        if (chance.below(100) < 20) continue;
        left.push_back(one);
        if (chance.below(100) < 20) left.push_back(one);
      }
      batch = left;
    });
    ASSERT_TRUE(scene.both_are(TlsState::open)) << run << ": " << story();
  }
}

TEST_F(DatagramSessions, need_no_timer_when_datagrams_only_change_places) {
  SeededRandom chance(11);
  scene.server_configuration.client_certificate =
      ports::TlsConfiguration::PeerCertificate::required;
  scene.client_configuration.identities = {scene.identity_for({"client"})};
  for (int run = 0; run < 30; ++run) {
    scene.make();
    const Duration took = connect_over([&](auto& batch) {
      for (std::size_t i = batch.size(); i > 1; --i)
        std::swap(batch[i - 1], batch[static_cast<std::size_t>(chance.below(i))]);
    });
    ASSERT_TRUE(scene.both_are(TlsState::open)) << run << ": " << story();
    EXPECT_EQ(took, Duration::zero()) << run;
  }
}

TEST_F(DatagramSessions, survive_loss_where_the_peer_joins_its_records) {
  for (int lost = 0; lost < 6; ++lost) {
    scene.make();
    int number = 0;
    connect_over([&](auto& batch) {
      if (batch.empty()) return;
      Datagram joined;
      for (const Datagram& one : batch) joined.insert(joined.end(), one.begin(), one.end());
      batch = number++ == lost ? std::vector<Datagram>{} : std::vector<Datagram>{joined};
    });
    ASSERT_TRUE(scene.both_are(TlsState::open)) << lost << ": " << story();
  }
}

TEST_F(DatagramSessions, drop_what_is_no_whole_record_without_harm) {
  scene.make();
  scene.start();
  const Datagram record = {std::byte{23}, std::byte{0xfe}, std::byte{0xfd}, std::byte{0},
                           std::byte{1},  std::byte{0},    std::byte{0},    std::byte{0},
                           std::byte{0},  std::byte{0},    std::byte{9},    std::byte{0},
                           std::byte{2},  std::byte{1},    std::byte{2}};
  const auto all_junk = [&](TestEnd& to) {
    deliver({}, to);
    for (std::size_t size = 1; size <= record.size(); ++size)
      deliver({record.begin(), record.begin() + static_cast<long>(size)}, to);
    deliver(Datagram(100), to);
    deliver(Datagram(1'200, std::byte{22}), to);
    Datagram behind = record;
    behind.push_back(std::byte{0});
    deliver(behind, to);
  };
  all_junk(scene.client);
  all_junk(scene.server);
  while (exchange([](auto&) {})) {
    all_junk(scene.client);
    all_junk(scene.server);
  }
  ASSERT_TRUE(scene.both_are(TlsState::open));
  const Datagram good = written(scene.client, "still here");
  all_junk(scene.server);
  deliver(good, scene.server);
  deliver(good, scene.server);
  Datagram changed = written(scene.client, "changed");
  changed.back() ^= std::byte{1};
  deliver(changed, scene.server);
  EXPECT_EQ(received, std::vector<std::string>{"still here"});
  EXPECT_TRUE(scene.both_are(TlsState::open));
}

TEST_F(DatagramSessions, survive_a_hail_of_forged_records_in_the_handshake) {
  scene.make();
  Datagram forged = {std::byte{22}, std::byte{0xfe}, std::byte{0xfd}, std::byte{0}, std::byte{1},
                     std::byte{0},  std::byte{0},    std::byte{0},    std::byte{0}, std::byte{0},
                     std::byte{9},  std::byte{0},    std::byte{40}};
  forged.resize(13 + 40);
  const auto hail = [&](auto&) {
    for (int i = 0; i < 100; ++i) {
      deliver(forged, scene.client);
      deliver(forged, scene.server);
    }
  };
  connect_over(hail);
  EXPECT_TRUE(scene.both_are(TlsState::open)) << story();
}

TEST_F(DatagramSessions, answer_a_hello_without_keeping_anything) {
  const auto key = as_bytes("0123456789abcdef");
  const auto peer = as_bytes("192.0.2.1:4000");
  scene.make();
  scene.client.session->start(scene.now);
  const Datagram first = sent_by(scene.client).front();
  const auto answer = scene.engine->answer_hello(first, key, peer);
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_LT((*answer)->size(), first.size());
  deliver(**answer, scene.client);
  const Datagram second = sent_by(scene.client).front();
  const auto other = scene.engine->answer_hello(second, key, as_bytes("192.0.2.2:4000"));
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(other->has_value());
  const auto fine = scene.engine->answer_hello(second, key, peer);
  ASSERT_TRUE(fine.has_value());
  EXPECT_FALSE(fine->has_value());

  scene.server.session->start(scene.now);
  deliver(second, scene.server);
  while (exchange([](auto&) {})) {
  }
  EXPECT_TRUE(scene.both_are(TlsState::open));
}

TEST_F(DatagramSessions, answer_nothing_that_is_no_hello) {
  const auto key = as_bytes("0123456789abcdef");
  scene.make();
  scene.client.session->start(scene.now);
  Datagram hello = sent_by(scene.client).front();
  for (std::size_t size = 0; size < hello.size(); ++size)
    EXPECT_EQ(scene.engine->answer_hello(std::span(hello).first(size), key, {}).error().kind(),
              ErrorKind::malformed);
  hello[13] = std::byte{2};
  EXPECT_FALSE(scene.engine->answer_hello(hello, key, {}).has_value());
}

TEST_F(DatagramSessions, wait_for_a_verdict_and_lose_nothing_meanwhile) {
  scene.server_configuration.client_certificate =
      ports::TlsConfiguration::PeerCertificate::required;
  scene.client_configuration.identities = {scene.identity_for({"client"})};
  scene.client_verifier->answers_later = true;
  scene.server_verifier->answers_later = true;
  scene.make();
  scene.start();
  while (exchange([](auto&) {})) {
  }
  ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
  EXPECT_FALSE(scene.client.session->has_ciphertext());
  EXPECT_FALSE(scene.client.session->deadline().has_value());
  scene.client.session->take_verdict(TestVerifier::trusted(), scene.now);
  while (exchange([](auto&) {})) {
  }
  ASSERT_EQ(scene.server.session->state(), TlsState::verifying) << story();
  scene.server.session->take_verdict(TestVerifier::trusted(), scene.now);
  while (exchange([](auto&) {})) {
  }
  EXPECT_TRUE(scene.both_are(TlsState::open));
}

TEST_F(DatagramSessions, are_ended_by_a_refusal) {
  scene.client_verifier->verdict = TestVerifier::refused(44);
  scene.make();
  connect();
  ASSERT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.server.session->peer_alert(), 44);
}

TEST_F(DatagramSessions, resume_with_a_ticket) {
  scene.server_configuration.ticket_keys = ports::TlsTicketKeys{
      .master = std::vector<std::byte>(64), .policy_id = "", .tickets_per_handshake = 1};
  scene.make();
  connect();
  auto ticket = scene.client.session->poll_ticket();
  ASSERT_TRUE(ticket.has_value());
  ports::TlsParameters parameters;
  parameters.peer_name = "a.test";
  parameters.ticket = ticket;
  scene.make(parameters);
  connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_TRUE(scene.client.session->facts().is_resumed);
  EXPECT_EQ(scene.client_verifier->questions.size(), 2U);
}

TEST_F(DatagramSessions, open_with_a_shared_key) {
  scene.client_configuration.preshared_keys = {
      {.name = "device", .key = std::vector<std::byte>(16, std::byte{3})}};
  scene.server_configuration.preshared_keys = scene.client_configuration.preshared_keys;
  scene.client_configuration.verifier = nullptr;
  scene.make();
  connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.server.session->facts().preshared_key_name, "device");
}

TEST_F(DatagramSessions, show_a_bare_key) {
  const auto leaf = scene.root.issue({"x"});
  scene.server_configuration.identities = {
      *scene.engine->make_raw_identity(as_bytes(leaf.key_pem), {})};
  scene.client_configuration.takes_raw_keys = true;
  scene.make();
  connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_TRUE(scene.client_verifier->questions.front().is_raw_key);
}

TEST_F(DatagramSessions, end_one_side_and_then_the_other) {
  scene.make();
  connect();
  scene.client.session->end();
  exchange([](auto&) {});
  EXPECT_EQ(scene.server.session->state(), TlsState::peer_ended);
  deliver(written(scene.server, "answer"), scene.client);
  EXPECT_EQ(received, std::vector<std::string>{"answer"});
  scene.server.session->end();
  exchange([](auto&) {});
  EXPECT_TRUE(scene.both_are(TlsState::ended));
}

TEST_F(DatagramSessions, give_a_message_only_to_room_that_holds_it) {
  scene.make();
  connect();
  const Datagram message = written(scene.client, "longer than four");
  ASSERT_TRUE(scene.server.session->take_ciphertext(message, scene.now).has_value());
  std::byte room[100];
  EXPECT_EQ(scene.server.session->read_plaintext(std::span(room).first(4)).error().kind(),
            ErrorKind::message_too_large);
  const Datagram next = written(scene.client, "next");
  EXPECT_EQ(*scene.server.session->take_ciphertext(next, scene.now), 0U);
  EXPECT_EQ(*scene.server.session->read_plaintext(room), 16U);
  EXPECT_EQ(*scene.server.session->take_ciphertext(next, scene.now), next.size());
  EXPECT_EQ(*scene.server.session->read_plaintext(room), 4U);
}

}  // namespace
}  // namespace bowline::crypto
