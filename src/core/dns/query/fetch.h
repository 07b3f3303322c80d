#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/dns/query/reply.h"
#include "core/dns/query/transaction.h"

namespace bowline::core {

/// Finds the answer to one question in one scope: the transaction about it, and further ones along a
/// CNAME chain that the servers leave unfinished, always with the same servers.
class Fetch {
 public:
  /// `whole_reply`: the answer has the reply's other sections too.
  Fetch(Transaction::OwnerId owner, Transaction::Request request, bool whole_reply,
        Transaction::Shared shared);

  void start(Instant now);
  void stop(Instant now);
  /// For inputs; call `advance` afterwards. Null once there is an answer.
  [[nodiscard]] Transaction* transaction() {
    return transaction_.has_value() ? &*transaction_ : nullptr;
  }
  /// Acts on what the transaction has come to.
  void advance(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// See Transaction::verdict.
  [[nodiscard]] std::optional<Instant> verdict() const;
  /// Set in the end; `question`, `started` and `ended` are left to whoever asked.
  [[nodiscard]] const std::optional<Answer>& answer() const { return answer_; }

 private:
  void begin_transaction(Instant now);
  void take(Transaction::Outcome outcome, Instant now);
  void take_reading(ReplyReading reading, Answer answer, const std::string& server_words,
                    Instant now);
  void follow(Instant now);
  void finish(Answer answer);
  void remark(std::string words);

  Transaction::OwnerId owner_;
  Transaction::Request request_;
  bool whole_reply_;
  Transaction::Shared shared_;
  CnameChain chain_;
  std::uint32_t ttl_seconds_ = UINT32_MAX;
  std::vector<std::string> remarks_;  // of all transactions so far
  std::optional<Transaction> transaction_;
  std::optional<Answer> answer_;
};

}  // namespace bowline::core
