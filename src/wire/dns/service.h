#pragma once

#include <string>
#include <vector>

#include <bowline/result.h>

#include "base/bytes.h"
#include "wire/dns/record.h"

namespace bowline::wire {

/// Reads the data of an SVCB or HTTPS record, to the reader's end.
///
/// errors    malformed: the form is broken, and the whole record set with it (RFC 9460 2.2);
///           protocol_violation: parameters contradict each other, which spoils this record only (2.4.3)
[[nodiscard]] Result<ServiceData> read_service(ByteReader& reader);

/// Writes it; parameters that were given raw are written as they are, even if they make no sense.
void write_service(const ServiceData& data, ByteWriter& into);

/// Takes over the value of a known key into its field; false if it does not have the form that RFC 9460 7
/// and 8 ask for. Unknown keys are left alone.
[[nodiscard]] bool read_service_parameter(ServiceData& data, const ServiceParameter& parameter);

/// What is written: `parameters`, and in ServiceMode the fields that are not among them, in key order.
[[nodiscard]] std::vector<ServiceParameter> all_parameters(const ServiceData& data);

/// Presentation form, RFC 9460 2.1: `1 . alpn="h3,h2" port=8443`.
[[nodiscard]] std::string service_text(const ServiceData& data);

}  // namespace bowline::wire
