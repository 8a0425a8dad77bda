#include "plugins/radius/packet.hpp"

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

Authenticator sixteen(std::uint8_t octet) {
  Authenticator authenticator;
  authenticator.fill(static_cast<std::byte>(octet));
  return authenticator;
}

constexpr AttributeId framed_mtu{0, 12}, ms_primary_dns{vendor_microsoft, 28}, acct_session_id{0, 44},
    acct_status_type{0, 40}, session_timeout{0, 27};

TEST(RadiusPacket, HeaderAndAttributesOfTheRfcsExample) {
  const Packet packet = decoded(vectors::rfc_accept);
  EXPECT_EQ(packet.code(), Code::access_accept);
  EXPECT_EQ(packet.identifier(), 0);
  EXPECT_EQ(packet.find_u32({0, 6}), 1U);
  EXPECT_EQ(packet.find_u32({0, 14}), 0xc0a80103U);
  EXPECT_EQ(packet.find_u32({0, 7}), std::nullopt);
}

TEST(RadiusPacket, VendorAttributesAreFoundByTheirOwnNumber) {
  const Packet packet = decoded(vectors::pap_accept);
  EXPECT_EQ(packet.find_u32(ms_primary_dns), 0xc0000235U);
  EXPECT_EQ(packet.find(attribute::vendor_specific), std::nullopt);
}

TEST(RadiusPacket, SeveralSubAttributesInOneVendorAttributeAreAllGiven) {
  const auto octets = hex("02010026 00000000000000000000000000000000 1a12 00000137 1c06c0000201 1d06c0000202");
  const Packet packet = decoded(octets);
  EXPECT_EQ(packet.find_u32({vendor_microsoft, 28}), 0xc0000201U);
  EXPECT_EQ(packet.find_u32({vendor_microsoft, 29}), 0xc0000202U);
}

TEST(RadiusPacket, VendorAttributeOfAnotherFormIsGivenAsItIs) {
  // The last sub-attribute passes the end; vendor 0; no room for a sub-attribute.
  for (const std::string_view value : {"1a0c00000137 1c07c0000201", "1a0c00000000 1c06c0000201", "1a06 00000137"}) {
    auto octets = hex("0201002000000000000000000000000000000000");
    const auto attributes = hex(value);
    octets.insert(octets.end(), attributes.begin(), attributes.end());
    octets[3] = static_cast<std::byte>(octets.size());
    const auto found = decoded(octets).find(attribute::vendor_specific);
    ASSERT_TRUE(found) << value;
    EXPECT_EQ(to_hex(*found), to_hex(Octets(attributes).subspan(2)));
  }
}

TEST(RadiusPacket, EveryVectorIsRefusedWhenItIsCutAnywhere) {
  for (const auto& vector : vectors::all) {
    ASSERT_TRUE(Packet::decode(vector));
    for (std::size_t size = 0; size < vector.size(); ++size) {
      const auto packet = Packet::decode(Octets(vector).first(size));
      ASSERT_FALSE(packet) << size;
      EXPECT_EQ(packet.error().reason, DecodeReason::truncated);
      EXPECT_EQ(packet.error().offset, size);
    }
  }
}

TEST(RadiusPacket, PaddingBehindThePacketIsIgnored) {
  auto octets = vectors::rfc_accept;
  octets.resize(octets.size() + 7, std::byte{0xff});
  EXPECT_EQ(decoded(octets).octets().size(), vectors::rfc_accept.size());
}

TEST(RadiusPacket, HostileLengthsAreRefused) {
  std::vector<std::byte> octets(5000, std::byte{0});
  octets[0] = std::byte{2};
  const auto reason = [&](unsigned length) {
    octets[2] = static_cast<std::byte>(length >> 8);
    octets[3] = static_cast<std::byte>(length);
    const auto packet = Packet::decode(octets);
    return packet ? std::nullopt : std::optional(packet.error().reason);
  };
  EXPECT_EQ(reason(0), DecodeReason::bad_length);
  EXPECT_EQ(reason(19), DecodeReason::bad_length);
  EXPECT_EQ(reason(20), std::nullopt);
  EXPECT_EQ(reason(4097), DecodeReason::bad_length);
  EXPECT_EQ(reason(0xffff), DecodeReason::bad_length);
  EXPECT_EQ(reason(4096), DecodeReason::bad_attribute); // zeros: an attribute of length 0
  octets[21] = std::byte{1};
  EXPECT_EQ(reason(22), DecodeReason::bad_attribute);
  octets[21] = std::byte{2};
  EXPECT_EQ(reason(22), std::nullopt);
  octets[21] = std::byte{3}; // passes the end
  EXPECT_EQ(reason(22), DecodeReason::bad_attribute);
  EXPECT_EQ(reason(21), DecodeReason::bad_attribute); // half an attribute header
}

