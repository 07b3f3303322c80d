#include "core/dns/query/fetch.h"

#include <algorithm>
#include <utility>

#include "core/dns/answer.h"

namespace bowline::core {

Fetch::Fetch(Transaction::OwnerId owner, Transaction::Request request, bool whole_reply,
             Transaction::Shared shared)
    : owner_(owner),
      request_(std::move(request)),
      whole_reply_(whole_reply),
      shared_(shared),
      chain_(request_.question.name, shared.options.chain_max) {}

void Fetch::start(Instant now) { begin_transaction(now); }

void Fetch::stop(Instant now) {
  if (transaction_.has_value()) transaction_->stop(now);
  transaction_.reset();
}

void Fetch::advance(Instant now) {
  while (transaction_.has_value() && transaction_->outcome().has_value()) {
    Transaction::Outcome outcome = *transaction_->outcome();
    transaction_.reset();
    take(std::move(outcome), now);
  }
}

std::optional<Instant> Fetch::deadline() const {
  return transaction_.has_value() ? transaction_->deadline() : std::nullopt;
}

std::optional<Instant> Fetch::verdict() const {
  return transaction_.has_value() ? transaction_->verdict() : std::nullopt;
}

void Fetch::begin_transaction(Instant now) {
  Transaction::Request request = request_;
  request.question.name = chain_.end();
  transaction_.emplace(owner_, std::move(request), shared_);
  transaction_->start(now);
}

void Fetch::take(Transaction::Outcome outcome, Instant now) {
  Answer answer;
  answer.type = request_.question.type;
  answer.source = AnswerSource::query;
  answer.transport = outcome.transport;
  answer.server = outcome.server;
  answer.status = outcome.failure;
  answer.error = std::move(outcome.error);
  answer.reply = std::move(outcome.facts);
  for (std::string& words : outcome.remarks) remark(std::move(words));
  if (!outcome.reply.has_value()) return finish(std::move(answer));

  wire::DnsMessage& reply = *outcome.reply;
  if (!reply.damage.empty()) remark("malformed behind the answers, " + reply.damage);
  if (reply.service_records_rejected != 0)
    remark("malformed service record, " + reply.service_damage);
  if (reply.records_cut != 0)
    remark("too many records: " + std::to_string(reply.records_cut) + " are left out");
  auto reading = read_reply(reply, request_.question.type, chain_);
  if (!reading.has_value()) {
    answer.status = AnswerStatus::malformed;
    answer.error = std::move(reading).error();
    return finish(std::move(answer));
  }
  const std::string server_words = extended_error(reply);
  if (whole_reply_) {
    answer.authorities = std::move(reply.authorities);
    answer.additional = std::move(reply.additional);
  }
  take_reading(*std::move(reading), std::move(answer), server_words, now);
}

void Fetch::remark(std::string words) {
  if (remarks_.size() < Answer::remarks_max) remarks_.push_back(std::move(words));
}

void Fetch::take_reading(ReplyReading reading, Answer answer, const std::string& server_words,
                         Instant now) {
  ttl_seconds_ = std::min(ttl_seconds_, reading.ttl_seconds);
  answer.ttl_seconds = ttl_seconds_;
  const auto negative = [&](AnswerStatus status) {
    answer.status = status;
    answer.error = answer_error(status, to_string(chain_.end()), server_words);
    finish(std::move(answer));
  };
  switch (reading.outcome) {
    case ReplyReading::Outcome::unfinished:
      if (request_.recursion) return follow(now);
      return negative(AnswerStatus::nodata);
    case ReplyReading::Outcome::nodata: return negative(AnswerStatus::nodata);
    case ReplyReading::Outcome::nxdomain: return negative(AnswerStatus::nxdomain);
    case ReplyReading::Outcome::records: break;
  }
  answer.status = AnswerStatus::ok;
  answer.records = std::move(reading.records);
  finish(std::move(answer));
}

void Fetch::follow(Instant now) {
  // A chain may lead to names that are never asked about; the search list does not apply to it.
  if (auto special = shared_.special.answer(chain_.end(), request_.question.type))
    return finish(*std::move(special));
  begin_transaction(now);
}

void Fetch::finish(Answer answer) {
  answer.canonical_name = to_string(chain_.end());
  answer.remarks = std::move(remarks_);
  answer_ = std::move(answer);
}

}  // namespace bowline::core
