// AVP framing. RFC 2661 §4.1. Oracle: the frames add up to what was taken, every frame comes back octet for octet but
// for reserved bits, and a refusal takes nothing and is justified.
#include <cstdint>
#include <vector>

#include "protocol/wire/avp.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Octets body = std::as_bytes(std::span(data, size));
  Octets rest = body;
  while (!rest.empty()) {
    const Octets before = rest;
    const auto avp = take_avp(rest);
    if (!avp) {
      FUZZ_CHECK(rest.data() == before.data() && rest.size() == before.size());
      FUZZ_CHECK(avp.error().allowed == 6 ? avp.error().seen < 6 || before.size() == 6
                                          : avp.error().seen > before.size());
      return 0;
    }
    FUZZ_CHECK(avp->length() >= avp_header_size && avp->length() <= avp_length_max);
    FUZZ_CHECK(rest.size() + avp->length() == before.size());
    FUZZ_CHECK(rest.data() == before.data() + avp->length());

    std::vector<std::byte> again(avp->length());
    Writer writer(again);
    write_avp_header(writer, avp->mandatory, avp->hidden, avp->vendor, avp->attribute, avp->value.size());
    writer.octets(avp->value);
    FUZZ_CHECK(writer.ok() && writer.position() == again.size());
    for (std::size_t i = 0; i < again.size(); ++i) {
      const std::byte mask = i == 0 ? std::byte{0xc3} : std::byte{0xff};
      FUZZ_CHECK(again[i] == (before[i] & mask));
    }
    FUZZ_CHECK(avp->reserved_bits == ((before[0] & std::byte{0x3c}) != std::byte{0}));
  }
  return 0;
}
