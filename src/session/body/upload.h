#pragma once

#include <bowline/buffer.h>
#include <bowline/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/client/facts.h"

namespace bowline::session {

/// A request's body, from any offset and as often as it is asked for.
class Upload {
 public:
  virtual ~Upload() = default;
  /// Empty: not known before its end.
  [[nodiscard]] virtual std::optional<std::uint64_t> octets() const = 0;
  /// At most `octets_max` from `offset`; empty at the end. Nothing: it comes later, by read_later().
  ///
  /// errors    those of the system; closed: the file was changed meanwhile
  [[nodiscard]] virtual Result<std::optional<Buffer>> read(std::uint64_t offset,
                                                           std::size_t octets_max) = 0;
  virtual void read_later(std::uint64_t /*offset*/, std::size_t /*octets_max*/,
                          UrlBodyAnswer /*answer*/) {}
  /// All of it, if that is in memory: Digest's auth-int hashes it.
  [[nodiscard]] virtual std::optional<Buffer> whole() const { return std::nullopt; }
  [[nodiscard]] const std::string& content_type() const { return content_type_; }

 protected:
  std::string content_type_;
};

/// Null: the request has none. `boundary` is for forms.
///
/// errors    those of the system for a file, about its name
[[nodiscard]] Result<std::unique_ptr<Upload>> make_upload(const RequestFacts& facts,
                                                          const std::string& boundary);

}  // namespace bowline::session
