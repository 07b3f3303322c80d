#include "cli/host/wait_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/output/output.h"
#include "cli/output/terminal.h"

namespace bowline::cli {

namespace {

std::size_t columns_of_terminal() {
  constexpr std::size_t unknown = 80;
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : unknown;
}

}  // namespace

WaitLine::WaitLine(Loop& loop) : loop_(loop), is_terminal_(isatty(STDERR_FILENO) == 1) {}

void WaitLine::show(const Error& met) {
  if (!is_terminal_) return;
  if (tries_++ == 0) since_ = loop_.now();
  met_ = describe(met);
  is_retrying_ = false;
  draw();
  draw_again_later();
}

void WaitLine::show_retry() {
  if (!is_drawn_) return;
  is_retrying_ = true;
  draw();
}

void WaitLine::clear() {
  tick_ = {};
  if (!is_drawn_) return;
  is_drawn_ = false;
  std::fputs("\r\x1b[K", stderr);
}

void WaitLine::draw() {
  const auto waited = std::chrono::floor<std::chrono::seconds>(loop_.now() - since_);
  const std::string tries = std::to_string(tries_) + (tries_ == 1 ? " try: " : " tries: ");
  const std::string line = std::string(is_retrying_ ? "trying again, " : "waiting, ") +
                           std::to_string(waited.count()) + " s, " + tries + met_;
  // The last column stays free: a terminal would go on to the next line behind it.
  std::string shown = fit(line, columns_of_terminal() - 1);
  shown.erase(shown.find_last_not_of(' ') + 1);
  std::fprintf(stderr, "\r\x1b[K%s", shown.c_str());
  std::fflush(stderr);
  is_drawn_ = true;
}

void WaitLine::draw_again_later() {
  tick_ = loop_.sleep(std::chrono::seconds(1));
  tick_.start([this](const Result<void>& slept) {
    if (!slept.has_value()) return;
    draw();
    draw_again_later();
  });
}

}  // namespace bowline::cli
