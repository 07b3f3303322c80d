#include "drive/lookup.h"

#include <utility>

namespace bowline::drive {

NextAnswerRequest::NextAnswerRequest(detail::RequestQueue& loop, LookupCore& lookup)
    : Request(loop), lookup_(&lookup) {}
void NextAnswerRequest::begin() { lookup_->start_next(*this); }
void NextAnswerRequest::withdraw() noexcept { lookup_->waiting_ = nullptr; }
void NextAnswerRequest::give_back(Result<std::optional<Resolution>>&& answer, bool) noexcept {
  if (!answer.has_value() || !*answer) return;
  try {
    lookup_->answers_.push_front(**std::move(answer));
    lookup_->settle();
  } catch (const std::bad_alloc&) {
    // For want of memory an answer may go missing.
  }
}

Result<void> LookupCore::start(core::Resolver::Lookup lookup) {
  types_left_ = lookup.types.size();
  BOWLINE_TRY(id_, loop_->names().start_lookup(std::move(lookup), *this));
  return {};
}

void LookupCore::cancel() {
  if (id_ && types_left_ > 0) loop_->names().cancel_lookup(*id_);
  id_.reset();
  types_left_ = 0;
  unlink();
  if (waiting_ != nullptr)
    std::exchange(waiting_, nullptr)
        ->finish(Error(ErrorKind::cancelled, "next answer", "the lookup was dropped"));
}

void LookupCore::start_next(NextAnswerRequest& request) {
  if (waiting_ != nullptr)
    return request.finish(
        Error(ErrorKind::invalid_argument, "next answer", "another one is still running"));
  waiting_ = &request;
  settle();
}

void LookupCore::settle() {
  if (waiting_ == nullptr) return;
  if (!answers_.empty()) {
    Resolution answer = std::move(answers_.front());
    answers_.pop_front();
    std::exchange(waiting_, nullptr)->finish(std::optional(std::move(answer)));
  } else if (types_left_ == 0) {
    std::exchange(waiting_, nullptr)->finish(std::optional<Resolution>());
  }
}

void LookupCore::handle_answer(core::Resolver::LookupId, const core::Answer& answer) {
  const detail::Ref<LookupCore> keep(this);
  if (answer.final) --types_left_;
  answers_.push_back(to_resolution(answer, started_));
  settle();
}

}  // namespace bowline::drive
