#include <algorithm>
#include <cstring>
#include <utility>

#include "cli/cat/cat_exchange.h"

namespace bowline::cli {

namespace {

class DatagramExchange final : public CatExchange {
 public:
  DatagramExchange(Loop& loop, DatagramConnection connection, CatInput& input, CatOutput& output,
                   Duration idle, bool keeps_output)
      : loop_(loop),
        connection_(std::move(connection)),
        input_(input),
        output_(output),
        idle_(idle),
        keeps_output_(keeps_output) {}

  void start(Done done) override {
    done_ = std::move(done);
    send_next();
    receive_next();
    wait_for_silence();
  }

  void abort() override {
    done_ = nullptr;
    stop();
  }

  [[nodiscard]] const ExchangeEnd& so_far() const override { return end_; }

 private:
  std::shared_ptr<DatagramExchange> self() {
    return std::static_pointer_cast<DatagramExchange>(shared_from_this());
  }

  void send_next() {
    input_.next(connection_.message_bytes_max(),
                [self = self()](const Message& bytes) { self->send(bytes); });
  }

  void send(const Message& bytes) {
    if (bytes.empty()) {
      input_ended_ = true;
      return wait_for_silence();
    }
    connection_.send(bytes.bytes()).detach([self = self(), bytes](const Result<void>& sent) {
      self->end_.sent_bytes += sent.has_value() ? bytes.size() : 0;
      if (!self->done_) return;
      if (!sent.has_value()) return self->end(sent.error());
      self->send_next();
    });
  }

  void receive_next() {
    connection_.receive().detach([self = self()](const Result<Message>& message) {
      if (!self->done_) return;
      if (!message.has_value()) return self->end(message.error());
      self->end_.received_bytes += message->size();
      self->wait_for_silence();
      self->write(*message);
    });
  }

  /// While no block is free nothing is received: the connection's queue and then the system drop
  /// what is too much.
  void write(const Message& message) {
    if (message.empty()) return receive_next();
    auto block = output_.try_take();
    if (!block) {
      output_.on_room([self = self(), message] {
        if (self->done_) self->write(message);
      });
      return;
    }
    block->size = std::min(message.size(), output_.block_bytes());
    std::memcpy(block->memory.get(), message.bytes().data(), block->size);
    output_.write(*std::move(block));
    receive_next();
  }

  void wait_for_silence() {
    if (!input_ended_ && !keeps_output_) return;
    silence_ = loop_.sleep(idle_);
    silence_.start([self = self()](const Result<void>&) { self->end(std::nullopt); });
  }

  void end(std::optional<Error> error) {
    if (!done_) return;
    end_.error = std::move(error);
    stop();
    Done done = std::exchange(done_, nullptr);
    if (keeps_output_) return done(end_);
    output_.finish([self = self(), done = std::move(done)] { done(self->end_); });
  }

  void stop() {
    input_.forget();
    output_.on_room(nullptr);
    silence_ = {};
    connection_.close().detach();
  }

  Loop& loop_;
  DatagramConnection connection_;
  CatInput& input_;
  CatOutput& output_;
  Operation<void> silence_;
  Done done_;
  ExchangeEnd end_;
  Duration idle_;
  bool input_ended_ = false;
  bool keeps_output_;
};

}  // namespace

std::shared_ptr<CatExchange> exchange_datagrams(Loop& loop, DatagramConnection connection,
                                                CatInput& input, CatOutput& output, Duration idle,
                                                bool keeps_output) {
  return std::make_shared<DatagramExchange>(loop, std::move(connection), input, output, idle,
                                            keeps_output);
}

}  // namespace bowline::cli
