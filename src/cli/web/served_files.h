#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <bowline/http_listener.h>
#include <bowline/result.h>

namespace bowline::cli {

/// Answers requests for the files of one folder: GET and HEAD, with ranges, validators, lists of folders and
/// `index.html`. Nothing outside of the folder is opened, whatever the path says and whatever links point to;
/// names that begin with a dot are not there.
class ServedFiles {
 public:
  /// errors    those of the system, about the folder
  [[nodiscard]] static Result<ServedFiles> open(const std::string& folder);
  ServedFiles(ServedFiles&& other) noexcept;
  ServedFiles& operator=(ServedFiles&&) = delete;
  ~ServedFiles();

  void answer(HttpExchange exchange) const;

 private:
  explicit ServedFiles(int folder) : folder_(folder) {}
  int folder_;
};

/// `bytes=2-5` of 10 octets: 2 and 4. Nothing: the whole is to be sent. Of several ranges none is taken, as
/// RFC 9110 14.2 allows.
struct ServedRange {
  std::uint64_t begin = 0;
  std::uint64_t octets = 0;
  bool is_satisfiable = true;
};
[[nodiscard]] std::optional<ServedRange> read_range(std::string_view field, std::uint64_t octets);

/// `text/html; charset=utf-8`, by the name's ending.
[[nodiscard]] std::string_view content_type_of(std::string_view name);

}  // namespace bowline::cli
