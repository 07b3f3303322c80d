#include "cli/doctor/sockets_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/host/small_file.h"

namespace bowline::cli {

namespace {

constexpr unsigned tcp_listen = 10;  // include/net/tcp_states.h
constexpr unsigned udp_unconnected = 7;

template <class Number>
std::optional<Number> number_in(std::string_view text, int base) {
  Number number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return fields;
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find(' '), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/// `0100007F:1F90`: words of four octets, each as this machine keeps it, which is little-endian.
std::optional<SocketAddress> address_in(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  const auto port = number_in<std::uint16_t>(text.substr(colon + 1), 16);
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t word = 0; word < colon / 8; ++word) {
    const auto value = number_in<std::uint32_t>(text.substr(word * 8, 8), 16);
    if (!value) return std::nullopt;
    for (std::size_t i = 0; i < 4; ++i)
      octets[word * 4 + i] = static_cast<std::uint8_t>(*value >> (8 * i) & 0xff);
  }
  if (!port) return std::nullopt;
  if (colon == 32) return SocketAddress(IpAddress::v6(octets).unmapped(), *port);
  return SocketAddress(IpAddress::v4({octets[0], octets[1], octets[2], octets[3]}), *port);
}

std::string first_line(const std::string& path) {
  auto text = read_small_file(path);
  if (!text.has_value()) return {};
  return text->substr(0, text->find('\n'));
}

bool holds(const std::filesystem::path& process, const std::string& link) {
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(process / "fd", problem), end;
       !problem && entry != end; entry.increment(problem)) {
    std::error_code unreadable;
    if (std::filesystem::read_symlink(entry->path(), unreadable) == link) return true;
  }
  return false;
}

}  // namespace

std::vector<HostSocket> parse_sockets(std::string_view table, std::string_view protocol) {
  std::vector<HostSocket> sockets;
  bool is_heading = true;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    const auto fields = fields_of(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    if (std::exchange(is_heading, false) || fields.size() < 10) continue;
    const auto local = address_in(fields[1]);
    const auto remote = address_in(fields[2]);
    const auto state = number_in<unsigned>(fields[3], 16);
    const auto user = number_in<unsigned>(fields[7], 10);
    const auto inode = number_in<std::uint64_t>(fields[9], 10);
    if (!local || !remote || !state || !user || !inode) continue;
    const bool listens = protocol == "tcp" ? *state == tcp_listen : *state == udp_unconnected;
    sockets.push_back({std::string(protocol), *local, *remote, listens, *user, *inode});
  }
  return sockets;
}

std::vector<HostSocket> read_sockets() {
  std::vector<HostSocket> sockets;
  for (const std::string_view protocol : {"tcp", "udp"}) {
    for (const std::string_view family : {"", "6"}) {
      const auto text =
          read_small_file("/proc/self/net/" + std::string(protocol) + std::string(family));
      if (!text.has_value()) continue;  // a kernel without IPv6
      for (HostSocket& one : parse_sockets(*text, protocol)) {
        // ::, of IPv6 or of both; /proc does not say which.
        if (family == "6" && one.local.ip.is_unspecified())
          one.local.ip = IpAddress::any(Family::ipv6);
        sockets.push_back(std::move(one));
      }
    }
  }
  return sockets;
}

std::vector<SocketOwner> owners_of(std::uint64_t inode) {
  std::vector<SocketOwner> owners;
  if (inode == 0) return owners;
  const std::string link = "socket:[" + std::to_string(inode) + "]";
  std::error_code problem;
  for (std::filesystem::directory_iterator entry("/proc", problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const auto process = number_in<int>(entry->path().filename().native(), 10);
    if (!process || !holds(entry->path(), link)) continue;
    std::error_code unreadable;
    const auto program = std::filesystem::read_symlink(entry->path() / "exe", unreadable);
    owners.push_back({*process, first_line(entry->path() / "comm"), program.native()});
  }
  return owners;
}

std::string user_name(unsigned user_id) {
  const auto text = read_small_file("/etc/passwd");
  std::string_view rest = text.has_value() ? std::string_view(*text) : std::string_view();
  const std::string number = std::to_string(user_id);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t name_end = line.find(':');
    const std::size_t password_end =
        name_end == std::string_view::npos ? name_end : line.find(':', name_end + 1);
    if (password_end == std::string_view::npos) continue;
    const std::string_view id =
        line.substr(password_end + 1, line.find(':', password_end + 1) - password_end - 1);
    if (id == number) return std::string(line.substr(0, name_end));
  }
  return number;
}

}  // namespace bowline::cli
