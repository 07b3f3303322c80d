// A device with a protocol of types, lengths and values, and a program that asks it: both in one process.
// Type 1 asks for the temperature, type 2 answers it, type 3 sets the target.

#include <bowline/bowline.h>

#include <cstdio>
#include <string>

using namespace bowline;

namespace {

enum Type : std::uint32_t { ask_temperature = 1, temperature = 2, set_target = 3, unknown = 255 };

MessageContext type(std::uint32_t value) { return MessageContext().number(value); }

/// Answers until the other side leaves.
void serve(MessageConnection connection) {
  connection.receive().detach([connection](const Result<Message>& got) mutable {
    if (!got.has_value() || got->end_of_stream()) return;
    switch (got->context().number()) {
      case ask_temperature: connection.send("21.5", type(temperature)).detach(); break;
      case set_target: std::printf("target %s\n", std::string(got->text()).c_str()); break;
      default: connection.send("what?", type(unknown)).detach(); break;
    }
    serve(connection);
  });
}

}  // namespace

int main() {
  Loop loop;
  const auto stack = type_length_value(tcp(), TlvFraming().type_bytes(1).length_bytes(2));
  auto listener = listen(loop, loopback(0), stack);
  if (!listener.has_value()) return 1;
  listener->on_connection(serve);

  MessageConnection device = connect(loop, listener->local_address(), stack);
  device.send("19", type(set_target)).detach();
  device.send("", type(ask_temperature)).detach();
  const Result<Message> answer = device.receive().wait();
  if (!answer.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(answer.error()).c_str());
    return 1;
  }
  std::printf("type %u: %s\n", answer->context().number(), std::string(answer->text()).c_str());
  static_cast<void>(device.close().wait());
}
