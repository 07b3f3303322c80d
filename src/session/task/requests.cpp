#include "session/task/requests.h"

#include <utility>

#include "session/task/task_body.h"

namespace bowline::session {

ResponseRequest::ResponseRequest(detail::RequestQueue& queue, TaskBody& task, Wish wish)
    : detail::Request<UrlResponse>(queue), task_(&task), wish_(wish) {
  task_->add_ref();
}
ResponseRequest::~ResponseRequest() { task_->drop_ref(); }
void ResponseRequest::begin() { task_->add_waiter(*this, wish_); }
void ResponseRequest::withdraw() noexcept { task_->remove_waiter(*this, wish_); }

PieceRequest::PieceRequest(detail::RequestQueue& queue, TaskBody& task, std::size_t octets_max)
    : detail::Request<Message>(queue), task_(&task), octets_max_(octets_max == 0 ? 1 : octets_max) {
  task_->add_ref();
}
PieceRequest::~PieceRequest() { task_->drop_ref(); }
void PieceRequest::begin() { task_->add_receiver(*this); }
void PieceRequest::withdraw() noexcept { task_->remove_receiver(*this); }
void PieceRequest::give_back(Result<Message>&& message, detail::Undone /*how*/) noexcept {
  if (message.has_value()) task_->take_back(*std::move(message));
}

}  // namespace bowline::session
