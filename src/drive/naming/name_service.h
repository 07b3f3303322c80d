#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include <bowline/report.h>

#include "core/dns/host_files/hosts_file.h"
#include "core/dns/host_files/resolv_conf.h"
#include "core/dns/resolver.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// The loop's resolver: the machine of core/dns on this host's sockets and configuration files.
///
/// resolv.conf and hosts are looked at before each lookup and read again when they changed.
class NameService final : public Service {
 public:
  /// Told of answers; never from inside start_lookup.
  class Client {
   public:
    virtual void handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) = 0;

   protected:
    ~Client() = default;
  };

  explicit NameService(Loop& loop);
  ~NameService() override;

  /// `client` outlives the lookup: until each type had its final answer, or cancel_lookup.
  [[nodiscard]] Result<core::Resolver::LookupId> start_lookup(core::Resolver::Lookup lookup,
                                                              Client& client);
  /// Without memory, what it leads to comes later.
  void cancel_lookup(core::Resolver::LookupId id) noexcept;
  [[nodiscard]] const core::ResolverConfig& config();
  /// Whom lookups in this scope ask by now.
  [[nodiscard]] std::vector<SocketAddress> servers_of(core::ResolverScope scope) const {
    return resolver_.servers_of(scope);
  }
  /// Drops the answers of servers that are reached in another way now.
  void handle_network_change(const NetworkChange& change) override;

 private:
  class Socket;
  class DatagramChannel;
  class StreamChannel;
  /// What came of a socket while outputs were carried out.
  struct Outcome {
    core::Resolver::SocketId socket;
    bool is_stream;
    std::optional<Error> error;  // none: it is open
  };
  struct Running {
    Client* client;
    std::size_t types_left;
  };

  Result<void> refresh_config();
  [[nodiscard]] Result<core::ResolverConfig> read_config();
  [[nodiscard]] Result<std::shared_ptr<core::HostsFile>> hosts_as_of(
      std::uint64_t version, const core::InterfaceIndex& index_of);
  [[nodiscard]] core::ResolvConfContext resolv_conf_context();
  [[nodiscard]] Result<std::string> read_lines(std::string_view path, std::size_t bytes_max);
  void note_unused(std::string_view path, std::string_view what);
  void configure();
  void reconsider_links();
  [[nodiscard]] core::Resolver& drained();
  void pump();
  [[nodiscard]] bool report_outcome();
  void retire(core::Resolver::SocketId id);
  void dispatch();
  void bury();
  void act(core::Resolver::SendDatagram& output);
  void act(core::Resolver::OpenStream& output);
  void act(core::Resolver::SendStream& output);
  void act(core::Resolver::CloseSocket& output);
  void act(core::Resolver::Answered& output);
  void act(core::TraceNote& output);
  void handle_timer();

  Loop& loop_;
  core::Resolver resolver_;
  core::ResolverConfig config_;
  std::vector<core::ResolverEntry> asked_;  // as configured last
  std::uint64_t config_version_ = 0;
  std::uint64_t hosts_version_ = 0;
  bool no_reload_ = false;
  bool configured_ = false;
  std::set<core::ResolverScope> scopes_;  // interfaces that connections were restricted to
  using Sockets = std::map<core::Resolver::SocketId, std::unique_ptr<Socket>>;
  Sockets sockets_;
  Sockets closed_sockets_;  // may be on the stack: die by a timer
  std::unordered_map<core::Resolver::LookupId, Running> running_;
  std::deque<core::Resolver::Answered> answers_;
  std::deque<Outcome> outcomes_;
  bool dispatching_ = false;
  MemberTimer<NameService, &NameService::handle_timer> timer_{*this};
  MemberTimer<NameService, &NameService::dispatch> dispatch_timer_{*this};
  MemberTimer<NameService, &NameService::bury> burial_timer_{*this};
};

/// The report's form of an answer; times count from `origin`.
[[nodiscard]] Resolution to_resolution(const core::Answer& answer, Instant origin);

}  // namespace bowline::drive
