// Both ends of TLS in one thread with standalone Asio and OpenSSL, over loopback; the command line of
// bowline_tls.

#define ASIO_STANDALONE
#include <malloc.h>

#include <asio.hpp>
#include <asio/ssl.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace {

using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

std::string mode = "full";
std::string chain_file, key_file, root_file;
int count = 100;

void must(const std::error_code& error, const char* what) {
  if (!error) return;
  std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
  std::exit(1);
}

class Bench {
 public:
  Bench() {
    for (asio::ssl::context* context : {&server_context_, &client_context_}) {
      SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION);
      SSL_CTX_set_ciphersuites(context->native_handle(), "TLS_AES_128_GCM_SHA256");
      SSL_CTX_set1_groups_list(context->native_handle(), "X25519");
    }
    server_context_.use_certificate_chain_file(chain_file);
    server_context_.use_private_key_file(key_file, asio::ssl::context::pem);
    client_context_.load_verify_file(root_file);
    client_context_.set_verify_mode(asio::ssl::verify_peer);
    SSL_CTX_set_session_cache_mode(client_context_.native_handle(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(client_context_.native_handle(), [](SSL*, SSL_SESSION* session) {
      SSL_SESSION_free(kept_session_);
      kept_session_ = session;
      return 1;
    });
    accept();
  }

  int run() {
    const auto begun = std::chrono::steady_clock::now();
    double bytes = 0;
    if (mode == "bulk") {
      bytes = receive_bulk();
    } else if (mode == "idle") {
      bytes = measure_idle();
    } else {
      for (int i = 0; i < count; ++i) exchange();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("{\"operations\": %d, \"bytes\": %.0f, \"seconds\": %.6f}\n", count, bytes,
                took.count());
    return 0;
  }

 private:
  void accept() {
    acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
      must(error, "accept");
      socket.set_option(tcp::no_delay(true));
      auto stream = std::make_shared<Stream>(std::move(socket), server_context_);
      stream->async_handshake(Stream::server, [this, stream](std::error_code failed) {
        must(failed, "server handshake");
        take(stream);
      });
      accept();
    });
  }
  void take(const std::shared_ptr<Stream>& stream) {
    accepted_.push_back(stream);
    if (mode == "bulk") return pump(stream);
    if (mode == "idle") return;
    asio::async_write(*stream, asio::buffer("x", 1), [stream](std::error_code, std::size_t) {});
  }
  void pump(const std::shared_ptr<Stream>& stream) {
    asio::async_write(*stream, asio::buffer(block_),
                      [this, stream](std::error_code error, std::size_t) {
                        if (!error) pump(stream);
                      });
  }
  std::shared_ptr<Stream> open() {
    auto stream = std::make_shared<Stream>(io_, client_context_);
    stream->set_verify_callback(asio::ssl::host_name_verification("localhost"));
    SSL_set_tlsext_host_name(stream->native_handle(), "localhost");
    if (mode == "resumed" && kept_session_ != nullptr)
      SSL_set_session(stream->native_handle(), kept_session_);
    bool ready = false;
    stream->lowest_layer().async_connect(acceptor_.local_endpoint(), [&](std::error_code error) {
      must(error, "connect");
      stream->lowest_layer().set_option(tcp::no_delay(true));
      stream->async_handshake(Stream::client, [&](std::error_code failed) {
        must(failed, "client handshake");
        ready = true;
      });
    });
    while (!ready) io_.run_one();
    return stream;
  }
  void exchange() {
    const auto stream = open();
    char byte = 0;
    bool got = false;
    stream->async_read_some(asio::buffer(&byte, 1), [&](std::error_code error, std::size_t) {
      must(error, "read");
      got = true;
    });
    while (!got) io_.run_one();
    if (mode == "resumed" && warmed_ && SSL_session_reused(stream->native_handle()) == 0)
      std::exit(2);
    warmed_ = true;
    stream->lowest_layer().set_option(asio::socket_base::linger(true, 0));
    stream->lowest_layer().close();
    accepted_.clear();
  }
  double receive_bulk() {
    const auto stream = open();
    std::vector<char> room(64 * 1024);
    double bytes = 0;
    while (bytes < count * 1048576.0) {
      bool got = false;
      stream->async_read_some(asio::buffer(room), [&](std::error_code error, std::size_t size) {
        must(error, "read");
        bytes += static_cast<double>(size);
        got = true;
      });
      while (!got) io_.run_one();
    }
    return bytes;
  }
  double measure_idle() {
    std::vector<std::shared_ptr<Stream>> kept;
    kept.push_back(open());
    const double before = static_cast<double>(::mallinfo2().uordblks);
    for (int i = 0; i < count; ++i) kept.push_back(open());
    return (static_cast<double>(::mallinfo2().uordblks) - before) / count;
  }

  static inline SSL_SESSION* kept_session_ = nullptr;
  asio::io_context io_{1};
  asio::ssl::context server_context_{asio::ssl::context::tls_server};
  asio::ssl::context client_context_{asio::ssl::context::tls_client};
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::list<std::shared_ptr<Stream>> accepted_;
  std::vector<char> block_ = std::vector<char>(64 * 1024, 1);
  bool warmed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--mode") mode = argv[i + 1];
    if (option == "--chain") chain_file = argv[i + 1];
    if (option == "--key") key_file = argv[i + 1];
    if (option == "--root") root_file = argv[i + 1];
    if (option == "--count") count = std::atoi(argv[i + 1]);
  }
  return Bench().run();
}
