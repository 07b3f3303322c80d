#include <utility>

#include "cli/cat/cat_exchange.h"

namespace bowline::cli {

namespace {

constexpr Duration quiet_enough = std::chrono::milliseconds(100);

class StreamExchange final : public CatExchange {
 public:
  StreamExchange(Loop& loop, StreamConnection connection, CatInput& input, CatOutput& output,
                 StreamExchangeOptions options)
      : loop_(loop),
        connection_(std::move(connection)),
        input_(input),
        output_(output),
        options_(options) {}

  void start(Done done) override {
    done_ = std::move(done);
    // Behind the peer's end, and with no input to send, nothing else tells that it broke off.
    connection_.on_state([weak = weak_from_this()](ConnectionState state, const Error* error) {
      if (const auto alive = weak.lock(); alive && state == ConnectionState::failed)
        static_cast<StreamExchange&>(*alive).handle_broken(*error);
    });
    send_next();
    receive_next();
  }

  void abort() override {
    done_ = nullptr;
    quiet_ = {};
    input_.forget();
    connection_.abort();
  }

  [[nodiscard]] const ExchangeEnd& so_far() const override { return end_; }

 private:
  std::shared_ptr<StreamExchange> self() {
    return std::static_pointer_cast<StreamExchange>(shared_from_this());
  }

  void send_next() {
    waits_for_input_ = true;
    input_.next(SIZE_MAX, [self = self()](const Message& bytes) {
      self->waits_for_input_ = false;
      self->quiet_ = {};
      self->send(bytes);
    });
    watch_quiet_input();
  }

  void watch_quiet_input() {
    if (options_.keeps_open || receiving_ || !waits_for_input_ || !done_) return;
    quiet_ = loop_.sleep(quiet_enough);
    quiet_.start([weak = weak_from_this()](const Result<void>&) {
      if (const auto alive = weak.lock()) static_cast<StreamExchange&>(*alive).end_input();
    });
  }

  void end_input() {
    if (!waits_for_input_ || !done_) return;
    waits_for_input_ = false;
    input_.forget();
    send(Message());
  }

  void send(const Message& bytes) {
    if (bytes.empty()) {
      connection_.finish().detach(
          [self = self()](const Result<void>& sent) { self->end_sending(sent); });
      return;
    }
    connection_.send(bytes.bytes()).detach([self = self(), bytes](const Result<void>& sent) {
      self->end_.sent_bytes += sent.has_value() ? bytes.size() : 0;
      if (!sent.has_value()) return self->end_sending(sent);
      if (self->done_) self->send_next();
    });
  }

  void end_sending(const Result<void>& sent) {
    sending_ = false;
    if (!sent.has_value()) fail(sent.error());
    settle();
  }

  void receive_next() {
    auto block = output_.try_take();
    if (!block) {
      output_.on_room([self = self()] {
        if (self->done_) self->receive_next();
      });
      return;
    }
    const std::span<std::byte> room(block->memory.get(), output_.block_bytes());
    connection_.receive_into(room).detach(
        [self = self(), taken = *std::move(block)](Result<std::size_t> count) mutable {
          self->handle_received(std::move(taken), std::move(count));
        });
  }

  void handle_received(Block block, Result<std::size_t> count) {
    if (count.has_value() && *count > 0) {
      end_.received_bytes += *count;
      block.size = *count;
      output_.write(std::move(block));
      if (done_) receive_next();
      return;
    }
    output_.give_back(std::move(block));
    if (!done_) return;
    if (!count.has_value()) {
      // Nothing comes and nothing goes any more.
      fail(count.error());
      sending_ = false;
    }
    if (options_.keeps_output) return end_receiving();
    output_.finish([self = self()] { self->end_receiving(); });
  }

  void handle_broken(const Error& error) {
    if (!done_ || receiving_) return;
    fail(error);
    sending_ = false;
    settle();
  }

  void end_receiving() {
    receiving_ = false;
    watch_quiet_input();
    settle();
  }

  void fail(const Error& error) {
    if (!end_.error) end_.error = error;
  }

  void settle() {
    if (sending_ || receiving_ || !done_) return;
    quiet_ = {};
    input_.forget();
    Done done = std::exchange(done_, nullptr);
    if (end_.error) connection_.abort();
    // What the system has not taken yet leaves before the connection does.
    connection_.close().detach(
        [self = self(), done = std::move(done)](const Result<void>&) { done(self->end_); });
  }

  Loop& loop_;
  StreamConnection connection_;
  CatInput& input_;
  CatOutput& output_;
  Done done_;
  ExchangeEnd end_;
  bool sending_ = true;
  bool receiving_ = true;
  bool waits_for_input_ = false;
  Operation<void> quiet_;
  StreamExchangeOptions options_;
};

}  // namespace

std::shared_ptr<CatExchange> exchange_stream(Loop& loop, StreamConnection connection,
                                             CatInput& input, CatOutput& output,
                                             StreamExchangeOptions options) {
  return std::make_shared<StreamExchange>(loop, std::move(connection), input, output, options);
}

}  // namespace bowline::cli
