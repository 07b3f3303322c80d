#include <bowline/security.h>

#include "api/secure/compose_crypto.h"

namespace bowline {

Result<std::vector<std::byte>> key_from_pass_phrase(std::string_view phrase,
                                                    std::string_view salt) {
  constexpr std::size_t octets_min = 8;
  constexpr std::size_t octets_max = 1024;
  // What OWASP's cheat sheet on password storage asked for in 2023; half a second on a small machine.
  constexpr unsigned rounds = 600'000;
  const auto fits = [](std::string_view text) {
    return text.size() >= octets_min && text.size() <= octets_max;
  };
  if (!fits(phrase))
    return Error(ErrorKind::invalid_argument, "make key", "a pass phrase has 8 to 1024 octets");
  if (!fits(salt))
    return Error(ErrorKind::invalid_argument, "make key", "a salt has 8 to 1024 octets");
  return stretch_pass_phrase(phrase, salt, rounds);
}

}  // namespace bowline
