#pragma once

#include <bowline/url_cookie.h>

#include "core/http/cookies/cookie.h"

namespace bowline {

struct UrlCookie::Facts {
  core::Cookie cookie;
};

}  // namespace bowline
