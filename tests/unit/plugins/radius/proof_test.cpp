#include "plugins/radius/proof.hpp"

#include "tests/unit/plugins/radius/vectors.hpp"

namespace openl2tp::radius {
namespace {

using ppp::testing_support::hex;
using ppp::testing_support::to_hex;

Packet decoded(Octets octets) {
  const auto packet = Packet::decode(octets);
  if (!packet) std::abort();
  return *packet;
}

class Proof : public testing::Test {
 protected:
  Packet finished(PacketWriter& writer) { return decoded(*writer.finish(vectors::secret)); }

  std::array<std::byte, packet_size_max> buffer_;
};

const auto challenge = hex("5b5d7c7d7b3f2f3e3c2c602132262628");
// As PPP sends it: peer challenge, 8 reserved octets, response, flags.
const auto ms_chap2_value =
    hex("21402324255e262a28295f2b3a337c7e000000000000000082309ecd8d708b5ea08faa3981cd83544233114a3d85d6df00");

TEST_F(Proof, PapIsThatOfRadclient) {
  const Packet theirs = decoded(vectors::pap_request);
  PacketWriter writer(buffer_, Code::access_request, 0, theirs.authenticator());
  add_pap(writer, "clientPass", vectors::secret);
  EXPECT_EQ(to_hex(*finished(writer).find(attribute::user_password)), to_hex(*theirs.find(attribute::user_password)));
}

TEST_F(Proof, ChapHasIdentifierResponseAndChallenge) {
  PacketWriter writer(buffer_, Code::access_request, 0, {});
  add_chap(writer, 0xff, challenge, hex("803ce50a1c55225488598f5491f68f84"));
  const Packet ours = finished(writer);
  EXPECT_EQ(to_hex(*ours.find(attribute::chap_password)),
            to_hex(*decoded(vectors::chap_request).find(attribute::chap_password)));
  EXPECT_EQ(to_hex(*ours.find(attribute::chap_challenge)), to_hex(challenge));
}

TEST_F(Proof, MsChap2IsThatWhichFreeradiusAccepts) {
  const Packet theirs = decoded(vectors::ms_chap2_request);
  PacketWriter writer(buffer_, Code::access_request, 0, {});
  add_ms_chap2(writer, 7, challenge, ms_chap2_value);
  const Packet ours = finished(writer);
  for (const AttributeId id : {attribute::ms_chap2_response, attribute::ms_chap_challenge})
    EXPECT_EQ(to_hex(*ours.find(id)), to_hex(*theirs.find(id)));
}

TEST_F(Proof, MsChapMovesTheFlagsToTheFront) {
  auto response = std::vector<std::byte>(48, std::byte{0xaa});
  response.push_back(std::byte{1});
  PacketWriter writer(buffer_, Code::access_request, 0, {});
  add_ms_chap(writer, 9, Octets(challenge).first(8), response);
  const Packet ours = finished(writer);
  EXPECT_EQ(to_hex(*ours.find(attribute::ms_chap_response)),
            "0901" + to_hex(std::vector<std::byte>(48, std::byte{0xaa})));
  EXPECT_EQ(to_hex(*ours.find(attribute::ms_chap_challenge)), "5b5d7c7d7b3f2f3e");
}

TEST_F(Proof, ValuesOfAnotherSizeAreRefused) {
  const auto refused = [&](auto add) {
    PacketWriter writer(buffer_, Code::access_request, 0, {});
    add(writer);
    return !writer.ok();
  };
  const Octets value(ms_chap2_value);
  EXPECT_TRUE(refused([](PacketWriter& writer) { add_pap(writer, std::string(129, 'x'), "s"); }));
  for (const std::size_t size : {0U, 15U, 17U})
    EXPECT_TRUE(refused([&](PacketWriter& writer) { add_chap(writer, 1, challenge, value.first(size)); }));
  EXPECT_TRUE(refused([&](PacketWriter& writer) { add_chap(writer, 1, {}, value.first(16)); }));
  EXPECT_TRUE(refused([&](PacketWriter& writer) { add_ms_chap(writer, 1, challenge, value); })); // 16 octets
  EXPECT_TRUE(refused([&](PacketWriter& writer) { add_ms_chap2(writer, 1, Octets(challenge).first(8), value); }));
  EXPECT_TRUE(refused([&](PacketWriter& writer) { add_ms_chap2(writer, 1, challenge, value.first(48)); }));
  EXPECT_TRUE(refused([&](PacketWriter& writer) { add_ms_chap(writer, 1, Octets(challenge).first(8), {}); }));
}

TEST_F(Proof, SuccessAndErrorOfFreeradiusAreForTheirChapIdAlone) {
  const Packet accept = decoded(vectors::ms_chap2_accept), reject = decoded(vectors::ms_chap2_reject);
  EXPECT_EQ(ms_chap2_success(accept, 7), "S=407A5589115FD0D6209F510FE9C04566932CDA56"); // RFC 2759 section 9.2
  EXPECT_EQ(ms_chap2_success(accept, 8), std::nullopt);
  EXPECT_EQ(ms_chap2_success(reject, 7), std::nullopt);
  EXPECT_EQ(ms_chap_error(reject, 7), "E=691 R=1 C=38d93df4df61bc82674b1a561bf1543a V=3 M=Authentication rejected");
  EXPECT_EQ(ms_chap_error(reject, 8), std::nullopt);
  EXPECT_EQ(ms_chap_error(accept, 7), std::nullopt);
}

TEST_F(Proof, MalformedSuccessIsNone) {
  for (const std::string_view text :
       {"", "S=", "S=407A5589115FD0D6209F510FE9C04566932CDA5", "S=407A5589115FD0D6209F510FE9C04566932CDA5x",
        "X=407A5589115FD0D6209F510FE9C04566932CDA56"}) {
    PacketWriter writer(buffer_, Code::access_accept, 0, {});
    writer.add_text(attribute::ms_chap2_success, "\x07" + std::string(text));
    EXPECT_EQ(ms_chap2_success(finished(writer), 7), std::nullopt) << text;
  }
}

} // namespace
} // namespace openl2tp::radius
