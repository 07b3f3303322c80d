#pragma once

#include <utility>

#include "drive/stream/stream_connection.h"

namespace bowline::drive {

/// A receive of any kind on a connection, which it keeps alive.
template <class Kind, class T>
class ConnectionReceive final : public Kind {
 public:
  template <class... Asked>
  ConnectionReceive(detail::RequestQueue& loop, StreamConnection& connection, Asked&&... asked)
      : Kind(loop, std::forward<Asked>(asked)...), connection_(&connection) {}

 private:
  void begin() override { connection_->start_receive(static_cast<Kind&>(*this)); }
  void withdraw() noexcept override { connection_->withdraw_receive(*this); }
  detail::TakenList* source() noexcept override { return connection_->source(this->has_value()); }
  void give_back(Result<T>&& received, detail::Undone how) noexcept override {
    connection_->give_back(*this, std::move(received), how);
  }

  detail::Ref<StreamConnection> connection_;
};
using ConnectionReceiveSome = ConnectionReceive<ReceiveRequest, Message>;
using ConnectionReceiveUntil = ConnectionReceive<ReceiveUntilRequest, Message>;
using ConnectionReceiveInto = ConnectionReceive<ReceiveIntoRequest, std::size_t>;

/// A send on a connection.
class ConnectionSend final : public SendRequest {
 public:
  template <class Bytes>
  ConnectionSend(detail::RequestQueue& loop, StreamConnection& connection, Bytes&& bytes,
                 SendKind kind)
      : SendRequest(loop, std::forward<Bytes>(bytes), kind), connection_(&connection) {}

 private:
  void begin() override { connection_->start_send(*this); }
  void withdraw() noexcept override { connection_->withdraw_send(*this); }

  detail::Ref<StreamConnection> connection_;
};

}  // namespace bowline::drive
