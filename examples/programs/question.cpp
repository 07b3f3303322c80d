// A question by UDP that is asked again until it is answered: after 200 ms, then 400, then 800.

#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace bowline;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: question HOST PORT TEXT"), EXIT_FAILURE;
  Loop loop;
  const Endpoint server = host(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
  DatagramConnection connection = connect(loop, server, udp());
  for (Duration patience = 200ms; patience <= 800ms; patience *= 2) {
    const Result<void> sent = connection.send(std::string_view(argv[3])).wait();
    if (!sent.has_value()) return std::puts(to_string(sent.error()).c_str()), EXIT_FAILURE;
    const Result<Message> answer = connection.receive().within(patience).wait();
    if (answer.has_value()) return std::puts(std::string(answer->text()).c_str()), EXIT_SUCCESS;
    if (answer.error().kind() != ErrorKind::timed_out)
      return std::puts(to_string(answer.error()).c_str()), EXIT_FAILURE;
  }
  return std::puts("no answer"), EXIT_FAILURE;
}
