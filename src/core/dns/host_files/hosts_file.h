#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/dns/host_files/config_text.h"
#include "wire/dns/name.h"

namespace bowline::core {

/// A hosts file: hosts(5), of up to 4 GiB. Names are compared without case, as they are written.
///
/// Lists of blockers have hundreds of thousands of lines, and most programs look up a few names: so the first
/// few questions search the text, at a gigabyte a second, and an index of 8 octets per name is made for
/// those who go on asking. What makes no sense is passed over.
///
/// thread    one; questions may make the index
class HostsFile {
 public:
  HostsFile() = default;
  explicit HostsFile(std::string text, InterfaceIndex interface_index = {});

  /// The addresses of a name in the order of the file, each once.
  [[nodiscard]] std::vector<IpAddress> addresses_of(const wire::DnsName& name);
  /// The names of an address in the order of the file, each once: the first is its canonical one. Searches
  /// the whole text.
  [[nodiscard]] std::vector<wire::DnsName> names_of(const IpAddress& address) const;
  /// Lines that are not empty, and have no address in front or no name that is one. Reads the whole text.
  [[nodiscard]] std::size_t count_useless_lines() const;

  [[nodiscard]] bool is_empty() const { return text_.empty(); }
  [[nodiscard]] bool has_index() const { return has_index_; }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t line;  // where it starts
  };

  void make_index();
  [[nodiscard]] std::string_view line_at(std::size_t start) const;
  /// Adds the address of the line that starts there, if it has the name.
  void take_line_of(std::size_t start, std::string_view name, std::vector<IpAddress>& into) const;
  void search(std::string_view name, std::vector<IpAddress>& into) const;

  std::string text_;
  InterfaceIndex interface_index_;
  unsigned searches_ = 0;
  bool has_index_ = false;
  std::vector<Slot> index_;  // by hash, then by line
};

}  // namespace bowline::core
