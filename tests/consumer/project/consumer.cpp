#include <cstdio>

#include <bowline/async.h>
#include <bowline/bowline.h>

// A user's program: a listener and a connection to it by name, and what came back.

namespace {

bowline::Task<> serve(bowline::StreamConnection connection) {
  const bowline::Result<bowline::Message> received = co_await connection.receive();
  if (received.has_value()) co_await connection.send(received->bytes());
}

}  // namespace

int main() {
  bowline::Loop loop;
  auto listener = bowline::listen(loop, bowline::Endpoint(), bowline::tcp()).value();
  listener.on_connection(
      [](bowline::StreamConnection peer) { bowline::spawn(serve(std::move(peer))); });
  auto connection = bowline::connect(
      loop, bowline::host("localhost", listener.local_address().port), bowline::tcp());
  connection.send("hello").detach();
  const bowline::Result<bowline::Message> reply = connection.receive(5).wait();
  if (!reply.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(reply.error()).c_str());
    return 1;
  }
  std::printf("%s from %s\n", std::string(reply->text()).c_str(),
              connection.report().stack().front().c_str());
}
