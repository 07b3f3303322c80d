#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>

#include "peers/hello.h"
#include "peers/link_facts.h"

namespace bowline::peers {

/// What two peers say on a connection until it is their link, or none.
///
///   hello both ways -> (the smaller id) link | duplicate -> (the one connected to) datagrams -> DTLS -> done
class Introduction final : public std::enable_shared_from_this<Introduction> {
 public:
  /// The node, whose word it is which connection becomes a link.
  class Judge {
   public:
    /// Asked by the smaller id, once for each connection.
    [[nodiscard]] virtual bool wants_link(const Introduction& introduction) = 0;
    /// The last call. The judge may drop the introduction.
    virtual void handle_link(Introduction& introduction, std::shared_ptr<LinkFacts> link) = 0;
    virtual void handle_failure(Introduction& introduction, const Error& error) = 0;

   protected:
    ~Judge() = default;
  };
  enum class Side : std::uint8_t { connected, was_connected_to };

  Introduction(Loop& loop, MessageConnection connection, Side side, const Hello& own, Judge& judge,
               std::function<void(std::span<std::byte>)> fill_random);
  void start();
  /// The node is gone, or wants no more of it.
  void stop();

  [[nodiscard]] const Hello& peer() const { return peer_; }
  /// What the peer's certificate says; empty where there is none.
  [[nodiscard]] const std::string& proven_id() const { return proven_id_; }
  std::optional<Endpoint> endpoint;  ///< of a connect()

 private:
  void say(Word word, std::vector<std::byte> bytes);
  void hear(Word word, void (Introduction::*then)(std::span<const std::byte>));
  void handle_ready();
  void handle_hello(std::span<const std::byte> bytes);
  void handle_verdict(Word word);
  void begin_datagrams();
  void offer_datagrams();
  void handle_place(std::span<const std::byte> bytes);
  void finish();
  void fail(const Error& error);

  Loop& loop_;
  const Side side_;
  const Hello own_;
  Judge* judge_;
  std::function<void(std::span<std::byte>)> fill_random_;
  std::shared_ptr<LinkFacts> link_ = std::make_shared<LinkFacts>();
  Hello peer_;
  std::string proven_id_;
  Operation<void> ready_;
  Operation<Message> hearing_;
  Operation<void> deadline_;
  Listener<DatagramConnection> datagrams_;
  Operation<DatagramConnection> accepting_;
  Operation<void> datagrams_ready_;
};

}  // namespace bowline::peers
