// How the stream of a TLS layer is made, and what it says of itself.

#include <string>
#include <utility>

#include "drive/loop/loop.h"
#include "drive/secure/tls_stream.h"

namespace bowline::drive {

namespace {

Result<std::unique_ptr<HandshakingStream>> make_tls_stream(
    const std::shared_ptr<const SecuritySettings>& settings, const LayerContext& context,
    std::unique_ptr<ports::ByteStream> below) {
  BOWLINE_TRY(SecureSession made,
              SecureSession::make(settings, context, ports::TlsTransport::stream));
  return std::make_unique<TlsStream>(context.loop, std::move(made), std::move(below));
}

}  // namespace

void TlsStream::append_facts(std::vector<ports::LayerFacts>& layers) const {
  below_->append_facts(layers);
  layers.push_back(secure_.facts("tls", "TLS"));
}

Layer tls_layer(std::shared_ptr<const SecuritySettings> settings) {
  return {"tls",
          [settings](const LayerContext& context, std::unique_ptr<ports::ByteStream> below)
              -> Result<std::unique_ptr<HandshakingStream>> {
            return make_tls_stream(settings, context, std::move(below));
          },
          [settings](Loop& loop) -> Result<void> {
            BOWLINE_TRY_VOID(loop.service<Security>().prepare(settings, ports::TlsRole::server,
                                                              ports::TlsTransport::stream));
            return {};
          }};
}

}  // namespace bowline::drive
