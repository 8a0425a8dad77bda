// PPP frames, control packets and lists of options. RFC 1661 sections 2, 5, 6. Oracle: views stay inside and where the
// lengths say; a header that is written is read back; options cover their list without a gap.
#include <cstdint>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/frame.hpp"
#include "plugins/ppp_engine/packet.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::ppp;

namespace {

bool inside(Octets part, Octets whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_options(Octets options) {
  OptionReader reader(options);
  std::size_t covered = 0;
  while (const auto option = reader.next()) {
    FUZZ_CHECK(option->whole.size() == option->value.size() + 2);
    FUZZ_CHECK(option->whole.data() == options.data() + covered);
    FUZZ_CHECK(contains_option(options, option->whole));
    covered += option->whole.size();
    if (option->type != 3) continue;
    if (const auto method = decode_auth_option(option->value); method && *method != AuthMethod::none) {
      std::byte buffer[8];
      Writer writer(buffer);
      encode_auth_option(writer, *method);
      FUZZ_CHECK(equal(writer.written(), option->whole));
    }
  }
  FUZZ_CHECK(reader.ok() == (covered == options.size()));
  FUZZ_CHECK(reader.ok() == options_well_formed(options));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Octets octets = std::as_bytes(std::span(data, size));
  check_options(octets);
  const auto frame = decode_frame(octets);
  if (!frame) return 0;
  FUZZ_CHECK(inside(frame->information, octets));
  FUZZ_CHECK(octets.size() - frame->information.size() <= 4);
  const auto number = static_cast<unsigned>(frame->protocol);
  FUZZ_CHECK((number & 1) == 1 && (number & 0x100) == 0);
  for (const bool compressed : {false, true}) {
    const FrameHeader header = make_frame_header(frame->protocol, {compressed, compressed});
    const auto again = decode_frame(header.view());
    FUZZ_CHECK(again && again->protocol == frame->protocol && again->information.empty());
  }
  const auto packet = decode_packet(frame->information);
  if (!packet) return 0;
  FUZZ_CHECK(inside(packet->whole, frame->information) && packet->whole.size() <= packet_size_max);
  FUZZ_CHECK(packet->whole.size() == packet->data.size() + packet_header_size);
  check_options(packet->data);
  return 0;
}