TEST(RadiusPacket, AnswersOfOthersAreFromWhoKnowsTheSecret) {
  const auto is_answer = [](const auto& answer, const auto& request, std::string_view secret) {
    return is_answer_to(decoded(answer), decoded(request).authenticator(), secret);
  };
  EXPECT_TRUE(is_answer(vectors::rfc_accept, vectors::rfc_request, vectors::rfc_secret));
  EXPECT_TRUE(is_answer(vectors::pap_accept, vectors::pap_request, vectors::secret));
  EXPECT_TRUE(is_answer(vectors::chap_accept, vectors::chap_request, vectors::secret));
  EXPECT_TRUE(is_answer(vectors::ms_chap2_accept, vectors::ms_chap2_request, vectors::secret));
  EXPECT_TRUE(is_answer(vectors::ms_chap2_reject, vectors::ms_chap2_wrong_request, vectors::secret));
  EXPECT_FALSE(is_answer(vectors::pap_accept, vectors::pap_request, "testing124"));
  EXPECT_FALSE(is_answer(vectors::pap_accept, vectors::chap_request, vectors::secret)); // of another request
}

TEST(RadiusPacket, AnAnswerWithOneChangedOctetIsForged) {
  const Authenticator authenticator = decoded(vectors::rfc_request).authenticator();
  for (std::size_t i = 0; i < vectors::rfc_accept.size(); ++i) {
    auto octets = vectors::rfc_accept;
    octets[i] ^= std::byte{1};
    const auto packet = Packet::decode(octets);
    EXPECT_FALSE(packet && is_answer_to(*packet, authenticator, vectors::rfc_secret)) << i;
  }
}

TEST(RadiusPacket, KeyedRequestsOfOthersAreFromWhoKnowsTheSecret) {
  EXPECT_TRUE(is_request_from(decoded(vectors::accounting_request), vectors::secret));
  EXPECT_TRUE(is_request_from(decoded(vectors::coa_request), vectors::secret));
  EXPECT_FALSE(is_request_from(decoded(vectors::coa_request), "other"));
  EXPECT_FALSE(is_request_from(decoded(vectors::pap_request), vectors::secret)); // has a random authenticator
}

TEST(RadiusPacket, MessageAuthenticatorsOfOthersAreGood) {
  for (const auto* request :
       {&vectors::pap_request, &vectors::chap_request, &vectors::ms_chap2_request, &vectors::coa_request}) {
    EXPECT_EQ(check_message_authenticator(decoded(*request), {}, vectors::secret), MessageAuthenticator::good);
    EXPECT_EQ(check_message_authenticator(decoded(*request), {}, "other"), MessageAuthenticator::bad);
  }
  EXPECT_EQ(check_message_authenticator(decoded(vectors::pap_accept), {}, vectors::secret),
            MessageAuthenticator::absent);
}

TEST(RadiusPacket, TwoMessageAuthenticatorsOrOneOfAnotherLengthAreBad) {
  std::array<std::byte, packet_size_max> buffer;
  PacketWriter twice(buffer, Code::access_request, 1, sixteen(7));
  twice.add(attribute::message_authenticator, sixteen(0));
  EXPECT_EQ(check_message_authenticator(decoded(*twice.finish("s")), {}, "s"), MessageAuthenticator::bad);
  PacketWriter longer(buffer, Code::accounting_request, 1, {});
  longer.add(attribute::message_authenticator, hex("0102030405060708090a0b0c0d0e0f1011"));
  EXPECT_EQ(check_message_authenticator(decoded(*longer.finish("s")), {}, "s"), MessageAuthenticator::bad);
}

TEST(PacketWriter, AccountingIsOctetForOctetThatOfRadclient) {
  std::array<std::byte, packet_size_max> buffer;
  PacketWriter writer(buffer, Code::accounting_request, 0x43, sixteen(9));
  writer.add_text(attribute::user_name, "User");
  writer.add_text(acct_session_id, "1");
  writer.add_u32(acct_status_type, 1);
  EXPECT_EQ(to_hex(*writer.finish(vectors::secret)), to_hex(vectors::accounting_request));
}

