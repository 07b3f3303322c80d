#include "session/store/public_suffixes.h"

#include <libpsl.h>

#include <string>

namespace bowline::session {

bool is_public_suffix(std::string_view domain) {
  const psl_ctx_t* const list = psl_builtin();
  // Without a list, what has no dot in it is one.
  if (list == nullptr) return !domain.contains('.');
  return psl_is_public_suffix2(list, std::string(domain).c_str(), PSL_TYPE_ANY) != 0;
}

}  // namespace bowline::session
