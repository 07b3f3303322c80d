#pragma once

#include <bowline/detail/request.h>
#include <bowline/message.h>
#include <bowline/url_response.h>

#include <cstddef>
#include <cstdint>

namespace bowline::session {

class TaskBody;

/// Waits for a task's head or for all of it.
class ResponseRequest final : public detail::Request<UrlResponse> {
 public:
  enum class Wish : std::uint8_t { head, whole };
  ResponseRequest(detail::RequestQueue& queue, TaskBody& task, Wish wish);
  ~ResponseRequest() override;

 private:
  void begin() override;
  void withdraw() noexcept override;

  TaskBody* task_;  // counted, and held
  Wish wish_;
};

/// Waits for a piece of a task's body.
class PieceRequest final : public detail::Request<Message> {
 public:
  PieceRequest(detail::RequestQueue& queue, TaskBody& task, std::size_t octets_max);
  ~PieceRequest() override;
  [[nodiscard]] std::size_t octets_max() const { return octets_max_; }

 private:
  void begin() override;
  void withdraw() noexcept override;
  void give_back(Result<Message>&& message, detail::Undone how) noexcept override;

  TaskBody* task_;  // counted, and held
  std::size_t octets_max_;
};

}  // namespace bowline::session
