#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "cli/cat/cat_exchange.h"

namespace bowline::cli {

namespace {

/// Lines of input become messages, and messages lines of output.
class MessageExchange final : public CatExchange {
 public:
  MessageExchange(Loop& loop, MessageConnection connection, CatInput& input, CatOutput& output,
                  const MessageExchangeOptions& options)
      : loop_(loop),
        connection_(std::move(connection)),
        input_(input),
        output_(output),
        options_(options) {}

  void start(Done done) override {
    done_ = std::move(done);
    send_next();
    receive_next();
  }

  void abort() override {
    done_ = nullptr;
    stop();
  }

  [[nodiscard]] const ExchangeEnd& so_far() const override { return end_; }

 private:
  std::shared_ptr<MessageExchange> self() {
    return std::static_pointer_cast<MessageExchange>(shared_from_this());
  }

  /// The next line that is whole, or more input.
  void send_next() {
    const std::size_t end = kept_.find('\n', taken_);
    if (end != std::string::npos) {
      const std::string line = kept_.substr(taken_, end - taken_);
      taken_ = end + 1;
      return send(line);
    }
    kept_.erase(0, std::exchange(taken_, 0));
    input_.next(SIZE_MAX, [self = self()](const Message& bytes) { self->take(bytes); });
  }

  void take(const Message& bytes) {
    if (!bytes.empty()) {
      kept_ += bytes.text();
      return send_next();
    }
    input_ended_ = true;
    if (!kept_.empty()) return send(std::exchange(kept_, {}));
    wait_for_silence();
  }

  void send(std::string line) {
    MessageContext context;
    if (options_.has_types) {
      std::uint32_t type = 0;
      const char* const last = line.data() + line.size();
      const auto read = std::from_chars(line.data(), last, type);
      if (read.ec != std::errc() || (read.ptr != last && *read.ptr != ' '))
        return end(Error(ErrorKind::invalid_argument, "send",
                         "a line begins with the type of its message, and a space"));
      line.erase(0, std::min(line.size(), static_cast<std::size_t>(read.ptr - line.data()) + 1));
      context.number(type);
    }
    const std::size_t size = line.size();
    connection_.send(Buffer::own(std::move(line)), context)
        .detach([self = self(), size](const Result<void>& sent) {
          self->end_.sent_bytes += sent.has_value() ? size : 0;
          if (!self->done_) return;
          if (!sent.has_value()) return self->end(sent.error());
          if (!self->input_ended_) return self->send_next();
          self->wait_for_silence();
        });
  }

  void receive_next() {
    connection_.receive().detach([self = self()](const Result<Message>& message) {
      if (!self->done_) return;
      if (!message.has_value()) return self->end(message.error());
      if (message->end_of_stream()) return self->end(std::nullopt);
      self->end_.received_bytes += message->size();
      self->unwritten_ = self->line_of(*message);
      if (self->input_ended_) self->wait_for_silence();
      self->write();
    });
  }

  [[nodiscard]] std::string line_of(const Message& message) const {
    std::string line;
    if (options_.has_types) line = std::to_string(message.context().number()) + " ";
    line += message.text();
    return line += '\n';
  }

  /// While no block is free nothing is received, which holds the peer back.
  void write() {
    while (!unwritten_.empty()) {
      auto block = output_.try_take();
      if (!block) {
        output_.on_room([self = self()] {
          if (self->done_) self->write();
        });
        return;
      }
      block->size = std::min(unwritten_.size(), output_.block_bytes());
      std::memcpy(block->memory.get(), unwritten_.data(), block->size);
      unwritten_.erase(0, block->size);
      output_.write(*std::move(block));
    }
    receive_next();
  }

  /// A framed stream has no end of its own in one direction.
  void wait_for_silence() {
    if (options_.keeps_open) return;
    silence_ = loop_.sleep(options_.silence);
    silence_.start([self = self()](const Result<void>&) { self->end(std::nullopt); });
  }

  void end(std::optional<Error> error) {
    if (!done_) return;
    end_.error = std::move(error);
    stop();
    Done done = std::exchange(done_, nullptr);
    if (options_.keeps_output) return done(end_);
    output_.finish([self = self(), done = std::move(done)] { done(self->end_); });
  }

  void stop() {
    input_.forget();
    output_.on_room(nullptr);
    silence_ = {};
    connection_.close().detach();
  }

  Loop& loop_;
  MessageConnection connection_;
  CatInput& input_;
  CatOutput& output_;
  const MessageExchangeOptions options_;
  Operation<void> silence_;
  Done done_;
  ExchangeEnd end_;
  std::string kept_;       // input
  std::size_t taken_ = 0;  // of it
  std::string unwritten_;  // output
  bool input_ended_ = false;
};

}  // namespace

std::shared_ptr<CatExchange> exchange_messages(Loop& loop, MessageConnection connection,
                                               CatInput& input, CatOutput& output,
                                               const MessageExchangeOptions& options) {
  return std::make_shared<MessageExchange>(loop, std::move(connection), input, output, options);
}

}  // namespace bowline::cli
