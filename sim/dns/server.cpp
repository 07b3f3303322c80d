#include <bowline/sim/dns_server.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/bytes.h"
#include "sim/dns/replies.h"
#include "sim/net/match.h"
#include "sim/ports.h"

namespace bowline::sim {

namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t queries_kept_max = 100'000;
constexpr std::size_t clients_max = 1'000;

/// Where bytes of a TCP client go when a whole query has come.
class ClientOwner {
 public:
  virtual void handle_query(std::span<const std::byte> bytes, std::uint64_t client,
                            const SocketAddress& from) = 0;
  virtual void count_report() = 0;

 protected:
  ~ClientOwner() = default;
};

/// One TCP connection: queries and answers behind their lengths, RFC 1035 4.2.2.
class TcpClient final : public ports::SocketObserver {
 public:
  TcpClient(std::unique_ptr<ports::StreamSocket> socket, std::uint64_t id, ClientOwner& owner)
      : socket_(std::move(socket)), id_(id), owner_(owner) {
    socket_->observe(*this);
  }

  /// Nothing more will come of it, and everything was said.
  [[nodiscard]] bool is_over() const {
    return failed_ || (ended_ && unsaid_.empty() && owed_ == 0);
  }
  void owe() { ++owed_; }
  void say(std::span<const std::byte> message) {
    --owed_;
    ByteWriter writer(unsaid_);
    writer.u16(static_cast<std::uint16_t>(message.size()));
    writer.bytes(message);
    write();
  }
  void handle_readiness(ports::Readiness readiness) override {
    owner_.count_report();
    if (readiness.writable) write();
    if (readiness.readable) read();
  }

 private:
  void write() {
    if (failed_ || unsaid_.empty()) return;
    const std::span<const std::byte> piece = unsaid_;
    const auto transfer = socket_->write(std::span(&piece, 1));
    failed_ = !transfer.has_value();
    if (!failed_)
      unsaid_.erase(unsaid_.begin(),
                    unsaid_.begin() + static_cast<std::ptrdiff_t>(transfer->bytes));
  }
  void read() {
    std::array<std::byte, 4096> buffer;
    while (!failed_) {
      const auto transfer = socket_->read(buffer);
      failed_ = !transfer.has_value();
      if (failed_) return;
      heard_.insert(heard_.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(transfer->bytes));
      take_queries();
      ended_ = transfer->end;
      if (transfer->blocked || transfer->end) return;
    }
  }
  void take_queries() {
    for (;;) {
      ByteReader reader(heard_);
      const auto size = reader.u16();
      const auto bytes = size ? reader.bytes(*size) : std::nullopt;
      if (!bytes) return;
      owner_.handle_query(*bytes, id_, socket_->remote_address());
      heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(2 + bytes->size()));
    }
  }

  std::unique_ptr<ports::StreamSocket> socket_;
  std::uint64_t id_;
  ClientOwner& owner_;
  std::vector<std::byte> heard_;
  std::vector<std::byte> unsaid_;
  std::size_t owed_ = 0;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace

/// The server as a program on its host: sockets in, replies out when they are due.
class DnsServer::Body final : public Runnable, private ClientOwner {
 public:
  Body(Host& host, const std::optional<IpAddress>& address);
  ~Body() { ports_->drive(nullptr); }

  bool run_ready() override;
  [[nodiscard]] std::optional<Instant> deadline() const override {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  }

  DnsReplies replies;
  std::vector<DnsQuery> queries;

 private:
  /// Readiness of one socket, told apart from the other's.
  struct Observer final : ports::SocketObserver {
    Observer(Body& body_, void (Body::*method_)()) : body(body_), method(method_) {}
    void handle_readiness(ports::Readiness readiness) override {
      body.count_report();
      if (readiness.readable) (body.*method)();
    }
    Body& body;
    void (Body::*method)();
  };
  /// A reply that waits for its time; to a TCP client, or by UDP.
  struct Due {
    std::vector<std::byte> bytes;
    std::uint64_t client = 0;
    SocketAddress remote;
    IpAddress local;
  };

  void receive_datagrams();
  void accept_clients();
  void handle_query(std::span<const std::byte> bytes, std::uint64_t client,
                    const SocketAddress& from) override;
  void count_report() override { ++reports_; }
  void handle(std::span<const std::byte> bytes, Due reply);
  void log(const wire::Question& question, const Due& reply);
  void send(const Due& reply);
  bool send_due();

  std::unique_ptr<LoopPorts> ports_;
  Observer udp_observer_{*this, &Body::receive_datagrams};
  Observer tcp_observer_{*this, &Body::accept_clients};
  std::unique_ptr<ports::DatagramSocket> udp_;
  std::unique_ptr<ports::StreamListener> listener_;
  std::map<std::uint64_t, TcpClient> clients_;
  std::uint64_t clients_made_ = 0;
  std::multimap<Instant, Due> due_;
  std::uint64_t reports_ = 0;
};

DnsServer::DnsServer(Host& host) : body_(std::make_unique<Body>(host, std::nullopt)) {}
DnsServer::DnsServer(Host& host, std::string_view address)
    : body_(std::make_unique<Body>(host, address_or_die(address))) {}
DnsServer::~DnsServer() = default;

DnsServer& DnsServer::add(std::string_view name, std::string_view type, std::string_view data,
                          Duration ttl) {
  wire::Record record;
  record.name = dns_name_or_die(name);
  record.type = record_type_or_die(type);
  record.ttl_seconds =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(ttl).count());
  record.data = record_data_or_die(record.type, data);
  body_->replies.zone().add(std::move(record));
  return *this;
}

