// Connects to a host by name, sends one line, and prints the answer and what it took to get there.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bowline::Task<> talk(bowline::Loop& loop, bowline::Endpoint endpoint, int& status) {
  bowline::Parameters parameters;
  parameters.connect_within(std::chrono::seconds(10));
  bowline::StreamConnection connection =
      bowline::connect(loop, endpoint, bowline::tcp(), parameters);

  const bowline::Result<void> sent = co_await connection.send("hello\n", bowline::Last::yes);
  const bowline::Result<bowline::Message> reply = co_await connection.receive();
  if (!sent.has_value() || !reply.has_value()) {
    const bowline::Error& error = sent.has_value() ? reply.error() : sent.error();
    std::fprintf(stderr, "%s\n", to_string(error).c_str());
    co_return;
  }
  const bowline::Report report = connection.report();
  std::printf("%s says: %.*s", to_string(*report.remote()).c_str(), static_cast<int>(reply->size()),
              reply->text().data());
  std::printf("%zu attempts, %s ms\n", report.attempts().size(),
              bowline::format_ms(report.total()).c_str());
  status = EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s HOST PORT\n", argv[0]);
    return EXIT_FAILURE;
  }
  int status = EXIT_FAILURE;
  bowline::Loop loop;
  bowline::spawn(
      talk(loop, bowline::host(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2]))), status));
  loop.run();
  return status;
}
