#include <bowline/async.h>

#include <coroutine>
#include <utility>

// An exception that leaves a spawned task goes through its frame, which is its own owner. A frame cannot be
// destroyed from inside of its last function, so this is left to whoever the exception reaches next.

namespace bowline::detail {

namespace {

struct Keeper {
  std::coroutine_handle<> frame;
  void destroy() noexcept {
    if (frame) std::exchange(frame, nullptr).destroy();
  }
  ~Keeper() { destroy(); }
};
thread_local Keeper keeper;

}  // namespace

void destroy_thrown_frame() noexcept { keeper.destroy(); }

void keep_thrown_frame(std::coroutine_handle<> frame) noexcept {
  keeper.destroy();
  keeper.frame = frame;
}

}  // namespace bowline::detail
