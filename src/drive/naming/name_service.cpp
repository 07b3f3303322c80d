#include "drive/naming/name_service.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <utility>

#include "base/buffer_pool.h"
#include "base/flag_scope.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

namespace {

core::Resolver::Options resolver_options(Loop& loop) {
  core::Resolver::Options options;
  options.trace = &loop.tracer().is_on();
  return options;
}

/// The servers that the interface's network told of; without any the host's, asked over that interface.
core::ResolverEntry entry_for(const core::ResolverConfig& config, core::ResolverScope scope,
                              const core::LinkFacts* link) {
  core::ResolverEntry entry;
  if (!config.entries.empty()) entry = config.entries.front();
  if (link != nullptr && !link->dns_servers.empty()) entry.servers = link->dns_servers;
  if (link != nullptr && !link->dns_domains.empty()) entry.search = link->dns_domains;
  entry.scope = scope;
  entry.interface_index = scope;
  return entry;
}

/// A server on this host is asked over loopback, whatever interface the answer is for.
std::uint32_t interface_towards(const SocketAddress& server, std::uint32_t wanted) {
  return server.ip.is_loopback() ? 0 : wanted;
}

}  // namespace

/// A socket of the resolver's. When it is closed it may be on the stack, so it dies by a timer of its own.
class NameService::Socket : public ports::SocketObserver {
 public:
  Socket(NameService& service, core::Resolver::SocketId id) : service_(service), id_(id) {}
  virtual ~Socket() = default;
  virtual void close() = 0;

 protected:
  [[nodiscard]] core::Resolver& resolver() { return service_.drained(); }
  [[nodiscard]] Instant now() { return service_.loop_.now(); }
  void pump() { service_.pump(); }

  NameService& service_;
  core::Resolver::SocketId id_;
};

class NameService::DatagramChannel final : public Socket {
 public:
  using Socket::Socket;

  Result<void> send(const core::Resolver::SendDatagram& output) {
    if (!socket_) {
      ports::DatagramOptions options;
      options.connect_to = output.server;
      options.family = output.server.ip.family();
      options.receive_runs = false;
      options.binding.interface_index = interface_towards(output.server, output.interface_index);
      BOWLINE_TRY(socket_, service_.loop_.host().network().open_datagram(options, *this));
    }
    const ports::DatagramRun run{output.server, {}, output.bytes.size(), output.bytes};
    // A full send buffer loses this query, as the network might: the machine repeats it.
    BOWLINE_TRY([[maybe_unused]] const std::size_t sent, socket_->send(std::span(&run, 1)));
    return {};
  }

  void handle_readiness(ports::Readiness readiness) override {
    if (!readiness.readable) return;
    std::array<ports::ReceivedRun, 4> runs;
    while (socket_) {
      const auto received = socket_->receive(runs);
      if (!received.has_value()) {
        resolver().handle_datagram_failure(id_, received.error(), now());
        pump();
        continue;
      }
      for (std::size_t i = 0; i < *received && socket_; ++i) hand_over(runs[i]);
      if (*received < runs.size()) break;
    }
  }

  void close() override { socket_.reset(); }

 private:
  void hand_over(const ports::ReceivedRun& run) {
    const std::size_t step = run.segment_bytes == 0 ? run.bytes.size() : run.segment_bytes;
    std::size_t offset = 0;
    do {
      resolver().handle_datagram(id_, run.bytes.slice(offset, step).bytes(), now());
      pump();
      offset += step;
    } while (offset < run.bytes.size() && socket_);
  }

  std::unique_ptr<ports::DatagramSocket> socket_;
};

class NameService::StreamChannel final : public Socket {
 public:
  using Socket::Socket;

  Result<void> open(const core::Resolver::OpenStream& output) {
    ports::Binding binding;
    binding.interface_index = interface_towards(output.server, output.interface_index);
    ports::StreamOptions options;
    options.speaks_first = true;
    BOWLINE_TRY(auto connecting,
                service_.loop_.host().network().connect(output.server, binding, options, *this));
    if (connecting.done) {
      stream_ = std::move(connecting.socket);
    } else {
      connecting_ = std::move(connecting.socket);
    }
    return {};
  }

  [[nodiscard]] bool is_connected() const { return stream_ != nullptr; }

