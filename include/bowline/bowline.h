#pragma once

// Everything but coroutines (bowline/async.h), Asio (bowline/asio.h) and the simulator (bowline/sim/).

#include <bowline/certificate.h>
#include <bowline/connection.h>
#include <bowline/connection_group.h>
#include <bowline/framed_stacks.h>
#include <bowline/http_fields.h>
#include <bowline/http_listener.h>
#include <bowline/listener.h>
#include <bowline/path_monitor.h>
#include <bowline/prober.h>
#include <bowline/resident.h>
#include <bowline/resolver.h>
#include <bowline/security.h>
#include <bowline/session_configuration.h>
#include <bowline/several.h>
#include <bowline/standard_input.h>
#include <bowline/trace.h>
#include <bowline/url.h>
#include <bowline/url_session.h>
#include <bowline/websocket.h>
