#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/bowline.h>

#include "child.h"

namespace bowline::test {

using namespace std::chrono_literals;

/// Two hosts on a cable, for one test: this process is the near one, and children serve on the far one.
///
/// near      192.0.2.1 and 2001:db8::1, with default routes to the far one
/// far       192.0.2.2 and 2001:db8::2, and 192.0.2.53 for DNS; it forwards nothing, so whatever else one
///           sends there, such as to 198.51.100.0/24, is lost in silence
/// files     /etc/resolv.conf names 192.0.2.53 and /etc/hosts nobody, for this process and its children alone
class Lab : public testing::Test {
 public:
  static constexpr const char* far_v4 = "192.0.2.2";
  static constexpr const char* far_v6 = "2001:db8::2";
  static constexpr const char* near_v6 = "2001:db8::1";
  static constexpr const char* near_v4 = "192.0.2.1";
  static constexpr const char* name = "www.bowline.test";

  /// A command of the shell on either host; a failure fails the test.
  void near(const std::string& command);
  void far(const std::string& command);
  /// Runs on the far host, where sockets that are opened meanwhile stay.
  void on_far(const std::function<void()>& body);
  /// One more cable between the two, whose ends are not up yet.
  void add_cable(const std::string& near_end, const std::string& far_end);
  /// Packets from the near host to the far one meet this rule of nft, before those that were given earlier.
  void far_rule(const std::string& rule);
  /// On both hosts, a file below /proc/sys.
  void set(const std::string& file, const std::string& value);
  /// The private version of /etc/resolv.conf.
  void write_resolv_conf(const std::string& text);

  [[nodiscard]] Child start(const Child::Arguments& arguments) {
    return Child::run(far_, arguments);
  }
  [[nodiscard]] Child start(const std::function<void()>& body) { return Child::call(far_, body); }
  /// Where a server may keep its files; goes with the test.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string write_file(const std::string& name, const std::string& text);

  [[nodiscard]] static Endpoint at(const char* address, std::uint16_t port = 80) {
    return host(address, port);
  }

 protected:
  void SetUp() override;
  void TearDown() override;

 private:
  void make_hosts();
  void make_files();

  int near_ = -1;
  int far_ = -1;
  bool has_rules_ = false;
  std::filesystem::path folder_;
};

/// Whatever a test waits for comes within this, or never.
constexpr Duration patience = 60s;

/// Runs the loop until `done()`; false after `limit`.
[[nodiscard]] bool run_until(Loop& loop, const std::function<bool()>& done,
                             Duration limit = patience);
/// Runs the loop for so long: for tests that nothing happens, and for pacing.
void run_for(Loop& loop, Duration duration);

/// The whole text that an HTTP server gives for `/`, and how the connection came to be.
struct Page {
  std::string text;
  Report report;
};
[[nodiscard]] Result<Page> fetch(Loop& loop, const Endpoint& server, Parameters parameters = {});

/// For failures: one attempt per line.
[[nodiscard]] std::string describe(const Report& report);

}  // namespace bowline::test
