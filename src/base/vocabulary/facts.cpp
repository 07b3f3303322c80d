#include <bowline/detail/facts.h>

#include <ranges>
#include <utility>

namespace bowline {

namespace {

/// A value that was never filled, or is moved from, tells the defaults.
template <class Facts>
const Facts& facts_of(const std::shared_ptr<const Facts>& facts) {
  static const Facts none;
  return facts ? *facts : none;
}

}  // namespace

ResolvedRecord::ResolvedRecord(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const ResolvedRecord::Facts& ResolvedRecord::facts() const { return facts_of(facts_); }
const std::string& ResolvedRecord::data() const { return facts().data; }
const std::string& ResolvedRecord::name() const { return facts().name; }
const std::string& ResolvedRecord::type() const { return facts().type; }
const std::optional<IpAddress>& ResolvedRecord::address() const { return facts().address; }
std::uint32_t ResolvedRecord::ttl_seconds() const { return facts().ttl_seconds; }

Resolution::Resolution(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Resolution::Facts& Resolution::facts() const { return facts_of(facts_); }
const std::string& Resolution::name() const { return facts().name; }
const std::string& Resolution::type() const { return facts().type; }
ResolutionSource Resolution::source() const { return facts().source; }
ResolverTransport Resolution::transport() const { return facts().transport; }
const std::optional<SocketAddress>& Resolution::server() const { return facts().server; }
Duration Resolution::started() const { return facts().started; }
Duration Resolution::duration() const { return facts().duration; }
ResolutionStatus Resolution::status() const { return facts().status; }
bool Resolution::is_stale() const { return facts().stale; }
const std::vector<ResolvedRecord>& Resolution::records() const& { return facts().records; }
std::vector<ResolvedRecord> Resolution::records() && { return facts().records; }
const std::vector<std::string>& Resolution::answers() const& { return facts().answers; }
std::vector<std::string> Resolution::answers() && { return facts().answers; }
const std::vector<IpAddress>& Resolution::addresses() const& { return facts().addresses; }
std::vector<IpAddress> Resolution::addresses() && { return facts().addresses; }
const std::string& Resolution::canonical_name() const { return facts().canonical_name; }
std::uint32_t Resolution::ttl_seconds() const { return facts().ttl_seconds; }
const std::optional<Error>& Resolution::error() const { return facts().error; }
const std::string& Resolution::response_code() const { return facts().response_code; }
const std::string& Resolution::flags() const { return facts().flags; }
const std::string& Resolution::edns() const { return facts().edns; }
bool Resolution::is_referral() const { return facts().referral; }
const std::vector<std::string>& Resolution::remarks() const& { return facts().remarks; }
std::vector<std::string> Resolution::remarks() && { return facts().remarks; }
std::size_t Resolution::records_left_out() const { return facts().records_left_out; }
const std::vector<ResolvedRecord>& Resolution::authorities() const& { return facts().authorities; }
std::vector<ResolvedRecord> Resolution::authorities() && { return facts().authorities; }
const std::vector<ResolvedRecord>& Resolution::additional() const& { return facts().additional; }
std::vector<ResolvedRecord> Resolution::additional() && { return facts().additional; }

Attempt::Attempt(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Attempt::Facts& Attempt::facts() const { return facts_of(facts_); }
const std::string& Attempt::id() const { return facts().id; }
const SocketAddress& Attempt::remote() const { return facts().remote; }
const std::string& Attempt::protocol() const { return facts().protocol; }
Duration Attempt::started() const { return facts().started; }
std::optional<Duration> Attempt::ended() const { return facts().ended; }
AttemptOutcome Attempt::outcome() const { return facts().outcome; }
const std::optional<Error>& Attempt::error() const { return facts().error; }
const std::optional<SecurityReport>& Attempt::security() const { return facts().security; }

Handshake::Handshake(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Handshake::Facts& Handshake::facts() const { return facts_of(facts_); }
const std::string& Handshake::protocol() const { return facts().protocol; }
Duration Handshake::duration() const { return facts().duration; }
std::optional<Duration> Handshake::rtt() const { return facts().rtt; }
const std::vector<std::pair<std::string, std::string>>& Handshake::details() const {
  return facts().details;
}
const std::optional<SecurityReport>& Handshake::security() const { return facts().security; }

Report::Report(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Report::Facts& Report::facts() const { return facts_of(facts_); }
const std::string& Report::id() const { return facts().id; }
const Endpoint& Report::endpoint() const { return facts().endpoint; }
const std::vector<std::string>& Report::stack() const& { return facts().stack; }
std::vector<std::string> Report::stack() && { return facts().stack; }
const std::optional<SocketAddress>& Report::remote() const { return facts().remote; }
const std::optional<SocketAddress>& Report::local() const { return facts().local; }
const std::string& Report::interface() const { return facts().interface; }
Duration Report::total() const { return facts().total; }
std::size_t Report::previous_attempts() const { return facts().previous_attempts; }
const std::vector<Resolution>& Report::resolutions() const& { return facts().resolutions; }
std::vector<Resolution> Report::resolutions() && { return facts().resolutions; }
const std::vector<Attempt>& Report::attempts() const& { return facts().attempts; }
std::vector<Attempt> Report::attempts() && { return facts().attempts; }
const std::vector<Handshake>& Report::handshakes() const& { return facts().handshakes; }
std::vector<Handshake> Report::handshakes() && { return facts().handshakes; }
const std::optional<Error>& Report::error() const { return facts().error; }

InterfaceAddress::InterfaceAddress(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const InterfaceAddress::Facts& InterfaceAddress::facts() const { return facts_of(facts_); }
const IpPrefix& InterfaceAddress::prefix() const { return facts().prefix; }
const IpAddress& InterfaceAddress::address() const { return facts().address; }
bool InterfaceAddress::is_deprecated() const { return facts().deprecated; }
bool InterfaceAddress::is_temporary() const { return facts().temporary; }
bool InterfaceAddress::is_tentative() const { return facts().tentative; }

Interface::Interface(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Interface::Facts& Interface::facts() const { return facts_of(facts_); }
std::uint32_t Interface::index() const { return facts().index; }
const std::string& Interface::name() const { return facts().name; }
InterfaceType Interface::type() const { return facts().type; }
bool Interface::is_up() const { return facts().up; }
bool Interface::is_running() const { return facts().running; }
std::uint32_t Interface::mtu() const { return facts().mtu; }
const std::vector<InterfaceAddress>& Interface::addresses() const& { return facts().addresses; }
std::vector<InterfaceAddress> Interface::addresses() && { return facts().addresses; }
bool Interface::is_expensive() const { return facts().expensive; }
bool Interface::is_constrained() const { return facts().constrained; }
bool Interface::is_ultra_constrained() const { return facts().ultra_constrained; }
const std::vector<SocketAddress>& Interface::dns_servers() const& { return facts().dns_servers; }
std::vector<SocketAddress> Interface::dns_servers() && { return facts().dns_servers; }
const std::vector<std::string>& Interface::dns_domains() const& { return facts().dns_domains; }
std::vector<std::string> Interface::dns_domains() && { return facts().dns_domains; }
const std::optional<IpPrefix>& Interface::nat64_prefix() const { return facts().nat64_prefix; }

Route::Route(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Route::Facts& Route::facts() const { return facts_of(facts_); }
const IpPrefix& Route::destination() const { return facts().destination; }
const std::optional<IpAddress>& Route::gateway() const { return facts().gateway; }
std::uint32_t Route::interface_index() const { return facts().interface_index; }
std::uint32_t Route::metric() const { return facts().metric; }

DataTransferReport::DataTransferReport(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const DataTransferReport::Facts& DataTransferReport::facts() const { return facts_of(facts_); }
const std::string& DataTransferReport::interface() const { return facts().interface; }
Duration DataTransferReport::duration() const { return facts().duration; }
std::uint64_t DataTransferReport::bytes_sent() const { return facts().bytes_sent; }
std::uint64_t DataTransferReport::bytes_acknowledged() const { return facts().bytes_acknowledged; }
std::uint64_t DataTransferReport::bytes_received() const { return facts().bytes_received; }
std::uint64_t DataTransferReport::bytes_retransmitted() const {
  return facts().bytes_retransmitted;
}
std::uint64_t DataTransferReport::packets_sent() const { return facts().packets_sent; }
std::uint64_t DataTransferReport::packets_received() const { return facts().packets_received; }
std::uint64_t DataTransferReport::packets_retransmitted() const {
  return facts().packets_retransmitted;
}
std::uint64_t DataTransferReport::duplicates_reported() const {
  return facts().duplicates_reported;
}
std::uint64_t DataTransferReport::packets_out_of_order() const {
  return facts().packets_out_of_order;
}
std::uint64_t DataTransferReport::reorderings_seen() const { return facts().reorderings_seen; }
std::optional<Duration> DataTransferReport::smoothed_rtt() const { return facts().smoothed_rtt; }
std::optional<Duration> DataTransferReport::minimum_rtt() const { return facts().minimum_rtt; }
std::optional<Duration> DataTransferReport::rtt_variance() const { return facts().rtt_variance; }

GroupMessage::GroupMessage(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const GroupMessage::Facts& GroupMessage::facts() const { return facts_of(facts_); }
const Message& GroupMessage::message() const { return facts().message; }
const SocketAddress& GroupMessage::sender() const { return facts().sender; }
const IpAddress& GroupMessage::destination() const { return facts().destination; }
std::uint32_t GroupMessage::interface_index() const { return facts().interface_index; }

ProbeReply::ProbeReply(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const ProbeReply::Facts& ProbeReply::facts() const { return facts_of(facts_); }
ProbeOutcome ProbeReply::outcome() const { return facts().outcome; }
const std::optional<IpAddress>& ProbeReply::from() const { return facts().from; }
Duration ProbeReply::round_trip() const { return facts().round_trip; }
const std::optional<std::uint8_t>& ProbeReply::hop_limit() const { return facts().hop_limit; }

UnsatisfiedReason::UnsatisfiedReason(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const UnsatisfiedReason::Facts& UnsatisfiedReason::facts() const { return facts_of(facts_); }
PathProblem UnsatisfiedReason::problem() const { return facts().problem; }
const std::string& UnsatisfiedReason::interface() const { return facts().interface; }

Path::Path(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Path::Facts& Path::facts() const { return facts_of(facts_); }
bool Path::is_satisfied() const { return facts().satisfied; }
bool Path::supports_ipv4() const { return facts().supports_ipv4; }
bool Path::supports_ipv6() const { return facts().supports_ipv6; }
bool Path::supports_dns() const { return facts().supports_dns; }
const std::vector<Interface>& Path::interfaces() const& { return facts().interfaces; }
std::vector<Interface> Path::interfaces() && { return facts().interfaces; }
const std::vector<Route>& Path::routes() const& { return facts().routes; }
std::vector<Route> Path::routes() && { return facts().routes; }
const std::vector<SocketAddress>& Path::dns_servers() const& { return facts().dns_servers; }
std::vector<SocketAddress> Path::dns_servers() && { return facts().dns_servers; }
const std::vector<std::string>& Path::search_domains() const& { return facts().search_domains; }
std::vector<std::string> Path::search_domains() && { return facts().search_domains; }
const std::vector<UnsatisfiedReason>& Path::unsatisfied_reasons() const& {
  return facts().unsatisfied_reasons;
}
std::vector<UnsatisfiedReason> Path::unsatisfied_reasons() && {
  return facts().unsatisfied_reasons;
}

std::optional<SecurityReport> Report::security() const {
  for (const Handshake& one : facts().handshakes | std::views::reverse)
    if (one.security()) return one.security();
  if (!error()) return std::nullopt;
  for (const Attempt& one : facts().attempts | std::views::reverse)
    if (one.security()) return one.security();
  return std::nullopt;
}

Report Report::with_error(Error error) const {
  Facts changed = facts();
  changed.error = std::move(error);
  return Report(std::move(changed));
}

ResidentSnapshot::ResidentSnapshot(Facts&& facts)
    : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const ResidentSnapshot::Facts& ResidentSnapshot::facts() const { return facts_of(facts_); }
const std::string& ResidentSnapshot::id() const { return facts().id; }
ResidentKind ResidentSnapshot::kind() const { return facts().kind; }
const std::string& ResidentSnapshot::state() const { return facts().state; }
const std::string& ResidentSnapshot::endpoint() const { return facts().endpoint; }
const std::vector<std::string>& ResidentSnapshot::stack() const { return facts().stack; }
Duration ResidentSnapshot::age() const { return facts().age; }

}  // namespace bowline
