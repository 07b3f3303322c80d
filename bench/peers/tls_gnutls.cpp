// Both ends of TLS in one thread with GnuTLS alone, over loopback; the command line of bowline_tls.

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::string mode = "full";
std::string chain_file, key_file, root_file;
int count = 100;
gnutls_certificate_credentials_t server_side, client_side;
gnutls_datum_t ticket_key;
gnutls_datum_t ticket;  // of the client

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

struct Pair {
  int client_socket = -1;
  int server_socket = -1;
  gnutls_session_t client = nullptr;
  gnutls_session_t server = nullptr;
};

int listening = -1;

Pair open_pair() {
  Pair made;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  must(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  made.client_socket = ::socket(AF_INET, SOCK_STREAM, 0);
  must(::connect(made.client_socket, reinterpret_cast<sockaddr*>(&address), size) == 0, "connect");
  made.server_socket = ::accept(listening, nullptr, nullptr);
  for (const int socket : {made.client_socket, made.server_socket}) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
  }
  gnutls_init(&made.client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
  gnutls_init(&made.server, GNUTLS_SERVER | GNUTLS_NONBLOCK);
  constexpr const char* suites =
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519";
  for (gnutls_session_t session : {made.client, made.server})
    must(gnutls_priority_set_direct(session, suites, nullptr) == 0, "priorities");
  gnutls_credentials_set(made.client, GNUTLS_CRD_CERTIFICATE, client_side);
  gnutls_credentials_set(made.server, GNUTLS_CRD_CERTIFICATE, server_side);
  gnutls_server_name_set(made.client, GNUTLS_NAME_DNS, "localhost", 9);
  gnutls_session_set_verify_cert(made.client, "localhost", 0);
  gnutls_session_ticket_enable_server(made.server, &ticket_key);
  if (mode == "resumed" && ticket.size > 0)
    gnutls_session_set_data(made.client, ticket.data, ticket.size);
  gnutls_transport_set_int(made.client, made.client_socket);
  gnutls_transport_set_int(made.server, made.server_socket);
  int client = GNUTLS_E_AGAIN;
  int server = GNUTLS_E_AGAIN;
  while (client != 0 || server != 0) {
    if (client != 0) client = gnutls_handshake(made.client);
    if (server != 0) server = gnutls_handshake(made.server);
    must(client == 0 || gnutls_error_is_fatal(client) == 0, gnutls_strerror(client));
    must(server == 0 || gnutls_error_is_fatal(server) == 0, gnutls_strerror(server));
  }
  return made;
}

void close_pair(const Pair& pair) {
  gnutls_deinit(pair.client);
  gnutls_deinit(pair.server);
  const linger at_once{1, 0};
  ::setsockopt(pair.client_socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(pair.client_socket);
  ::close(pair.server_socket);
}

void exchange() {
  static bool warmed = false;
  const Pair pair = open_pair();
  gnutls_record_send(pair.server, "x", 1);
  char byte;
  while (gnutls_record_recv(pair.client, &byte, 1) != 1) {
  }
  if (mode == "resumed") {
    must(!warmed || gnutls_session_is_resumed(pair.client) != 0, "not resumed");
    if (ticket.size > 0) gnutls_free(ticket.data);
    must(gnutls_session_get_data2(pair.client, &ticket) == 0, "no ticket");
  }
  warmed = true;
  close_pair(pair);
}

double receive_bulk() {
  const Pair pair = open_pair();
  static char block[64 * 1024];
  for (char& octet : block) octet = 1;
  static char room[64 * 1024];
  double bytes = 0;
  bool blocked = false;
  std::size_t sent = 0;
  while (bytes < count * 1048576.0) {
    for (int i = 0; i < 4; ++i) {
      const auto done = blocked
                            ? gnutls_record_send(pair.server, nullptr, 0)
                            : gnutls_record_send(pair.server, block + sent % sizeof block, 16384);
      blocked = done == GNUTLS_E_AGAIN;
      if (blocked) break;
      if (done > 0) sent += static_cast<std::size_t>(done);
    }
    for (;;) {
      const auto got = gnutls_record_recv(pair.client, room, sizeof room);
      if (got <= 0) break;
      bytes += static_cast<double>(got);
    }
  }
  return bytes;
}

double measure_idle() {
  open_pair();
  const double before = static_cast<double>(::mallinfo2().uordblks);
  for (int i = 0; i < count; ++i) open_pair();
  return (static_cast<double>(::mallinfo2().uordblks) - before) / count;
}

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
  gnutls_certificate_allocate_credentials(&server_side);
  gnutls_certificate_allocate_credentials(&client_side);
  must(gnutls_certificate_set_x509_key_file(server_side, chain_file.c_str(), key_file.c_str(),
                                            GNUTLS_X509_FMT_PEM) == 0,
       "certificate");
  must(gnutls_certificate_set_x509_trust_file(client_side, root_file.c_str(), GNUTLS_X509_FMT_PEM) >
           0,
       "root");
  gnutls_session_ticket_key_generate(&ticket_key);
  listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(::bind(listening, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0, "bind");
  must(::listen(listening, 128) == 0, "listen");
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
