// Bowline's resolver: both address types of a name, on one loop.

#include <bowline/bowline.h>

#include "names_loop.h"

int main(int argc, char** argv) {
  const options o = parse_options("bowline_names", argc, argv);
  auto loop = bowline::Loop::open();
  if (!loop.has_value()) return 1;
  return run_names(o, [&](const std::string& name) {
    auto lookup = bowline::resolve(*loop, name);
    bool found = false;
    while (lookup.has_value()) {
      auto answer = lookup->next().wait();
      if (!answer.has_value() || !answer->has_value()) break;
      found = found || (*answer)->status() == bowline::ResolutionStatus::ok;
    }
    return found;
  });
}
