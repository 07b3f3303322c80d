#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <bowline/connection_state.h>
#include <bowline/error.h>

namespace bowline::drive {

/// A user's handler of a connection's changes of state, and the changes that it was not told of yet.
///
/// A handler runs where it is stored, and may set another one, forget the watch or throw while it runs.
class StateWatch {
 public:
  using Handler = std::move_only_function<void(ConnectionState, const Error*)>;

  /// Replaces the handler; the one that runs now goes once it has returned. An empty one takes no more
  /// changes.
  void set_handler(Handler handler);
  [[nodiscard]] bool has_handler() const { return has_handler_; }
  /// Adds a change. One place is always kept, so that `cancelled` needs no memory.
  void note(ConnectionState state, const Error* error);
  [[nodiscard]] bool has_news() const { return !untold_.empty(); }
  /// Tells the handler of the oldest change; has_news() says whether there is another. `cancelled` is
  /// the last: the handler goes then. The watch may not be destroyed meanwhile.
  void tell();
  /// Nothing more is told. The caller destroys the handler, as what it holds may be the connection
  /// itself; one that runs now goes once it has returned.
  [[nodiscard]] std::unique_ptr<Handler> forget();

 private:
  struct Change {
    ConnectionState state;
    std::optional<Error> error;
  };
  std::unique_ptr<Handler> handler_;  // while it runs, tell() holds it
  bool has_handler_ = false;
  std::vector<Change> untold_;
};

}  // namespace bowline::drive
