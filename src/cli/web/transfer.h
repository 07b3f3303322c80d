#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <bowline/loop.h>
#include <bowline/url_session.h>

#include "cli/output/exit_status.h"

namespace bowline::cli {

/// One URL on its way to standard output or a file.
class Transfer {
 public:
  struct Plan {
    std::string url;   ///< as it was said
    std::string file;  ///< empty: standard output, unless `discards`
    bool discards = false;
    bool prints_head = false;
    bool continues = false;
    bool fails_on_status = false;
    std::uint64_t retries_max = 0;
    std::optional<std::uint64_t> rate_max;  ///< octets a second
  };

  Transfer(Loop& loop, UrlSession& session, UrlRequest request, Plan plan);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Calls `done` once it has ended, well or not.
  void start(std::function<void()> done);
  void interrupt();

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] bool is_done() const { return is_done_; }
  [[nodiscard]] const std::optional<UrlResponse>& response() const { return response_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const UrlMetrics& metrics() const { return metrics_; }
  [[nodiscard]] UrlProgress progress() const { return task_ ? task_.progress() : UrlProgress(); }
  [[nodiscard]] Exit exit_status() const;

 private:
  void begin();
  void take_head(Result<UrlResponse>&& head);
  void take_more();
  void take_piece(Result<Message>&& piece);
  void take_whole(Result<UrlResponse>&& response);
  void end(std::optional<Error> error);
  [[nodiscard]] bool try_again(const Error* error);
  void keep_resume_data();
  /// When no more octets than allowed will have come.
  void pace();
  [[nodiscard]] Instant due_time() const;
  void wait_until(Instant due);

  Loop& loop_;
  UrlSession& session_;
  UrlRequest request_;
  Plan plan_;
  std::function<void()> done_;
  UrlTask task_;
  Operation<void> pause_;
  Operation<void> pacing_;
  std::optional<UrlResponse> response_;
  std::optional<Error> error_;
  UrlMetrics metrics_;
  ResumeData resume_;
  Instant began_{};
  std::uint64_t retries_ = 0;
  bool has_printed_ = false;
  bool is_interrupted_ = false;
  bool is_done_ = false;
};

}  // namespace bowline::cli
