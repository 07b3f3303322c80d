#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/sim/simulation.h>
#include <bowline/websocket.h>

#include <utility>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

namespace {

/// Sends each message back, and vanishes after the second one without a word.
void echo_twice(WebSocketConnection connection, int count) {
  connection.receive().detach([connection, count](const Result<Message>& got) mutable {
    if (!got.has_value() || got->end_of_stream()) return;
    connection.send(*got).detach([connection, count](const Result<void>&) mutable {
      if (count == 2) return connection.abort();
      echo_twice(std::move(connection), count + 1);
    });
  });
}

}  // namespace

Result<MessagesShown> exchange_messages_simulated() {
  sim::Simulation simulation(1);
  sim::Network& internet = simulation.add_network("internet");
  const auto near =
      sim::AttachOptions().link(sim::LinkOptions().delay(std::chrono::milliseconds(5)));
  sim::Host& laptop = simulation.add_host("laptop");
  laptop.attach(internet, "wlan0", {"192.0.2.10/24"}, near);
  sim::Host& server = simulation.add_host("server");
  server.attach(internet, "eth0", {"192.0.2.80/24"}, near);
  Loop loop(laptop);
  Loop server_loop(server);
  const auto options = WebSocketOptions().subprotocol("echo").compression();
  BOWLINE_TRY(auto listener, listen(server_loop, SocketAddress(IpAddress::any(Family::ipv4), 80),
                                    websocket(tcp(), options)));
  listener.on_connection(
      [](WebSocketConnection connection) { echo_twice(std::move(connection), 1); });

  WebSocketConnection connection =
      connect(loop, url("ws://192.0.2.80/chat"), websocket(tcp(), options));
  BOWLINE_TRY_VOID(connection.ready().wait());
  MessagesShown shown;
  shown.subprotocol = connection.subprotocol();
  BOWLINE_TRY(shown.round_trip, connection.ping().wait());
  for (const char* text : {"hello", "again", "anybody?"}) {
    connection.send(std::string(text)).detach();
    const Result<Message> got = connection.receive().wait();
    if (!got.has_value()) {
      shown.end = to_string(got.error());
      break;
    }
    shown.echoes.emplace_back(got->text());
  }
  shown.close_code = connection.close_code();
  return shown;
}

}  // namespace bowline::cli
