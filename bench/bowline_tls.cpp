// Both ends of TLS in one thread, over loopback: what a handshake, a byte and an idle connection cost.
//
//   bowline_tls --mode full|resumed|bulk|idle --chain FILE --key FILE --root FILE --count N

#include <malloc.h>

#include <bowline/bowline.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace bowline;

struct Arguments {
  std::string mode;
  std::string chain;
  std::string key;
  std::string root;
  int count = 100;
};

Arguments read(int argc, char** argv) {
  Arguments found;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--mode") found.mode = argv[i + 1];
    if (option == "--chain") found.chain = argv[i + 1];
    if (option == "--key") found.key = argv[i + 1];
    if (option == "--root") found.root = argv[i + 1];
    if (option == "--count") found.count = std::atoi(argv[i + 1]);
  }
  return found;
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_(arguments) {
    SecurityOptions server;
    server.identity(Identity::from_files(arguments.chain, arguments.key).value());
    listener_ = listen(loop_, loopback(0), tls(server)).value();
    listener_.on_connection([this](StreamConnection accepted) { take(std::move(accepted)); });
    client_.system_roots(false).root(content(arguments.root)).peer_name("localhost");
    client_.resume(arguments.mode == "resumed");
    stack_ = tls(client_);
  }

  int run() {
    const auto begun = std::chrono::steady_clock::now();
    double bytes = 0;
    if (arguments_.mode == "bulk") {
      bytes = receive_bulk();
    } else if (arguments_.mode == "idle") {
      bytes = measure_idle();
    } else {
      for (int i = 0; i < arguments_.count; ++i) exchange();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("{\"operations\": %d, \"bytes\": %.0f, \"seconds\": %.6f}\n", arguments_.count,
                bytes, took.count());
    return 0;
  }

 private:
  void take(StreamConnection accepted) {
    if (arguments_.mode == "bulk") {
      pump(std::move(accepted));
    } else if (arguments_.mode == "idle") {
      kept_.push_back(std::move(accepted));
    } else {
      // Its byte brings the tickets along.
      StreamConnection one = std::move(accepted);
      one.send("x").detach();
    }
  }
  void pump(StreamConnection to) {
    to.send(std::span(block_)).detach([this, to](const Result<void>& sent) {
      if (sent.has_value()) pump(to);
    });
  }
  StreamConnection open() {
    StreamConnection made = connect(loop_, Endpoint(listener_.local_address()), stack_);
    if (const auto ready = made.ready().wait(); !ready.has_value()) {
      std::fprintf(stderr, "%s\n", to_string(ready.error()).c_str());
      std::exit(1);
    }
    return made;
  }
  void exchange() {
    StreamConnection made = open();
    if (!made.receive(1).wait().has_value()) std::exit(1);
    if (arguments_.mode == "resumed" && warmed_ && !made.security()->is_resumed()) std::exit(2);
    warmed_ = true;
    made.abort();
  }
  double receive_bulk() {
    StreamConnection made = open();
    double bytes = 0;
    std::vector<std::byte> room(64 * 1024);
    while (bytes < arguments_.count * 1048576.0)
      bytes += static_cast<double>(made.receive_into(room).wait().value());
    return bytes;
  }
  double measure_idle() {
    kept_.push_back(open());
    const double before = static_cast<double>(::mallinfo2().uordblks);
    for (int i = 0; i < arguments_.count; ++i) kept_.push_back(open());
    return (static_cast<double>(::mallinfo2().uordblks) - before) / arguments_.count;
  }

  Arguments arguments_;
  Loop loop_;
  Listener<StreamConnection> listener_;
  SecurityOptions client_;
  Tls stack_ = tls();
  std::vector<StreamConnection> kept_;
  std::vector<std::byte> block_ = std::vector<std::byte>(64 * 1024, std::byte{1});
  bool warmed_ = false;
};

}  // namespace

int main(int argc, char** argv) { return Bench(read(argc, argv)).run(); }
