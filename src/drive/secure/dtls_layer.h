#pragma once

#include <memory>

#include "drive/datagram/datagram_layer.h"
#include "drive/secure/security_settings.h"

namespace bowline::drive {

/// DTLS 1.2 on datagrams. A server answers first datagrams with a cookie and keeps nothing of them (RFC
/// 6347 4.2.1).
[[nodiscard]] std::shared_ptr<const DatagramProtocol> dtls_protocol(
    std::shared_ptr<const SecuritySettings> settings);

}  // namespace bowline::drive
