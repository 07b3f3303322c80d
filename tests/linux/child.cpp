#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace bowline::test {

namespace {

using namespace std::chrono_literals;
constexpr auto process_patience = 60s;

}  // namespace

template <class Body>
Child Child::fork_into(int network, Body body) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::abort();
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || ::setns(network, CLONE_NEWNET) != 0) ::_exit(120);
    ::dup2(pipe[1], 1);
    ::dup2(pipe[1], 2);
    body();
    ::_exit(0);
  }
  ::close(pipe[1]);
  return Child(process, pipe[0]);
}

Child Child::run(int network, const Arguments& arguments) {
  return fork_into(network, [&] {
    std::vector<char*> raw;
    for (const std::string& argument : arguments)
      raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    ::execvp(raw.front(), raw.data());
    ::_exit(121);
  });
}

Child Child::call(int network, const std::function<void()>& body) {
  return fork_into(network, [&] {
    // A copy of one of our sockets would keep the connection open after we close it.
    ::close_range(3, ~0U, 0);
    body();
  });
}

Child::~Child() {
  kill();
  if (output_ >= 0) ::close(output_);
}

void Child::kill() {
  if (process_ == 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

bool Child::says(std::string_view text) {
  const auto limit = std::chrono::steady_clock::now() + process_patience;
  while (said_.find(text) == std::string::npos) {
    const auto rest =
        std::chrono::ceil<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
    pollfd waiting{output_, POLLIN, 0};
    if (rest <= 0ms || ::poll(&waiting, 1, static_cast<int>(rest.count())) <= 0) return false;
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(output_, bytes.data(), bytes.size());
    if (count <= 0) return false;
    said_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return true;
}

long Child::number_after(std::string_view word) {
  const std::string marked = std::string(word) + " ";
  if (!says(marked)) return -1;
  const std::size_t start = said_.find(marked) + marked.size();
  while (said_.find('\n', start) == std::string::npos) {
    char byte = 0;
    if (::read(output_, &byte, 1) != 1) return -1;
    said_.push_back(byte);
  }
  return std::strtol(said_.c_str() + start, nullptr, 10);
}

void tell(std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  if (::write(1, whole.data(), whole.size()) < 0) ::_exit(122);
}

}  // namespace bowline::test