  Result<void> send(std::span<const std::byte> bytes) {
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
    return flush();
  }

  void handle_readiness(ports::Readiness readiness) override {
    if (connecting_ && readiness.writable && !finish_connect()) return;
    if (!stream_) return;
    if (readiness.writable) {
      if (const auto flushed = flush(); !flushed.has_value()) fail(flushed.error());
    }
    if (readiness.readable) read_all();
    pump();
  }

  void close() override {
    connecting_.reset();
    stream_.reset();
  }

 private:
  bool finish_connect() {
    const auto result = connecting_->finish_connect();
    if (!result.has_value()) {
      fail(result.error());
      pump();
      return false;
    }
    stream_ = std::move(connecting_);
    resolver().handle_stream_open(id_, now());
    pump();
    return stream_ != nullptr;
  }

  Result<void> flush() {
    for (bool blocked = false; stream_ && !unsent_.empty() && !blocked;) {
      const std::span<const std::byte> piece(unsent_);
      BOWLINE_TRY(const ports::Transfer written, stream_->write(std::span(&piece, 1)));
      unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(written.bytes));
      blocked = written.blocked;
    }
    return {};
  }

  void read_all() {
    while (stream_) {
      BufferPool& pool = service_.loop_.buffers();
      const auto room = pool.prepare(4096);
      const auto read = stream_->read(room);
      if (!read.has_value()) return fail(read.error());
      const Buffer bytes = pool.commit(read->bytes);
      if (!bytes.empty()) {
        resolver().handle_stream_data(id_, bytes.bytes(), now());
        pump();
      }
      if (!stream_) return;
      if (read->end)
        return fail(Error(ErrorKind::reset, "dns over tcp", "the server closed the connection"));
      if (read->blocked) return;
    }
  }

  void fail(const Error& error) {
    resolver().handle_stream_failure(id_, error, now());
    service_.retire(id_);
  }

  std::unique_ptr<ports::StreamSocket> connecting_;
  std::unique_ptr<ports::ByteStream> stream_;  // once connected
  std::vector<std::byte> unsent_;
};

NameService::NameService(Loop& loop)
    : loop_(loop), resolver_(resolver_options(loop), loop.host().random()) {}

NameService::~NameService() = default;

Result<core::Resolver::LookupId> NameService::start_lookup(core::Resolver::Lookup lookup,
                                                           Client& client) {
  BOWLINE_TRY_VOID(refresh_config());
  if (lookup.scope == 0 && !lookup.server)
    lookup.scope = loop_.service<PathService>().link_of_name(lookup.name);
  if (lookup.scope != 0 && scopes_.insert(lookup.scope).second) configure();
  const std::size_t types = lookup.types.size();
  auto id = drained().start_lookup(std::move(lookup), loop_.now());
  if (id.has_value()) running_.emplace(*id, Running{&client, types});
  {
    // Answers known at once wait for the timer: the caller is not ready for them here.
    const FlagScope dispatching(dispatching_);
    pump();
  }
  if (!answers_.empty()) loop_.timers().set(dispatch_timer_, loop_.now());
  return id;
}

void NameService::cancel_lookup(core::Resolver::LookupId id) noexcept {
  if (running_.erase(id) == 0) return;
  try {
    drained().cancel_lookup(id, loop_.now());
    pump();
  } catch (const std::bad_alloc&) {
    loop_.timers().set(timer_, loop_.now());
  }
}

void NameService::handle_network_change(const NetworkChange& change) {
  (void)refresh_config();
  reconsider_links();
  const auto drop_if_concerned = [&](core::ResolverScope scope) {
    const auto servers = resolver_.servers_of(scope);
    const bool concerned = std::ranges::any_of(servers, [&](const SocketAddress& server) {
      return change.affects(server.ip, interface_towards(server, scope));
    });
    // What servers of the whole host say may depend on where the host is.
    if (concerned || (scope == 0 && change.affects_defaults()))
      drained().flush_cache(scope, loop_.now());
  };
  drop_if_concerned(0);
  for (const core::ResolverScope scope : scopes_) drop_if_concerned(scope);
  pump();
}

