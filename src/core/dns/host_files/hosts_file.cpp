#include "core/dns/host_files/hosts_file.h"

#include <set>
#include <utility>

#include "wire/dns/name.h"

namespace bowline::core {

namespace {

class HostsReader {
 public:
  explicit HostsReader(const InterfaceIndex& interface_index) : interface_index_(interface_index) {}

  void take(std::string_view line) {
    const auto words = words_of_line(line.substr(0, line.find('#')));
    if (words.empty()) return;
    const auto address = address_with_zone(words.front(), interface_index_);
    bool useful = false;
    for (std::size_t i = 1; address.has_value() && i < words.size(); ++i)
      useful |= add(words[i], *address);
    if (!useful) ++file_.lines_skipped;
  }
  HostsFile finish() { return std::move(file_); }

 private:
  bool add(std::string_view text, const IpAddress& address) {
    const auto name = wire::DnsName::parse(text);
    if (!name.has_value() || name->is_root()) return false;
    std::string key = to_string(name->folded());
    if (seen_.size() >= HostsFile::entries_max)
      file_.entries_dropped += seen_.contains({key, address}) ? 0 : 1;
    else if (seen_.emplace(key, address).second)
      file_.hosts.emplace(std::move(key), address);
    return true;
  }

  const InterfaceIndex& interface_index_;
  std::set<std::pair<std::string, IpAddress>> seen_;
  HostsFile file_;
};

}  // namespace

HostsFile parse_hosts_file(std::string_view text, const InterfaceIndex& interface_index) {
  HostsReader reader(interface_index);
  while (!text.empty()) reader.take(take_line(text));
  return reader.finish();
}

}  // namespace bowline::core
