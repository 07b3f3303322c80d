#include "ports/network.h"

#include <algorithm>
#include <cerrno>

namespace bowline::ports {

const Interface* NetworkSnapshot::find(std::string_view name) const {
  const auto found = std::ranges::find(interfaces, name, &Interface::name);
  return found != interfaces.end() ? &*found : nullptr;
}

const Interface* NetworkSnapshot::find(std::uint32_t index) const {
  const auto found = std::ranges::find(interfaces, index, &Interface::index);
  return found != interfaces.end() ? &*found : nullptr;
}

Error network_error(int code) {
  if (code != EACCES) return Error::from_errno(code, "connect");
  return {ErrorKind::unreachable, ErrorDomain::posix, code, "connect"};
}

}  // namespace bowline::ports
