#include "lab.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "measure.h"

namespace bowline::test {

namespace {

constexpr const char* quiet_ipv6[] = {"accept_dad", "dad_transmits", "router_solicitations",
                                      "accept_ra"};

void run_command(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

void write_to(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  ASSERT_TRUE(file.good()) << path << " " << text;
}

/// Waits until `address` is this host's own.
std::string until_own(const std::string& address) {
  return "timeout 20 sh -c 'until ip route get " + address + " | grep -q ^local; do :; done'";
}

std::string until_groups_lead_to(const std::string& interface) {
  return "timeout 20 sh -c 'until ip -6 route show table local dev " + interface +
         " | grep -q ff00; do :; done'";
}

int open_network() { return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

}  // namespace

void Lab::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make network namespaces";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): between tests there is one thread.
  ::setenv("PATH", (std::string(::getenv("PATH")) + ":/usr/sbin:/sbin").c_str(), 1);
  for (const char* tool : {"ip", "nft", "nginx", "unbound", "dnsmasq", "/usr/bin/python3"})
    if (std::system((std::string("command -v ") + tool + " >/dev/null").c_str()) != 0)
      GTEST_SKIP() << "needs " << tool << " (scripts/setup.sh test)";
  // The figures are about Bowline, and not about what else this machine does.
  ::setpriority(PRIO_PROCESS, 0, -15);
  make_hosts();
  if (!HasFatalFailure()) make_files();
}

void Lab::TearDown() {
  if (!folder_.empty()) {
    ::umount("/etc/resolv.conf");
    ::umount("/etc/hosts");
    std::filesystem::remove_all(folder_);
  }
  for (const int network : {near_, far_})
    if (network >= 0) ::close(network);
}

/// The far host's namespace lives by our descriptor of it, and by its children.
void Lab::make_hosts() {
  for (int* network : {&far_, &near_}) {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    *network = open_network();
    for (const char* file : quiet_ipv6)
      write_to(std::string("/proc/sys/net/ipv6/conf/default/") + file, "0");
    // Bulk over BBR needs a queue that kernels may lack; this one is in every kernel, and free for all.
    write_to("/proc/sys/net/ipv4/tcp_congestion_control", "reno");
  }
  near("ip link add near type veth peer name far netns /proc/" + std::to_string(::getpid()) +
       "/fd/" + std::to_string(far_));
  far("printf 'link set lo up\naddress add 192.0.2.2/24 dev far\naddress add 192.0.2.53/24 dev "
      "far\n"
      "address add 2001:db8::2/64 dev far nodad\nlink set far up\n' | ip -batch -");
  near(
      "printf 'link set lo up\naddress add 192.0.2.1/24 dev near\naddress add 2001:db8::1/64 dev "
      "near nodad\n"
      "link set near up\nroute add default via 192.0.2.2\nroute add default via 2001:db8::2\n' | "
      "ip -batch "
      "-");
  // The kernel notices a little later that a veth is up, and until then knows neither its IPv6 addresses nor
  // where IPv6's groups are.
  near(until_own(near_v6));
  far(until_own(far_v6));
  near(until_groups_lead_to("near"));
  far(until_groups_lead_to("far"));
}

void Lab::make_files() {
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  std::string pattern = (std::filesystem::temp_directory_path() / "bowline-netns-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  const std::string resolv_conf = write_file("resolv.conf", "nameserver 192.0.2.53\n");
  const std::string hosts = write_file("hosts", "127.0.0.1 localhost\n::1 localhost\n");
  ASSERT_EQ(::mount(resolv_conf.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(::mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr), 0);
}

void Lab::near(const std::string& command) { run_command(command); }

void Lab::far(const std::string& command) {
  on_far([&] { run_command(command); });
}

void Lab::on_far(const std::function<void()>& body) {
  ASSERT_EQ(::setns(far_, CLONE_NEWNET), 0);
  body();
  ASSERT_EQ(::setns(near_, CLONE_NEWNET), 0);
}

void Lab::add_cable(const std::string& near_end, const std::string& far_end) {
  near("ip link add " + near_end + " type veth peer name " + far_end + " netns /proc/" +
       std::to_string(::getpid()) + "/fd/" + std::to_string(far_));
}

void Lab::far_rule(const std::string& rule) {
  if (!has_rules_)
    far("nft 'add table inet lab; add chain inet lab arriving { type filter hook input priority 0; "
        "}'");
  has_rules_ = true;
  far("nft 'insert rule inet lab arriving " + rule + "'");
}

void Lab::set(const std::string& file, const std::string& value) {
  for (const int network : {far_, near_}) {
    ASSERT_EQ(::setns(network, CLONE_NEWNET), 0);
    write_to("/proc/sys/" + file, value);
  }
}

void Lab::write_resolv_conf(const std::string& text) { write_to(folder_ / "resolv.conf", text); }

std::string Lab::write_file(const std::string& file, const std::string& text) {
  write_to(folder_ / file, text);
  return (folder_ / file).string();
}

bool run_until(Loop& loop, const std::function<bool()>& done, Duration limit) {
  const Stopwatch watch;
  while (!done()) {
    loop.run_ready();
    if (done()) return true;
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(limit - watch.elapsed());
    if (rest <= 0ms) return false;
    pollfd waiting{loop.descriptor(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(rest.count()));
  }
  return true;
}

void run_for(Loop& loop, Duration duration) {
  static_cast<void>(run_until(loop, [] { return false; }, duration));
}

Result<Page> fetch(Loop& loop, const Endpoint& server, Parameters parameters) {
  if (parameters.connect_within() == Parameters().connect_within())
    parameters.connect_within(patience);
  StreamConnection connection = connect(loop, server, tcp(), std::move(parameters));
  BOWLINE_TRY_VOID(connection.send("GET / HTTP/1.0\r\nHost: www.bowline.test\r\n\r\n").wait());
  Page page;
  for (;;) {
    BOWLINE_TRY(const Message message, connection.receive().wait());
    page.text += message.text();
    if (message.end_of_stream()) break;
  }
  page.report = connection.report();
  BOWLINE_TRY_VOID(connection.close().wait());
  return page;
}

std::string describe(const Report& report) {
  std::string text = "total " + to_string(report.total());
  for (const Resolution& resolution : report.resolutions())
    text += "\n  " + resolution.type() + " " + to_string(resolution.status()) + " at " +
            to_string(resolution.started() + resolution.duration());
  for (const Attempt& attempt : report.attempts())
    text += "\n  " + to_string(attempt.remote()) + " " + to_string(attempt.outcome()) + " " +
            to_string(attempt.started()) + " to " + to_string(attempt.ended().value_or(Duration()));
  return text;
}

}  // namespace bowline::test