/// A link may have other servers now than it had, or may be another one.
void NameService::reconsider_links() {
  if (scopes_.empty()) return;
  PathService& paths = loop_.service<PathService>();
  for (std::size_t i = 0; const core::ResolverScope scope : scopes_) {
    // Behind the host's own entries, in the order of the scopes.
    const std::size_t at = asked_.size() - scopes_.size() + i++;
    if (entry_for(config_, scope, paths.facts_of(scope)) != asked_[at]) return configure();
  }
}

void NameService::configure() {
  core::ResolverConfig config = config_;
  PathService& paths = loop_.service<PathService>();
  for (const core::ResolverScope scope : scopes_)
    config.entries.push_back(entry_for(config_, scope, paths.facts_of(scope)));
  asked_ = config.entries;
  drained().configure(std::move(config), loop_.now());
}

/// The machine, ready for a command or an input. It is drained already, unless a lack of memory interrupted
/// that.
core::Resolver& NameService::drained() {
  while (auto output = resolver_.poll()) std::visit([this](auto& value) { act(value); }, *output);
  return resolver_;
}

void NameService::pump() {
  do {
    static_cast<void>(drained());
  } while (report_outcome());
  loop_.timers().set(timer_, resolver_.deadline());
  dispatch();
}

/// What came of sockets while outputs were carried out are inputs of their own, once they are drained.
bool NameService::report_outcome() {
  if (outcomes_.empty()) return false;
  const Outcome outcome = std::move(outcomes_.front());
  outcomes_.pop_front();
  if (!outcome.error.has_value()) {
    resolver_.handle_stream_open(outcome.socket, loop_.now());
  } else if (outcome.is_stream) {
    resolver_.handle_stream_failure(outcome.socket, *outcome.error, loop_.now());
    retire(outcome.socket);
  } else {
    resolver_.handle_datagram_failure(outcome.socket, *outcome.error, loop_.now());
  }
  return true;
}

void NameService::dispatch() {
  if (dispatching_) return;
  const FlagScope dispatching(dispatching_);
  while (!answers_.empty()) {
    const core::Resolver::Answered answered = std::move(answers_.front());
    answers_.pop_front();
    const auto found = running_.find(answered.lookup);
    if (found == running_.end()) continue;
    Client* client = found->second.client;
    if (answered.answer.final && --found->second.types_left == 0) running_.erase(found);
    client->handle_answer(answered.lookup, answered.answer);
  }
}

void NameService::act(core::Resolver::SendDatagram& output) {
  auto found = sockets_.find(output.socket);
  if (found == sockets_.end()) {
    auto channel = std::make_unique<DatagramChannel>(*this, output.socket);
    found = sockets_.emplace(output.socket, std::move(channel)).first;
  }
  const auto sent = static_cast<DatagramChannel&>(*found->second).send(output);
  if (!sent.has_value()) outcomes_.push_back({output.socket, false, sent.error()});
}

void NameService::act(core::Resolver::OpenStream& output) {
  auto channel = std::make_unique<StreamChannel>(*this, output.socket);
  StreamChannel& opened = *channel;
  sockets_[output.socket] = std::move(channel);
  const auto result = opened.open(output);
  if (!result.has_value()) {
    outcomes_.push_back({output.socket, true, result.error()});
  } else if (opened.is_connected()) {
    outcomes_.push_back({output.socket, true, std::nullopt});
  }
}

void NameService::act(core::Resolver::SendStream& output) {
  const auto found = sockets_.find(output.socket);
  if (found == sockets_.end()) return;
  const auto sent = static_cast<StreamChannel&>(*found->second).send(output.bytes);
  if (!sent.has_value()) outcomes_.push_back({output.socket, true, sent.error()});
}

void NameService::act(core::Resolver::CloseSocket& output) { retire(output.socket); }

/// The machine knows the socket no more: it was told of its failure, or has asked to close it.
void NameService::retire(core::Resolver::SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  found->second->close();
  closed_sockets_.insert(sockets_.extract(found));
  loop_.timers().set(burial_timer_, loop_.now());
}

void NameService::act(core::Resolver::Answered& output) { answers_.push_back(std::move(output)); }

void NameService::act(core::TraceNote& output) { loop_.tracer().emit(loop_.now(), "R", output); }

void NameService::bury() { closed_sockets_.clear(); }

void NameService::handle_timer() {
  drained().handle_timeout(loop_.now());
  pump();
}

}  // namespace bowline::drive
