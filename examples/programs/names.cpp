// Addresses of many names: one name a line on standard input, 100 at a time, and a line for each on standard
// output, with how long its answers may be kept.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <iostream>
#include <string>

using namespace bowline;

Task<> look_up(Loop& loop) {
  std::string name;
  while (std::getline(std::cin, name)) {
    auto lookup = resolve(loop, name);
    if (!lookup.has_value()) {
      std::printf("%s: %s\n", name.c_str(), to_string(lookup.error()).c_str());
      continue;
    }
    std::string line = name + ":";
    for (;;) {
      const Result<std::optional<Resolution>> answer = co_await lookup->next();
      if (!answer.has_value() || !*answer) break;
      for (const ResolvedRecord& record : (*answer)->records())
        line += " " + record.data() + " (" + std::to_string(record.ttl_seconds()) + " s)";
      if ((*answer)->error()) line += " [" + to_string((*answer)->status()) + "]";
    }
    std::puts(line.c_str());
  }
}

int main() {
  Loop loop;
  for (int i = 0; i < 100; ++i) spawn(look_up(loop));
  loop.run();
}
