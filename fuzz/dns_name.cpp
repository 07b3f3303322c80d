// DNS names: from text and from the wire, to text and to the wire, and always the same name.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "require.h"
#include "wire/dns/name.h"
#include "wire/dns/name_wire.h"

namespace {

using namespace bowline;
using namespace bowline::wire;

void check_name(const DnsName& name) {
  require(name.wire().size() <= 255);
  const auto again = DnsName::parse(to_string(name));
  require(again.has_value() && again->wire() == name.wire());
  require(name.folded() == name && name.is_within(name) && name.is_within(DnsName()));
  if (const auto joined = name.with_suffix(name); joined.has_value()) {
    require(joined->is_within(name) && joined->label_count() == 2 * name.label_count());
    // Twice the same suffix: the second is a pointer.
    std::vector<std::byte> bytes;
    ByteWriter into(bytes);
    NameWriter writer(into);
    writer.write(name);
    writer.write(*joined);
    ByteReader reader(bytes);
    require(read_name(reader, Pointers::follow).value().wire() == name.wire());
    require(read_name(reader, Pointers::follow).value().wire() == joined->wire());
    require(reader.empty());
  }
}

}  // namespace

int fuzz_dns_name(std::span<const std::byte> input) {
  if (const auto name = DnsName::parse(as_text(input)); name.has_value()) check_name(*name);
  // All names of a message, one after the other.
  for (ByteReader reader(input); !reader.empty();) {
    const std::size_t start = reader.offset();
    const auto name = read_name(reader, Pointers::follow);
    if (!name.has_value()) break;
    check_name(*name);
    require(reader.offset() > start);
  }
  return 0;
}
