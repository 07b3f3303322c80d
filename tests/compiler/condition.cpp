// Shape A: a condition that awaits, in a coroutine without a named local. The rule asks for the named form.
#include "task.h"

namespace {

Task seven() { co_return 7; }

#ifdef NAMED
Task choose() {
  const int value = co_await seven();
  if (value == 7) co_return 1;
  co_return 0;
}

Task select() {
  const int value = co_await seven();
  switch (value) {
    case 7: co_return 1;
    default: co_return 0;
  }
}
#else
Task choose() {
  if ((co_await seven()) == 7) co_return 1;
  co_return 0;
}

Task select() {
  switch (co_await seven()) {
    case 7: co_return 1;
    default: co_return 0;
  }
}
#endif

}  // namespace

int main() { return choose().run() == 1 && select().run() == 1 ? 0 : 1; }
