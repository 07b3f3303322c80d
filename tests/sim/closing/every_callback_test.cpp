#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "free_sockets.h"
#include "story.h"

// What a callback may do to what it was called for, and to everything around it.

namespace bowline::test {
namespace {

struct Stage : Scene {
  Stage() : Scene(1, sim::HostOptions().sockets(sockets_max)) {}

  StreamConnection client;
  StreamConnection server;
  Listener<DatagramConnection> flows;
  DatagramConnection datagrams;
  Operation<void> plain;
  Operation<Message> message;
  Operation<StreamConnection> accept;
  Operation<DatagramConnection> accept_flow;
  Operation<std::optional<Resolution>> answer;
  std::optional<Lookup> lookup;
  int deeds = 0;
};

struct Deed {
  const char* name;
  void (*act)(Stage&);
};
const std::vector<Deed> deeds{
    {"close",
     [](Stage& s) {
       if (s.client) s.client.close().detach();
     }},
    {"cancel",
     [](Stage& s) {
       if (s.client) s.client.cancel();
       if (s.datagrams) s.datagrams.cancel();
     }},
    {"abort",
     [](Stage& s) {
       if (s.client) s.client.abort();
       if (s.datagrams) s.datagrams.abort();
     }},
    {"drop the connections",
     [](Stage& s) {
       s.client = {};
       s.datagrams = {};
       s.server = {};
     }},
    {"drop the operations",
     [](Stage& s) {
       s.plain = {};
       s.message = {};
       s.accept = {};
       s.accept_flow = {};
       s.answer = {};
     }},
    {"drop everything",
     [](Stage& s) {
       s.plain = {};
       s.message = {};
       s.client = {};
       s.server = {};
       s.datagrams = {};
       s.lookup.reset();
       s.answer = {};
       s.listener = {};
       s.flows = {};
     }},
    {"close the listeners",
     [](Stage& s) {
       if (s.listener) s.listener.close();
       if (s.flows) s.flows.close();
     }},
    {"drop the listeners",
     [](Stage& s) {
       s.listener = {};
       s.flows = {};
     }},
    {"drop the lookup", [](Stage& s) { s.lookup.reset(); }},
    {"stop the loops",
     [](Stage& s) {
       s.loop->stop();
       s.web_loop->stop();
     }},
    {"start anew",
     [](Stage& s) {
       s.client = s.connect_to_web();
       s.message = s.client.receive();
       s.message.start([](const Result<Message>&) {});
     }},
    {"take the handlers away",
     [](Stage& s) {
       if (s.client) s.client.on_state(nullptr);
       if (s.listener) s.listener.on_connection(nullptr);
       if (s.flows) s.flows.on_connection(nullptr);
     }},
    {"limit the listeners",
     [](Stage& s) {
       if (s.listener) s.listener.limit_open(0);
       if (s.flows) s.flows.limit_new(0);
     }},
    {"run the loop", [](Stage& s) { EXPECT_FALSE(s.loop->run_ready()); }},
};

/// Sets up one kind of callback; what it is given is done inside of it.
struct Place {
  const char* name;
  void (*set)(Stage&, std::function<void()> deed);
};
void connect_now(Stage& s) {
  s.client = s.connect_to_web();
  ASSERT_TRUE(s.sim.run_until(
      [&] { return s.client.state() == ConnectionState::ready && !s.accepted.empty(); }));
  s.server = std::move(s.accepted.front());
  s.accepted.clear();
}
template <ConnectionState at>
void in_state(Stage& s, std::function<void()> deed) {
  s.client = s.connect_to_web(
      Parameters().wait(at == ConnectionState::failed ? Waiting::never : Waiting::for_peer));
  s.client.on_state([deed = std::move(deed)](ConnectionState state, const Error*) {
    if (state == at) deed();
  });
}
const std::vector<Place> places{
    {"preparing", in_state<ConnectionState::preparing>},
    {"ready", in_state<ConnectionState::ready>},
    {"waiting",
     [](Stage& s, std::function<void()> deed) {
       s.internet.add_rule(sim::Match().tcp().first(2), sim::Verdict::reset);
       in_state<ConnectionState::waiting>(s, std::move(deed));
     }},
    {"failed",
     [](Stage& s, std::function<void()> deed) {
       s.internet.add_rule(sim::Match().tcp().first(2), sim::Verdict::reset);
       in_state<ConnectionState::failed>(s, std::move(deed));
     }},
    {"cancelled",
     [](Stage& s, std::function<void()> deed) {
       in_state<ConnectionState::cancelled>(s, std::move(deed));
       s.client.cancel();
     }},
    {"ready operation",
     [](Stage& s, std::function<void()> deed) {
       s.client = s.connect_to_web();
       s.plain = s.client.ready();
       s.plain.start([deed = std::move(deed)](const Result<void>&) { deed(); });
     }},
    {"receive",
     [](Stage& s, std::function<void()> deed) {
       connect_now(s);
       s.message = s.client.receive();
       s.message.start([deed = std::move(deed)](const Result<Message>&) { deed(); });
       s.client.receive().detach();
       s.server.send("one").detach();
     }},
    {"failed receive",
     [](Stage& s, std::function<void()> deed) {
       connect_now(s);
       s.message = s.client.receive();
       s.message.start([deed = std::move(deed)](const Result<Message>&) { deed(); });
       s.server.abort();
     }},
    {"send",
     [](Stage& s, std::function<void()> deed) {
       connect_now(s);
       s.plain = s.client.send("one");
       s.plain.start([deed = std::move(deed)](const Result<void>&) { deed(); });
       s.client.send("two").detach();
     }},
    {"close",
     [](Stage& s, std::function<void()> deed) {
       connect_now(s);
       s.plain = s.client.close();
       s.plain.start([deed = std::move(deed)](const Result<void>&) { deed(); });
     }},
    {"accept handler",
     [](Stage& s, std::function<void()> deed) {
       s.listener.on_connection([&s, deed = std::move(deed)](StreamConnection connection) {
         s.server = std::move(connection);
         deed();
       });
       for (int i = 0; i < 3; ++i) s.connect_to_web().send("x").detach();
       s.client = s.connect_to_web();
     }},
    {"accept",
     [](Stage& s, std::function<void()> deed) {
       s.listener.on_connection(nullptr);
       s.accept = s.listener.accept();
       s.accept.start([deed = std::move(deed)](const Result<StreamConnection>&) { deed(); });
       s.listener.accept().detach();
       s.client = s.connect_to_web();
     }},
    {"flow handler",
     [](Stage& s, std::function<void()> deed) {
       s.flows.on_connection([deed = std::move(deed)](const DatagramConnection&) { deed(); });
       for (int i = 0; i < 3; ++i)
         connect(*s.loop, host("www.example.com", 90), udp()).send("x").detach();
       s.datagrams.send("one").detach();
     }},
    {"datagram send",
     [](Stage& s, std::function<void()> deed) {
       s.plain = s.datagrams.send("one");
       s.plain.start([deed = std::move(deed)](const Result<void>&) { deed(); });
       s.datagrams.send("two").detach();
     }},
    {"datagram receive",
     [](Stage& s, std::function<void()> deed) {
       s.accept_flow = s.flows.accept();
       s.accept_flow.start([&s, deed](const Result<DatagramConnection>& flow) {
         s.datagrams = *flow;
         s.message = s.datagrams.receive();
         s.message.start([deed](const Result<Message>&) { deed(); });
         s.datagrams.receive().detach();
       });
       for (int i = 0; i < 3; ++i) s.datagrams.send("one").detach();
     }},
    {"answer",
     [](Stage& s, std::function<void()> deed) {
       s.lookup.emplace(*resolve(*s.loop, "www.example.com"));
       s.answer = s.lookup->next();
       s.answer.start(
           [deed = std::move(deed)](const Result<std::optional<Resolution>>&) { deed(); });
     }},
    {"posted task",
     [](Stage& s, std::function<void()> deed) {
       s.client = s.connect_to_web();
       s.loop->post(std::move(deed));
     }},
    {"timer",
     [](Stage& s, std::function<void()> deed) {
       connect_now(s);
       s.plain = s.loop->sleep(1ms);
       s.plain.start([deed = std::move(deed)](const Result<void>&) { deed(); });
     }},
};

TEST(EveryCallback, threat_113_may_do_anything_to_what_it_was_called_for) {
  for (const Place& place : places) {
    for (const Deed& deed : deeds) {
      SCOPED_TRACE(std::string(deed.name) + ", inside of: " + place.name);
      Stage stage;
      const Endpoint any = everywhere(90);
      stage.flows = *listen(*stage.web_loop, any, udp());
      stage.datagrams = connect(*stage.loop, host("www.example.com", 90), udp());
      place.set(stage, [&stage, &deed] {
        ++stage.deeds;
        deed.act(stage);
      });
      ASSERT_TRUE(stage.sim.run_until([&] { return stage.deeds > 0; }));
      stage.sim.run_for(2s);
      for (const Deed& last : deeds)
        if (last.name == std::string_view("drop everything")) last.act(stage);
      stage.accepted.clear();
      EXPECT_TRUE(stage.sim.run_until_idle());
      stage.loop.reset();
      EXPECT_EQ(count_free_sockets(stage.home), sockets_max);
      stage.web_loop.reset();
      EXPECT_EQ(count_free_sockets(stage.web), sockets_max);
    }
  }
}

}  // namespace
}  // namespace bowline::test
