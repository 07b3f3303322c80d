// Shape B: a braced aggregate temporary in a full expression that awaits. Each `Counted` must die once.
#include "task.h"

namespace {

int alive = 0;

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  ~Counted() { --alive; }
};

struct Options {
  Counted counted;
  int number = 0;
};

Task by_value(Options options) { co_return options.number; }
Task by_reference(const Options& options) { co_return options.number; }

#ifdef NAMED
Task sum() {
  Options first{.counted = {}, .number = 3};
  const Options second{.counted = {}, .number = 4};
  const int a = co_await by_value(std::move(first));
  const int b = co_await by_reference(second);
  co_return a + b;
}
#else
Task sum() {
  const int a = co_await by_value({.counted = {}, .number = 3});
  const int b = co_await by_reference({.counted = {}, .number = 4});
  co_return a + b;
}
#endif

}  // namespace

int main() {
  const int total = sum().run();
  return total == 7 && alive == 0 ? 0 : 1;
}
