#include "cli/host/pass_phrase_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace bowline::cli {

namespace {

/// The terminal, without echo and with ctrl-C as a character: so that it is never left without its echo.
class QuietTerminal {
 public:
  [[nodiscard]] static Result<QuietTerminal> open() {
    QuietTerminal terminal;
    terminal.file_ = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal.file_ < 0)
      return Error(ErrorKind::unsupported, "ask for a pass phrase",
                   "there is no terminal to ask on");
    if (::tcgetattr(terminal.file_, &terminal.before_) != 0)
      return Error::from_errno(errno, "ask for a pass phrase");
    termios quiet = terminal.before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (::tcsetattr(terminal.file_, TCSAFLUSH, &quiet) != 0)
      return Error::from_errno(errno, "ask for a pass phrase");
    terminal.is_quiet_ = true;
    return terminal;
  }
  QuietTerminal(QuietTerminal&& other) noexcept
      : file_(std::exchange(other.file_, -1)),
        before_(other.before_),
        is_quiet_(std::exchange(other.is_quiet_, false)) {}
  QuietTerminal& operator=(QuietTerminal&&) = delete;
  ~QuietTerminal() {
    if (is_quiet_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) ::close(file_);
  }

  Result<void> write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::write(file_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return Error::from_errno(errno, "ask for a pass phrase");
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }
  [[nodiscard]] Result<char> read() const {
    for (;;) {
      char typed = 0;
      const ssize_t count = ::read(file_, &typed, 1);
      if (count == 1) return typed;
      if (count == 0) return '\x04';
      if (errno != EINTR) return Error::from_errno(errno, "ask for a pass phrase");
    }
  }

 private:
  QuietTerminal() = default;
  int file_ = -1;
  termios before_{};
  bool is_quiet_ = false;
};

}  // namespace

Result<std::string> ask_for_pass_phrase(const std::string& question) {
  constexpr std::size_t phrase_bytes_max = 1024;
  constexpr char interrupt = '\x03';
  constexpr char end = '\x04';
  constexpr char kill_line = '\x15';
  BOWLINE_TRY(const QuietTerminal terminal, QuietTerminal::open());
  BOWLINE_TRY_VOID(terminal.write(question));
  std::string phrase;
  for (;;) {
    BOWLINE_TRY(const char typed, terminal.read());
    if (typed == '\n' || typed == '\r' || typed == interrupt || typed == end) {
      BOWLINE_TRY_VOID(terminal.write("\n"));
      if (typed == interrupt || phrase.empty())
        return Error(ErrorKind::cancelled, "ask for a pass phrase", "none was given");
      return phrase;
    }
    if (typed == '\b' || typed == '\x7f') {
      if (!phrase.empty()) phrase.pop_back();
    } else if (typed == kill_line) {
      phrase.clear();
    } else if (phrase.size() < phrase_bytes_max) {
      phrase.push_back(typed);
    }
  }
}

}  // namespace bowline::cli
