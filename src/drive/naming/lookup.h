#pragma once

#include <deque>
#include <optional>

#include <bowline/detail/request.h>
#include <bowline/report.h>
#include <bowline/resident.h>

#include "drive/naming/name_service.h"

namespace bowline::drive {

class LookupCore;

/// Waits for the next answer of a lookup.
class NextAnswerRequest final : public detail::Request<std::optional<Resolution>> {
 public:
  NextAnswerRequest(detail::RequestQueue& loop, LookupCore& lookup);

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<std::optional<Resolution>>&& answer, detail::Undone how) noexcept override;
  detail::Ref<LookupCore> lookup_;
};

/// A user's lookup: collects answers until they are asked for.
class LookupCore final : public detail::RefCounted<LookupCore>,
                         public Resident,
                         private NameService::Client {
 public:
  explicit LookupCore(Loop& loop) : loop_(&loop), started_(loop.now()) { loop.add_resident(*this); }
  [[nodiscard]] Result<void> start(core::Resolver::Lookup lookup);
  /// The user's handle is gone.
  void cancel();
  [[nodiscard]] Loop& loop() { return *loop_; }

 private:
  friend class NextAnswerRequest;
  void start_next(NextAnswerRequest& request);
  void settle();
  void handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) override;
  void handle_loop_gone() override { cancel(); }
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;

  detail::Ref<Loop> loop_;
  Instant started_;
  std::string name_;
  std::optional<core::Resolver::LookupId> id_;
  std::size_t types_left_ = 0;
  std::deque<Resolution> answers_;
  detail::TakenList taken_;
  detail::RequestList<NextAnswerRequest> waiting_;  // one, unless several were taken back
};

}  // namespace bowline::drive