DnsServer& DnsServer::remove(std::string_view name, std::string_view type) {
  body_->replies.zone().remove(dns_name_or_die(name), record_type_or_die(type));
  return *this;
}

DnsServer& DnsServer::script(std::string_view name, std::string_view type,
                             const DnsBehavior& behavior) {
  body_->replies.add_script(name, type, behavior);
  return *this;
}

DnsServer& DnsServer::clear_scripts() {
  body_->replies.clear_scripts();
  return *this;
}

const std::vector<DnsQuery>& DnsServer::queries() const { return body_->queries; }

std::size_t DnsServer::count(std::string_view name, std::string_view type) const {
  const wire::DnsName wanted = dns_name_or_die(name);
  return static_cast<std::size_t>(std::ranges::count_if(body_->queries, [&](const DnsQuery& query) {
    return query.type == type && dns_name_or_die(query.name) == wanted;
  }));
}

DnsServer::Body::Body(Host& host, const std::optional<IpAddress>& address)
    : ports_(make_ports(host)) {
  ports::DatagramOptions options;
  options.binding.source = address;
  options.binding.port = dns_port;
  auto udp = ports_->network().open_datagram(options, udp_observer_);
  if (!udp.has_value()) die("no DNS server", to_string(udp.error()));
  udp_ = std::move(*udp);
  auto listener =
      ports_->network().listen({address.value_or(IpAddress::any(Family::ipv6)), dns_port},
                               ports::ListenOptions(), tcp_observer_);
  if (!listener.has_value()) die("no DNS server", to_string(listener.error()));
  listener_ = std::move(*listener);
  ports_->drive(this);
}

bool DnsServer::Body::run_ready() {
  const std::uint64_t before = reports_;
  ports_->poller().wait(Instant{});
  const bool sent = send_due();
  std::erase_if(clients_, [](const auto& entry) { return entry.second.is_over(); });
  return sent || reports_ != before;
}

void DnsServer::Body::receive_datagrams() {
  std::array<ports::ReceivedRun, 16> runs;
  for (;;) {
    // An error here would be one of a connected socket; this one is not.
    const auto count = udp_->receive(runs).value();
    for (std::size_t i = 0; i < count; ++i)
      handle(runs[i].bytes.bytes(), Due{{}, 0, runs[i].remote, runs[i].local});
    if (count < runs.size()) return;
  }
}

void DnsServer::Body::accept_clients() {
  for (;;) {
    auto socket = listener_->accept();
    if (!socket.has_value() || *socket == nullptr) return;
    if (clients_.size() >= clients_max) continue;
    const std::uint64_t id = ++clients_made_;
    clients_.try_emplace(id, std::move(*socket), id, static_cast<ClientOwner&>(*this));
  }
}

void DnsServer::Body::handle_query(std::span<const std::byte> bytes, std::uint64_t client,
                                   const SocketAddress& from) {
  handle(bytes, Due{{}, client, from, {}});
}

void DnsServer::Body::handle(std::span<const std::byte> bytes, Due reply) {
  const auto query = wire::DnsMessage::parse(bytes);
  // Whoever sends what is no query gets no answer.
  if (!query.has_value() || query->response || query->questions.empty()) return;
  log(query->questions.front(), reply);
  auto answer = replies.reply_to(*query, reply.client != 0);
  if (!answer) return;
  if (const auto client = clients_.find(reply.client); client != clients_.end())
    client->second.owe();
  reply.bytes = std::move(answer->bytes);
  due_.emplace(ports_->clock().now() + answer->delay, std::move(reply));
}

void DnsServer::Body::log(const wire::Question& question, const Due& reply) {
  if (queries.size() >= queries_kept_max) return;
  queries.push_back({ports_->clock().now(), to_string(question.name), to_string(question.type),
                     reply.client != 0, reply.remote});
}

bool DnsServer::Body::send_due() {
  const auto end = due_.upper_bound(ports_->clock().now());
  const bool any = end != due_.begin();
  for (auto reply = due_.begin(); reply != end; reply = due_.erase(reply)) send(reply->second);
  return any;
}

void DnsServer::Body::send(const Due& reply) {
  if (reply.client != 0) {
    if (const auto client = clients_.find(reply.client); client != clients_.end())
      client->second.say(reply.bytes);
    return;
  }
  ports::DatagramRun run;
  run.remote = reply.remote;
  run.local = reply.local;
  run.segment_bytes = reply.bytes.size();
  run.bytes = reply.bytes;
  // An answer that cannot be sent is lost; the asker asks again.
  (void)udp_->send(std::span(&run, 1)).has_value();
}

}  // namespace bowline::sim
