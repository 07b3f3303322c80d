#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace bowline::session {

/// A download on its way to its place: written beside it, under a name of its own, and moved there once it is
/// whole and durable. Whoever looks at the place finds the old file or the new one.
///
/// The folder is opened once, so that nobody can exchange it meanwhile; a link in the place of the file is
/// replaced, not followed.
class FileSink {
 public:
  /// A new one. `mark` is chance, for the name.
  ///
  /// errors    those of the system, about the path
  [[nodiscard]] static Result<std::unique_ptr<FileSink>> create(const std::string& path,
                                                                const std::string& mark);
  /// Goes on with what a former one left under `partial`, a base name, at `offset`.
  ///
  /// errors    closed: it is not as long as it should be, or no plain file of ours any more
  [[nodiscard]] static Result<std::unique_ptr<FileSink>> reopen(const std::string& path,
                                                                const std::string& partial,
                                                                std::uint64_t offset);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
  /// Begins again from nothing.
  [[nodiscard]] Result<void> restart();
  /// Makes it durable and moves it to its place.
  [[nodiscard]] Result<void> commit();
  /// What has been written stays, for reopen().
  void keep() { is_kept_ = true; }

  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] const std::string& partial() const { return partial_; }

 private:
  FileSink(std::string path, std::string partial);
  [[nodiscard]] Result<void> open_folder();
  [[nodiscard]] Error system_error(const char* operation) const;

  std::string path_;
  std::string name_;     // of the file in its folder
  std::string partial_;  // of the file that is written
  int folder_ = -1;
  int file_ = -1;
  std::uint64_t octets_ = 0;
  bool is_kept_ = false;
  bool is_done_ = false;
};

}  // namespace bowline::session
