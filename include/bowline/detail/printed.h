#pragma once

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/connection_state.h>
#include <bowline/endpoint.h>
#include <bowline/error.h>
#include <bowline/message.h>
#include <bowline/path.h>
#include <bowline/report.h>
#include <bowline/resident.h>

#include <concepts>

namespace bowline::detail {

template <class T, class... Kinds>
concept OneOf = (std::same_as<T, Kinds> || ...);

/// The values that have a `to_string`, which streams and fmt print by it. Named one by one, so that no type
/// of anybody else's is caught.
template <class T>
concept Printed =
    OneOf<T, Family, IpAddress, IpPrefix, SocketAddress, Endpoint> ||
    OneOf<T, Error, ErrorKind, ErrorDomain, ConnectionState> ||
    OneOf<T, Buffer, Message, MessageBatch> ||
    OneOf<T, InterfaceType, InterfaceAddress, Interface, Route, Path> ||
    OneOf<T, ResolutionStatus, ResolutionSource, ResolverTransport, ResolvedRecord, Resolution> ||
    OneOf<T, AttemptOutcome, Attempt, Handshake, Report> ||
    OneOf<T, ResidentKind, ResidentSnapshot>;

}  // namespace bowline::detail
