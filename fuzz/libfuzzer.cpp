#include <cstddef>
#include <cstdint>
#include <span>

int BOWLINE_FUZZ_TARGET(std::span<const std::byte> input);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return BOWLINE_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
}
