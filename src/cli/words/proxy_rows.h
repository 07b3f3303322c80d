#pragma once

#include "cli/words/table.h"

namespace bowline::cli {

// What commands say about proxies: rows of the table.

inline constexpr Option proxy_option{
    0, "proxy", "URL",
    "go through this proxy: http://, https:// or socks5://[USER:PASSWORD@]HOST[:PORT]; it looks "
    "the name up"};
/// Of get and put, which heed the environment.
inline constexpr Option web_proxy_option{
    'x', "proxy", "URL",
    "go through this proxy: http://, https:// or socks5://[USER:PASSWORD@]HOST[:PORT]; as often "
    "as you like, each for when the one before cannot be reached; direct for none, which also "
    "keeps https_proxy, http_proxy and all_proxy from counting"};
inline constexpr Option web_no_proxy_option{
    0, "no-proxy", "HOSTS",
    "but not to these: example.com,10.0.0.0/8,host:8080,* (default: no_proxy of the environment)"};

}  // namespace bowline::cli
