#pragma once

#include <optional>
#include <string>
#include <vector>

#include <bowline/loop.h>
#include <bowline/resolver.h>

#include "cli/output/exit_status.h"
#include "cli/output/json.h"

namespace bowline::cli {

/// Walks from the root of the name space to the servers that know a name, asking each for what it knows
/// itself, as `dig +trace` does. The host's resolver only says who the root servers are, and where servers
/// are that a referral names without addresses.
///
/// At most 24 referrals, each of which must lead further down; of each zone at most 8 servers are asked.
class TraceWalk {
 public:
  struct Server {
    std::string name;
    SocketAddress address;
  };
  /// One server's answer.
  struct Step {
    std::string zone;  ///< that the server was asked as one of
    Server server;
    Resolution resolution;
    std::string next_zone;           ///< that it refers to; empty if to none
    std::vector<std::string> names;  ///< of the servers that it refers to
  };

  TraceWalk(Loop& loop, std::string name, std::string type, LookupOptions resolver);

  /// Runs the loop until the walk has ended. Each step is shown as it comes, unless `silently`.
  void run(bool silently);
  [[nodiscard]] Exit exit_status() const;
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  void write(Json& json) const;

 private:
  bool start_at_the_root();
  bool ask_zone(const std::string& zone, const std::vector<std::string>& names);
  bool take_step(const std::string& zone, const Server& server, Resolution answer);
  [[nodiscard]] std::vector<Server> servers_of(const std::vector<std::string>& names);
  [[nodiscard]] std::vector<Resolution> ask(const std::string& name,
                                            const std::vector<std::string>& types,
                                            LookupOptions options);
  void show(const Step& step) const;

  Loop& loop_;
  std::string name_;  // absolute
  std::string type_;
  LookupOptions resolver_;
  std::vector<ResolvedRecord> glue_;  // addresses that came with the last referral
  std::vector<Step> steps_;
  std::optional<Error> error_;
  bool silently_ = false;
  bool interrupted_ = false;
};

}  // namespace bowline::cli
