// A chat in Asio: see examples/programs/chat.cpp.

#include <asio.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <string>

using asio::ip::tcp;
using Line = std::shared_ptr<const std::string>;

class Guest;
using Guests = std::set<std::shared_ptr<Guest>>;

class Guest : public std::enable_shared_from_this<Guest> {
 public:
  Guest(tcp::socket socket, Guests& guests) : socket_(std::move(socket)), guests_(guests) {}

  void start() {
    guests_.insert(shared_from_this());
    asio::co_spawn(
        socket_.get_executor(), [self = shared_from_this()] { return self->read(); },
        asio::detached);
  }
  void close() {
    closing_ = true;
    if (queue_.empty()) end();
  }

 private:
  asio::awaitable<void> read() {
    std::string buffer;
    for (;;) {
      std::error_code error;
      const std::size_t size =
          co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer, 64 * 1024), '\n',
                                          asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      const auto line = std::make_shared<const std::string>(buffer.substr(0, size));
      buffer.erase(0, size);
      for (const auto& guest : Guests(guests_))
        if (guest.get() != this) guest->tell(line);
    }
    guests_.erase(shared_from_this());
    close();
  }
  void tell(const Line& line) {
    constexpr std::size_t behind_max = 256 * 1024;
    if (queued_ > behind_max) return abort();
    queued_ += line->size();
    queue_.push_back(line);
    if (queue_.size() == 1) write();
  }
  void write() {
    asio::async_write(socket_, asio::buffer(*queue_.front()),
                      [self = shared_from_this()](std::error_code error, std::size_t size) {
                        if (error) return self->abort();
                        self->queued_ -= size;
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) {
                          self->write();
                        } else if (self->closing_) {
                          self->end();
                        }
                      });
  }
  void end() {
    std::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }
  void abort() {
    std::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  Guests& guests_;
  std::deque<Line> queue_;
  std::size_t queued_ = 0;
  bool closing_ = false;
};

asio::awaitable<void> serve(tcp::acceptor& acceptor, Guests& guests) {
  for (;;) {
    std::error_code error;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    std::make_shared<Guest>(std::move(socket), guests)->start();
  }
}

int main(int argc, char** argv) {
  asio::io_context context;
  Guests guests;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  tcp::acceptor acceptor(context, tcp::endpoint(tcp::v6(), port));
  asio::co_spawn(context, serve(acceptor, guests), asio::detached);
  std::printf("%u\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  asio::steady_timer grace(context);
  signals.async_wait([&](std::error_code, int) {
    acceptor.close();
    for (const auto& guest : Guests(guests)) guest->close();
    grace.expires_after(std::chrono::seconds(5));
    grace.async_wait([&](std::error_code error) {
      if (!error) context.stop();
    });
  });
  context.run();
}
