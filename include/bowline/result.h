#pragma once

#include <bowline/error.h>
#include <bowline/export.h>

#include <expected>
#include <utility>

namespace BOWLINE_API bowline {

/// A value, or the typed error that stands in its place; dropping one unread is a warning.
///
/// `.value()` on an error throws `std::bad_expected_access`: that is a programming error. Ask with
/// `has_value()`; never with `!` on a result that holds a number.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}  // NOLINT
};

}  // namespace BOWLINE_API bowline

#define BOWLINE_CONCAT_(a, b) a##b
#define BOWLINE_CONCAT(a, b) BOWLINE_CONCAT_(a, b)
// A declaration cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define BOWLINE_TRY_(temporary, declaration, expression)           \
  auto temporary = (expression);                                   \
  if (!temporary.has_value()) return std::move(temporary).error(); \
  declaration = *std::move(temporary)
// NOLINTEND(bugprone-macro-parentheses)

/// `BOWLINE_TRY(auto name, expression);` takes the value, or returns the error from the function.
#define BOWLINE_TRY(declaration, expression) \
  BOWLINE_TRY_(BOWLINE_CONCAT(bowline_try_, __LINE__), declaration, expression)

/// The same for a `Result<void>`: goes on, or returns the error.
#define BOWLINE_TRY_VOID(expression)                                     \
  do {                                                                   \
    if (auto bowline_result = (expression); !bowline_result.has_value()) \
      return std::move(bowline_result).error();                          \
  } while (false)
