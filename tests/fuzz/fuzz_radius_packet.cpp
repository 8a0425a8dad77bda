// A received RADIUS packet. Input: the datagram. Oracle: the attributes that the reader gives lie in the packet in
// order; the packet written again from them decodes to the same attributes, and its digests are good; no hidden value
// reveals more than it holds.
#include <array>
#include <vector>

#include "plugins/radius/hiding.hpp"
#include "plugins/radius/packet.hpp"
#include "plugins/radius/proof.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp;
using namespace openl2tp::radius;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Octets datagram = std::as_bytes(std::span(data, size));
  const auto packet = Packet::decode(datagram);
  if (!packet) {
    FUZZ_CHECK(packet.error().offset <= size);
    return 0;
  }
  FUZZ_CHECK(packet->octets().size() <= size && packet->octets().size() >= header_size);

  static constexpr std::string_view secret = "testing123";
  constexpr Authenticator authenticator{};
  std::array<std::byte, packet_size_max> buffer, joined, clear;
  PacketWriter writer(buffer, Code::access_accept, packet->identifier(), authenticator);
  std::vector<Attribute> given;
  const std::byte* last = packet->octets().data();
  AttributeReader reader = packet->attributes();
  while (const auto found = reader.next()) {
    FUZZ_CHECK(found->value.data() >= last);
    last = found->value.data() + found->value.size();
    FUZZ_CHECK(last <= packet->octets().data() + packet->octets().size());
    FUZZ_CHECK(packet->join(found->id, joined));
    if (const auto revealed = reveal_salted(found->value, authenticator, secret, clear))
      FUZZ_CHECK(revealed->size() + 3 <= found->value.size());
    if (found->value.empty() || found->id == attribute::message_authenticator) continue;
    given.push_back(*found);
    writer.add(found->id, found->value);
  }
  for (const std::uint8_t id : {std::uint8_t{0}, std::uint8_t{7}}) {
    const auto success = ms_chap2_success(*packet, id);
    FUZZ_CHECK(!success || success->size() >= 42);
    const auto error = ms_chap_error(*packet, id);
    FUZZ_CHECK(!error || error->size() >= 2);
  }
  static_cast<void>(is_request_from(*packet, secret));
  static_cast<void>(check_message_authenticator(*packet, authenticator, secret));

  const auto again = writer.finish(secret);
  if (!again) return 0; // several sub-attributes in one need more room when each has its own
  const auto written = Packet::decode(*again);
  FUZZ_CHECK(written);
  FUZZ_CHECK(is_answer_to(*written, authenticator, secret));
  FUZZ_CHECK(check_message_authenticator(*written, authenticator, secret) == MessageAuthenticator::good);
  AttributeReader reread = written->attributes();
  FUZZ_CHECK(reread.next()->id == attribute::message_authenticator);
  for (const Attribute& attribute : given) {
    const auto found = reread.next();
    FUZZ_CHECK(found && found->id == attribute.id && ppp::equal(found->value, attribute.value));
  }
  FUZZ_CHECK(!reread.next());
  return 0;
}
