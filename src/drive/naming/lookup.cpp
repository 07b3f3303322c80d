#include "drive/naming/lookup.h"

#include <utility>

#include <bowline/detail/facts.h>
#include "base/escape.h"

namespace bowline::drive {

NextAnswerRequest::NextAnswerRequest(detail::RequestQueue& loop, LookupCore& lookup)
    : Request(loop), lookup_(&lookup) {}
void NextAnswerRequest::begin() { lookup_->start_next(*this); }
void NextAnswerRequest::withdraw() noexcept { lookup_->waiting_.remove(*this); }
detail::TakenList* NextAnswerRequest::source() noexcept {
  return has_value() ? &lookup_->taken_ : nullptr;
}

void NextAnswerRequest::give_back(Result<std::optional<Resolution>>&& answer,
                                  detail::Undone how) noexcept {
  if (how == detail::Undone::waits) lookup_->waiting_.push_front(*this);
  try {
    if (answer.has_value() && *answer) lookup_->answers_.push_front(**std::move(answer));
  } catch (const std::bad_alloc&) {
    // There is no memory for it.
  }
  if (how == detail::Undone::abandoned) lookup_->settle();
}

Result<void> LookupCore::start(core::Resolver::Lookup lookup) {
  types_left_ = lookup.types.size();
  name_ = lookup.name;
  BOWLINE_TRY(id_, loop_->names().start_lookup(std::move(lookup), *this));
  return {};
}

std::optional<ResidentSnapshot> LookupCore::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "R" + std::to_string(id_.value_or(0));
  facts.kind = ResidentKind::lookup;
  facts.state = types_left_ > 0 ? "asking" : "answered";
  facts.endpoint = escape(name_, 1024);
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

void LookupCore::cancel() {
  if (id_ && types_left_ > 0) loop_->names().cancel_lookup(*id_);
  id_.reset();
  types_left_ = 0;
  unlink();
  while (!waiting_.empty())
    waiting_.pop().finish(Error(ErrorKind::cancelled, "next answer", "the lookup was dropped"));
}

void LookupCore::start_next(NextAnswerRequest& request) {
  if (!waiting_.empty())
    return request.finish(
        Error(ErrorKind::invalid_argument, "next answer", "another one is still running"));
  waiting_.push(request);
  settle();
}

void LookupCore::settle() {
  while (!waiting_.empty() && !answers_.empty()) {
    Resolution answer = std::move(answers_.front());
    answers_.pop_front();
    waiting_.pop().finish(std::optional(std::move(answer)));
  }
  if (types_left_ > 0) return;
  while (!waiting_.empty()) waiting_.pop().finish(std::optional<Resolution>());
}

void LookupCore::handle_answer(core::Resolver::LookupId, const core::Answer& answer) {
  const detail::Ref<LookupCore> keep(this);
  if (answer.final) --types_left_;
  answers_.push_back(to_resolution(answer, started_));
  settle();
}

}  // namespace bowline::drive
