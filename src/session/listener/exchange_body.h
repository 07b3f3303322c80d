#pragma once

#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>
#include <bowline/http_listener.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/fifo.h"
#include "core/http/connection.h"

namespace bowline::session {

class ServerLink;
class ExchangeBody;

/// The operations on an exchange; each waits in a list of it.
class ExchangeReceive final : public detail::Request<Message> {
 public:
  ExchangeReceive(detail::RequestQueue& queue, ExchangeBody& exchange);
  ~ExchangeReceive() override;

 private:
  void begin() override;
  void withdraw() noexcept override;
  void give_back(Result<Message>&& message, detail::Undone how) noexcept override;
  ExchangeBody* exchange_;  // counted
};

class ExchangeReceiveAll final : public detail::Request<Buffer> {
 public:
  ExchangeReceiveAll(detail::RequestQueue& queue, ExchangeBody& exchange, std::size_t octets_max);
  ~ExchangeReceiveAll() override;
  [[nodiscard]] std::size_t octets_max() const { return octets_max_; }

 private:
  void begin() override;
  void withdraw() noexcept override;
  ExchangeBody* exchange_;  // counted
  std::size_t octets_max_;
};

class ExchangeSend final : public detail::Request<void> {
 public:
  ExchangeSend(detail::RequestQueue& queue, ExchangeBody& exchange, Buffer bytes);
  ~ExchangeSend() override;
  [[nodiscard]] Buffer& bytes() { return bytes_; }

 private:
  void begin() override;
  void withdraw() noexcept override;
  ExchangeBody* exchange_;  // counted
  Buffer bytes_;
};

class ExchangeDone final : public detail::Request<void> {
 public:
  ExchangeDone(detail::RequestQueue& queue, ExchangeBody& exchange);
  ~ExchangeDone() override;

 private:
  void begin() override;
  void withdraw() noexcept override;
  ExchangeBody* exchange_;  // counted
};

/// One request and its response, as its link and the handles on it see it.
class ExchangeBody final : public detail::RefCounted<ExchangeBody> {
 public:
  using StreamId = core::HttpConnection::StreamId;

  ExchangeBody(ServerLink& link, StreamId stream, wire::RequestHead head, bool has_body);
  ~ExchangeBody();

  // For handles.
  void add_handle() { ++handles_; }
  void drop_handle();
  [[nodiscard]] const wire::RequestHead& head() const { return head_; }
  [[nodiscard]] bool has_body() const { return has_body_; }
  [[nodiscard]] detail::RequestQueue& queue() const;
  [[nodiscard]] ServerLink* link() const { return link_.get(); }
  [[nodiscard]] bool is_secure() const { return is_secure_; }
  [[nodiscard]] const std::optional<SocketAddress>& remote() const { return remote_; }
  Result<void> inform(int status, const HttpFields& fields);
  Result<void> respond(int status, const HttpFields& fields, Buffer body);
  Result<void> begin(int status, const HttpFields& fields, std::optional<std::uint64_t> octets);
  Result<void> finish(const HttpFields& trailers);
  void abort();

  // For operations.
  void add(ExchangeReceive& request);
  void add(ExchangeReceiveAll& request);
  void add(ExchangeSend& request);
  void add(ExchangeDone& request);
  void remove(ExchangeReceive& request) noexcept { receives_.remove(request); }
  void remove(ExchangeReceiveAll& request) noexcept;
  void remove(ExchangeSend& request) noexcept;
  void remove(ExchangeDone& request) noexcept { dones_.remove(request); }
  void take_back(Message&& message) noexcept;

  // For the link.
  void handle_body(std::span<const std::byte> bytes);
  void handle_message_end();
  void handle_room();
  void handle_done();
  void handle_failed(const Error& error);
  void handle_link_gone(const Error& error);

 private:
  void serve_receivers();
  void serve_senders();
  [[nodiscard]] Result<void> closed() const;
  void end(const std::optional<Error>& error);

  detail::Ref<ServerLink> link_;  // null once the stream is over
  detail::Ref<detail::RequestQueue> queue_;
  StreamId stream_;
  wire::RequestHead head_;
  std::optional<SocketAddress> remote_;
  bool is_secure_ = false;
  bool has_body_;
  std::size_t handles_ = 0;
  Fifo<Buffer> received_;
  bool is_request_ended_;
  std::string all_;  // for receive_all
  detail::RequestList<ExchangeReceive> receives_;
  detail::RequestList<ExchangeReceiveAll> receive_alls_;
  detail::RequestList<ExchangeSend> sends_;
  detail::RequestList<ExchangeDone> dones_;
  bool has_responded_ = false;     // the final head
  bool is_finish_wanted_ = false;  // once all pieces are sent
  bool has_finished_ = false;
  HttpFields trailers_;
  Buffer body_;  // of respond(), what is left of it
  bool is_over_ = false;
  std::optional<Error> error_;
};

}  // namespace bowline::session