TEST(PacketWriter, MessageAuthenticatorIsTheFirstAttributeAndGood) {
  for (const Code code : {Code::access_request, Code::status_server, Code::access_accept, Code::access_reject,
                          Code::access_challenge, Code::coa_request, Code::coa_ack, Code::coa_nak,
                          Code::disconnect_request, Code::disconnect_ack, Code::disconnect_nak}) {
    std::array<std::byte, packet_size_max> buffer;
    PacketWriter writer(buffer, code, 3, sixteen(7));
    writer.add_text(attribute::user_name, "alice");
    const Packet packet = decoded(*writer.finish("word"));
    EXPECT_EQ(packet.attributes().next()->id, attribute::message_authenticator);
    EXPECT_EQ(check_message_authenticator(packet, sixteen(7), "word"), MessageAuthenticator::good);
    const bool request = code == Code::coa_request || code == Code::disconnect_request;
    EXPECT_EQ(is_request_from(packet, "word"), request);
    if (code == Code::access_request || code == Code::status_server) {
      EXPECT_EQ(packet.authenticator(), sixteen(7));
    } else if (!request) {
      EXPECT_TRUE(is_answer_to(packet, sixteen(7), "word"));
      EXPECT_EQ(check_message_authenticator(packet, sixteen(8), "word"), MessageAuthenticator::bad);
    }
  }
}

TEST(PacketWriter, LongValuesAreSplitAndJoinedAgain) {
  for (const AttributeId id : {attribute::eap_message, AttributeId{9, 1}})
    for (const std::size_t size : {1U, 247U, 253U, 254U, 1500U}) {
      std::vector<std::byte> value(size);
      for (std::size_t i = 0; i < size; ++i)
        value[i] = static_cast<std::byte>(i * 7);
      std::array<std::byte, packet_size_max> buffer, joined;
      PacketWriter writer(buffer, Code::access_request, 1, {});
      writer.add_long(id, value);
      const auto octets = writer.finish("s");
      ASSERT_TRUE(octets);
      EXPECT_EQ(to_hex(*decoded(*octets).join(id, joined)), to_hex(value));
      EXPECT_EQ(decoded(*octets).join(id, std::span(joined).first(size - 1)), std::nullopt);
    }
}

TEST(PacketWriter, ProxyStateStateAndClassAreCopiedInOrder) {
  std::array<std::byte, packet_size_max> buffer_in, buffer_out;
  PacketWriter request(buffer_in, Code::coa_request, 1, {});
  for (const std::string_view value : {"one", "two", "one"})
    request.add_text(attribute::proxy_state, value);
  request.add_u32(session_timeout, 5);
  const Packet from = decoded(*request.finish("s"));
  PacketWriter answer(buffer_out, Code::coa_ack, 1, from.authenticator());
  answer.copy(attribute::proxy_state, from);
  const Packet packet = decoded(*answer.finish("s"));
  std::array<std::byte, 64> joined;
  EXPECT_EQ(ppp::as_text(*packet.join(attribute::proxy_state, joined)), "onetwoone");
  EXPECT_EQ(packet.find(session_timeout), std::nullopt);
}

TEST(PacketWriter, RefusesWhatNoAttributeHolds) {
  std::array<std::byte, packet_size_max> buffer;
  const std::vector<std::byte> value(254);
  const auto fits = [&](AttributeId id, std::size_t size) {
    PacketWriter writer(buffer, Code::access_request, 1, {});
    writer.add(id, Octets(value).first(size));
    return writer.finish("s").has_value();
  };
  EXPECT_FALSE(fits(attribute::class_, 0));
  EXPECT_TRUE(fits(attribute::class_, 253));
  EXPECT_FALSE(fits(attribute::class_, 254));
  EXPECT_TRUE(fits({9, 1}, 247));
  EXPECT_FALSE(fits({9, 1}, 248));
}

TEST(PacketWriter, RefusesWhatExceedsThePacketOrTheBuffer) {
  std::vector<std::byte> buffer(2 * packet_size_max);
  PacketWriter full(buffer, Code::accounting_request, 1, {});
  full.add_long(attribute::eap_message, std::vector<std::byte>(4076 - 2 * 16 - 1 - 12));
  EXPECT_TRUE(full.ok());
  full.add_long(attribute::eap_message, std::vector<std::byte>(200));
  EXPECT_FALSE(full.finish("s"));
  for (std::size_t size = 0; size < 44; ++size) {
    PacketWriter small(std::span(buffer).first(size), Code::access_request, 1, {});
    small.add_u32(framed_mtu, 1500);
    EXPECT_FALSE(small.finish("s")) << size;
  }
  PacketWriter enough(std::span(buffer).first(44), Code::access_request, 1, {});
  enough.add_u32(framed_mtu, 1500);
  EXPECT_TRUE(enough.finish("s"));
}

} // namespace
} // namespace openl2tp::radius
