#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bowline::test {

/// A process that serves a test, in a network namespace. It is killed with its handle, and dies with this
/// process.
class Child {
 public:
  using Arguments = std::vector<std::string>;
  /// A program, in the network namespace that `network` is a descriptor of.
  [[nodiscard]] static Child run(int network, const Arguments& arguments);
  /// A forked copy of this process without any of its descriptors. It ends when `body` returns.
  [[nodiscard]] static Child call(int network, const std::function<void()>& body);

  Child(Child&& other) noexcept
      : process_(std::exchange(other.process_, 0)),
        output_(std::exchange(other.output_, -1)),
        said_(std::move(other.said_)) {}
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Waits until it has printed `text` on stdout or stderr; false if that does not happen within a minute.
  [[nodiscard]] bool says(std::string_view text);
  /// All that says() has read.
  [[nodiscard]] const std::string& said() const { return said_; }
  /// Begins anew with what it prints from now on.
  void forget() { said_.clear(); }
  /// The number it printed behind `word` and a space, once says("word ") and the line's end were seen; or -1.
  [[nodiscard]] long number_after(std::string_view word);
  void kill();

 private:
  Child(pid_t process, int output) : process_(process), output_(output) {}
  template <class Body>
  static Child fork_into(int network, Body body);

  pid_t process_;
  int output_;
  std::string said_;
};

/// What a child tells its test: one line on stdout.
void tell(std::string_view line);

}  // namespace bowline::test
