#pragma once

#include <optional>
#include <string>

#include <bowline/endpoint.h>
#include <bowline/loop.h>
#include <bowline/parameters.h>
#include <bowline/path.h>

#include "cli/doctor/finding.h"

namespace bowline::cli {

// Each adds what it found.

/// Interfaces, their addresses, routes and routers.
void check_links(Loop& loop, const Path& path, Findings& findings);
/// Each DNS server, by UDP and by TCP, over the interface that told of it.
void check_dns(Loop& loop, const Path& path, Findings& findings);
/// The clock, proxies in the environment, and the kernel's filter of sources.
void check_host(Loop& loop, const Path& path, Findings& findings);
/// Programs that listen on addresses that the host does not have.
void check_listeners(const Path& path, Findings& findings);
/// The way to one host: the path, its name, its echo, and its port unless that is 0.
void check_way(Loop& loop, const Endpoint& endpoint, const Parameters& parameters,
               Findings& findings);
/// Whether something answers in the place of a server that answers 204.
void check_portal(Loop& loop, const Endpoint& url, const Parameters& parameters,
                  Findings& findings);

}  // namespace bowline::cli
