#include <bowline/resolver.h>

#include "drive/naming/lookup.h"

namespace bowline {

Lookup::Lookup(drive::LookupCore& core) : core_(&core) { core_->add_ref(); }
Lookup::Lookup(Lookup&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
Lookup& Lookup::operator=(Lookup&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}
Lookup::~Lookup() {
  if (core_ == nullptr) return;
  core_->cancel();
  core_->drop_ref();
}

Operation<std::optional<Resolution>> Lookup::next() {
  return Operation<std::optional<Resolution>>(
      detail::RequestBase::make<drive::NextAnswerRequest>(core_->loop(), *core_));
}

Result<Lookup> resolve(Loop& loop, std::string_view name, const std::vector<std::string>& types,
                       LookupOptions options) {
  return Lookup::start(loop.core(), name, types, options);
}

Result<Lookup> Lookup::start(drive::Loop& loop, std::string_view name,
                             const std::vector<std::string>& types, const LookupOptions& options) {
  core::Resolver::Lookup request;
  request.name = name;
  for (const std::string& type : types) {
    const auto known = wire::record_type_from(type);
    if (!known)
      return Error(ErrorKind::invalid_argument, "resolve", "no such record type").about(type);
    if (!wire::may_be_asked(*known))
      return Error(ErrorKind::invalid_argument, "resolve",
                   "transfers, and what only goes with a message, cannot be looked up")
          .about(type);
    request.types.push_back(*known);
  }
  if (request.types.empty())
    return Error(ErrorKind::invalid_argument, "resolve", "no record type to ask for");
  request.server = options.server();
  request.use_cache = options.use_cache();
  request.use_search = options.use_search();
  request.recursion = options.recursion();
  request.whole_reply = options.whole_reply();
  Lookup lookup(*new drive::LookupCore(loop));
  auto started = lookup.core_->start(std::move(request));
  if (started.has_value()) return lookup;
  // What is malformed came from the caller.
  const Error& error = started.error();
  if (error.kind() != ErrorKind::malformed) return error;
  return Error(ErrorKind::invalid_argument, "resolve", error.message()).about(std::string(name));
}

}  // namespace bowline
