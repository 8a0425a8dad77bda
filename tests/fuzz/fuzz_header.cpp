// Headers. RFC 2661 §3.1. Oracle: where the fields stand is computed a second time from the flags; views stay inside;
// control headers come back octet for octet but for reserved bits.
#include <cstdint>
#include <vector>

#include "protocol/wire/header.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::protocol;

namespace {

unsigned u16(Octets octets, std::size_t at) {
  return std::to_integer<unsigned>(octets[at]) << 8 | std::to_integer<unsigned>(octets[at + 1]);
}

void check_control(Octets datagram) {
  const auto decoded = decode_control_header(datagram);
  if (!decoded) return;
  FUZZ_CHECK(is_control(datagram));
  FUZZ_CHECK(datagram.size() >= control_header_size);
  FUZZ_CHECK((u16(datagram, 0) & 0xcb0f) == 0xc802);
  const std::size_t length = u16(datagram, 2);
  FUZZ_CHECK(length >= control_header_size && length <= datagram.size());
  FUZZ_CHECK(decoded->body.data() == datagram.data() + control_header_size);
  FUZZ_CHECK(decoded->body.size() == length - control_header_size);

  std::vector<std::byte> again(length);
  encode_control_header(again, decoded->header);
  FUZZ_CHECK(u16(again, 0) == 0xc802);
  for (std::size_t i = 2; i < control_header_size; ++i)
    FUZZ_CHECK(again[i] == datagram[i]);
  patch_sequence(again, 0x1234, 0x5678);
  const auto patched = decode_control_header(again);
  FUZZ_CHECK(patched && patched->header.ns == 0x1234 && patched->header.nr == 0x5678);
  FUZZ_CHECK(patched->header.tunnel_id == decoded->header.tunnel_id &&
             patched->header.session_id == decoded->header.session_id);
}

void check_data(Octets datagram) {
  const auto decoded = decode_data_header(datagram);
  if (!decoded) return;
  FUZZ_CHECK(!is_control(datagram));
  const unsigned flags = u16(datagram, 0);
  std::size_t at = 2, end = datagram.size();
  if (flags & 0x4000) {
    end = u16(datagram, at);
    at += 2;
  }
  FUZZ_CHECK(end <= datagram.size());
  FUZZ_CHECK(decoded->tunnel_id == u16(datagram, at) && decoded->session_id == u16(datagram, at + 2));
  at += 4;
  FUZZ_CHECK(decoded->has_sequence == ((flags & 0x0800) != 0));
  if (decoded->has_sequence) {
    FUZZ_CHECK(decoded->ns == u16(datagram, at));
    at += 4;
  }
  if (flags & 0x0200) at += 2 + u16(datagram, at);
  FUZZ_CHECK(at <= end);
  FUZZ_CHECK(decoded->payload.data() == datagram.data() + at && decoded->payload.size() == end - at);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Octets datagram = std::as_bytes(std::span(data, size));
  check_control(datagram);
  check_data(datagram);
  return 0;
}
