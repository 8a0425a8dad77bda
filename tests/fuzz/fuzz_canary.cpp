// Fails on the one input of its corpus. Its test must fail: that proves that the harness runs inputs and reports what
// it finds.
#include <cstdint>
#include <cstring>

#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FUZZ_CHECK(size < 6 || std::memcmp(data, "canary", 6) != 0);
  return 0;
}
