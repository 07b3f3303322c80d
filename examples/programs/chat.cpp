// A chat: each line that somebody says reaches all the others. Who reads too slowly is shown out.
// Ctrl-C ends it in order.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace bowline;
using namespace std::chrono_literals;

class Chat {
 public:
  Task<> serve(MessageConnection guest) {
    guests_.push_back(guest);
    for (;;) {
      const Result<Message> line = co_await guest.receive();
      if (!line.has_value() || line->end_of_stream()) break;
      tell_others(guest, *line);
    }
    std::erase(guests_, guest);
    co_await guest.close();
  }

 private:
  void tell_others(const MessageConnection& speaker, const Message& line) {
    constexpr std::size_t behind_max = 256 * 1024;
    for (MessageConnection& guest : guests_) {
      if (guest == speaker) continue;
      if (guest.queued_bytes() > behind_max) {
        guest.abort();
      } else {
        guest.send(line).detach();  // one buffer for all
      }
    }
  }
  std::vector<MessageConnection> guests_;
};

int main(int argc, char** argv) {
  Loop loop;
  Chat chat;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  auto listener = listen(loop, any(port), line_framed(tcp()));
  if (!listener.has_value()) return std::puts(to_string(listener.error()).c_str()), EXIT_FAILURE;
  listener->on_connection([&](MessageConnection guest) { spawn(chat.serve(std::move(guest))); });
  std::printf("%u\n", listener->local_address().port);
  std::fflush(stdout);
  loop.signal({SIGINT, SIGTERM}).detach([&](const Result<int>&) {
    listener->close_all(5s).detach();
  });
  loop.run();
}
