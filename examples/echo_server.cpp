// Serves echo on a port by callbacks: one object per connection, which ends itself.

#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(bowline::StreamConnection connection) : connection_(std::move(connection)) {}

  void receive() {
    connection_.receive().detach(
        [self = shared_from_this()](const bowline::Result<bowline::Message>& received) {
          if (!received.has_value() || received->empty())
            return;  // the last reference goes, and closes
          self->send(*received);
        });
  }

 private:
  void send(const bowline::Message& message) {
    const auto bytes = message.bytes();
    connection_.send(bytes).detach(
        [self = shared_from_this(), message](const bowline::Result<void>& sent) {
          if (sent.has_value()) self->receive();
        });
  }

  bowline::StreamConnection connection_;
};

}  // namespace

int main(int argc, char** argv) {
  bowline::Loop loop;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const bowline::SocketAddress any(bowline::IpAddress::any(bowline::Family::ipv6), port);
  auto listener = bowline::listen(loop, bowline::Endpoint(any), bowline::tcp());
  if (!listener.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(listener.error()).c_str());
    return EXIT_FAILURE;
  }
  std::printf("%u\n", listener->local_address().port);
  std::fflush(stdout);
  listener->on_connection([](bowline::StreamConnection connection) {
    std::make_shared<Session>(std::move(connection))->receive();
  });
  loop.run();
}
