// The rules of decoding that are not about one AVP's length: recognition, order, values, bounds, and what a refusal
// tells. RFC 2661 §4.1, §4.3, §4.4, §7.1.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/hiding.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;
using enum MessageType;

const Bytes secret = octets_of("hidden");
const Bytes vector_one = hex("01020304");

class Decode : public testing::Test {
 protected:
  const MessageError& refused(const Bytes& body, Octets with = {}) {
    const auto decoded = decoder_.decode(body, with);
    EXPECT_FALSE(decoded.has_value());
    error_ = decoded ? MessageError{} : decoded.error();
    return error_;
  }
  /// Decodes `body`, which the caller keeps.
  DecodedMessage taken(const Bytes& body, Octets with = {}) {
    const auto decoded = decoder_.decode(body, with);
    EXPECT_TRUE(decoded.has_value()) << decoded.error().describe();
    return decoded ? *decoded : DecodedMessage{};
  }
  static Bytes with(MessageType type, const RawAvp& avp) {
    auto avps = minimal_avps(type);
    avps.push_back(avp);
    return raw(avps);
  }
  /// The smallest message of `type` in which the value of `attribute` is `value`.
  static Bytes replaced(MessageType type, std::uint16_t attribute, std::string_view value, bool mandatory = true) {
    auto avps = minimal_avps(type);
    RawAvp changed{.attribute = attribute, .value = hex(value), .mandatory = mandatory};
    if (RawAvp* avp = find(avps, attribute))
      *avp = changed;
    else
      avps.push_back(changed);
    return raw(avps);
  }
  static RawAvp hidden(std::uint16_t attribute, std::string_view value, const Bytes& vector, bool mandatory = true) {
    const Bytes clear = hex(value);
    Bytes octets;
    append_u16(octets, static_cast<unsigned>(clear.size()));
    append(octets, clear);
    hide(octets, attribute, secret, vector);
    return {.attribute = attribute, .value = octets, .mandatory = mandatory, .hidden = true};
  }
  static RawAvp random_vector(const Bytes& value) { return {.attribute = 36, .value = value}; }

  MessageDecoder decoder_;
  MessageError error_{};
};

// --- Message Type, §4.4.1

TEST_F(Decode, ABodyThatDoesNotBeginWithMessageTypeIsRefused) {
  auto avps = minimal_avps(icrq);
  std::swap(avps[0], avps[1]);
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::no_message_type);
}

TEST_F(Decode, AMessageTypeLastIsRefused) {
  auto avps = minimal_avps(icrq);
  std::rotate(avps.begin(), avps.begin() + 1, avps.end());
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::no_message_type);
}

TEST_F(Decode, ABodyWithoutMessageTypeIsRefused) {
  auto avps = minimal_avps(icrq);
  avps.erase(avps.begin());
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::no_message_type);
}

TEST_F(Decode, AMessageTypeOfAnotherLengthThanEightIsRefused) {
  for (const char* value : {"", "00", "000600", "00000006"})
    EXPECT_EQ(refused(raw({{.attribute = 0, .value = hex(value)}})).fault, MessageFault::no_message_type) << value;
}

TEST_F(Decode, AHiddenMessageTypeIsRefused) {
  EXPECT_EQ(refused(raw({random_vector(vector_one), hidden(0, "0006", vector_one)}), secret).fault,
            MessageFault::no_message_type);
  EXPECT_EQ(refused(raw({{.attribute = 0, .value = hex("0006"), .hidden = true}}), secret).fault,
            MessageFault::no_message_type);
}

TEST_F(Decode, AMessageTypeOfAVendorOrWithReservedBitsIsRefused) {
  EXPECT_EQ(refused(raw({{.attribute = 0, .value = hex("0006"), .vendor = 9}})).fault, MessageFault::no_message_type);
  EXPECT_EQ(refused(raw({{.attribute = 0, .value = hex("0006"), .reserved = 0x0400}})).fault,
            MessageFault::no_message_type);
}

TEST_F(Decode, ADefinedMessageTypeWithMClearIsTaken) {
  const Bytes body = raw({{.attribute = 0, .value = hex("0006"), .mandatory = false}});
  EXPECT_EQ(type_of(taken(body).message), MessageType::hello);
}

TEST_F(Decode, UnknownMessageTypesAreReportedWithTheirMBit) {
  for (const char* type : {"0000", "0005", "000d", "0011", "00c8", "ffff"}) {
    for (const bool mandatory : {true, false}) {
      const MessageError& error = refused(raw({{.attribute = 0, .value = hex(type), .mandatory = mandatory}}));
      EXPECT_EQ(error.fault, MessageFault::unknown_message_type) << type;
      EXPECT_EQ(error.mandatory, mandatory);
      EXPECT_EQ(error.type, zlb);
      EXPECT_EQ(error.wire_error(), GeneralError::unknown_mandatory_avp);
    }
  }
  EXPECT_EQ(refused(raw({{.attribute = 0, .value = hex("00c8")}})).raw_type, 200);
}

// --- Recognition, §4.1

TEST_F(Decode, AnUnknownMandatoryAvpIsRefusedByItsNumber) {
  const Bytes body = with(MessageType::hello, {.attribute = 999});
  const MessageError& error = refused(body);
  EXPECT_EQ(error.fault, MessageFault::unknown_mandatory_avp);
  EXPECT_EQ(error.attribute, 999);
  EXPECT_EQ(error.vendor, 0);
  EXPECT_EQ(error.offset, 8);
  EXPECT_EQ(error.wire_error(), GeneralError::unknown_mandatory_avp);
  EXPECT_NE(error.describe().find("999"), std::string::npos);
}

TEST_F(Decode, AnUnknownAvpWithMClearIsIgnored) {
  for (const unsigned attribute : {20u, 40u, 45u, 47u, 48u, 49u, 50u, 51u, 52u, 76u, 999u, 65535u}) {
    const Bytes body =
        with(icrq, {.attribute = static_cast<std::uint16_t>(attribute), .value = hex("00"), .mandatory = false});
    EXPECT_EQ(taken(body).notes.ignored_avps, 1) << attribute;
  }
}

TEST_F(Decode, TheUnassignedNumberTwentyIsUnrecognised) {
  EXPECT_EQ(refused(with(icrq, {.attribute = 20})).fault, MessageFault::unknown_mandatory_avp);
}

TEST_F(Decode, TheVendorIsPartOfTheIdentityOfAnAvp) {
  const Bytes body = with(icrq, {.attribute = 14, .value = hex("ffff"), .mandatory = false, .vendor = 311});
  const auto decoded = taken(body);
  EXPECT_EQ(std::get<Icrq>(decoded.message).assigned_session_id, 0x2345);
  EXPECT_EQ(decoded.notes.vendor_avps, 1);
  EXPECT_EQ(decoded.notes.ignored_avps, 0);
  ASSERT_EQ(decoded.vendor_avps.size(), 1u);
  EXPECT_EQ(decoded.vendor_avps[0].vendor, 311);
  EXPECT_EQ(decoded.vendor_avps[0].attribute, 14);
  EXPECT_EQ(to_hex(decoded.vendor_avps[0].value), "ffff");

  const MessageError& error = refused(with(icrq, {.attribute = 1, .value = hex("0001"), .vendor = 9}));
  EXPECT_EQ(error.fault, MessageFault::unknown_mandatory_avp);
  EXPECT_EQ(error.vendor, 9);
  EXPECT_EQ(error.attribute, 1);
}

TEST_F(Decode, AVendorsAvpDoesNotStandInForARequiredOne) {
  auto avps = minimal_avps(icrq);
  find(avps, 15)->mandatory = false;
  find(avps, 15)->vendor = 9;
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::missing_avp);
}

TEST_F(Decode, AHiddenVendorAvpIsOpened) {
  RawAvp avp = hidden(7, "c0ffee", vector_one, false);
  avp.vendor = 9;
  const Bytes body = raw({type_avp(MessageType::hello), random_vector(vector_one), avp});
  const auto decoded = taken(body, secret);
  ASSERT_EQ(decoded.vendor_avps.size(), 1u);
  EXPECT_EQ(to_hex(decoded.vendor_avps[0].value), "c0ffee");
  EXPECT_EQ(decoded.notes.hidden_avps, 1);
}

TEST_F(Decode, AHiddenVendorAvpThatCannotBeOpenedIsIgnored) {
  RawAvp avp = hidden(7, "c0ffee", vector_one, false);
  avp.vendor = 9;
  const Bytes body = raw({type_avp(MessageType::hello), random_vector(vector_one), avp});
  const auto decoded = taken(body);
  EXPECT_TRUE(decoded.vendor_avps.empty());
  EXPECT_EQ(decoded.notes.ignored_avps, 1);
}

TEST_F(Decode, MoreThan32VendorAvpsAreCountedButNotListed) {
  std::vector<RawAvp> avps{type_avp(MessageType::hello)};
  for (std::uint16_t i = 0; i < 40; ++i)
    avps.push_back({.attribute = i, .mandatory = false, .vendor = 9});
  const Bytes body = raw(avps);
  const auto decoded = taken(body);
  EXPECT_EQ(decoded.notes.vendor_avps, 40);
  ASSERT_EQ(decoded.vendor_avps.size(), 32u);
  EXPECT_EQ(decoded.vendor_avps[31].attribute, 31);
}

TEST_F(Decode, MoreThan256AvpsAreRefused) {
  std::vector<RawAvp> avps{type_avp(MessageType::hello)};
  while (avps.size() < 256)
    avps.push_back({.attribute = 999, .mandatory = false});
  const Bytes most = raw(avps);
  EXPECT_EQ(taken(most).notes.ignored_avps, 255);
  avps.push_back({.attribute = 999, .mandatory = false});
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::too_many_avps);
}

// --- Framing, §4.1

TEST_F(Decode, AnAvpLengthBelowSixOrBeyondTheMessageIsRefusedWhateverItsM) {
  for (const unsigned length : {0u, 1u, 2u, 3u, 4u, 5u, 9u, 1023u}) {
    for (const unsigned mandatory : {0x8000u, 0u}) {
      Bytes body = raw(minimal_avps(MessageType::hello));
      append_u16(body, mandatory | length);
      append(body, hex("0000 0007 6161"));
      const MessageError& error = refused(body);
      EXPECT_EQ(error.fault, MessageFault::avp_length) << length;
      EXPECT_EQ(error.attribute, 7);
      EXPECT_EQ(error.seen, length);
    }
  }
}

TEST_F(Decode, OctetsLeftOverThatAreNoAvpAreRefused) {
  for (std::size_t count = 1; count < 6; ++count) {
    Bytes body = raw(minimal_avps(MessageType::hello));
    body.resize(body.size() + count);
    EXPECT_EQ(refused(body).fault, MessageFault::avp_length);
  }
}

TEST_F(Decode, AnAvpOf1023OctetsIsTakenWhole) {
  const Bytes body = replaced(sccrq, 7, std::string(2 * 1017, '4'));
  EXPECT_EQ(std::get<Sccrq>(taken(body).message).host_name.size(), 1017u);
}

TEST_F(Decode, TheFirstFaultIsReported) {
  const Bytes body = raw({type_avp(icrq), {.attribute = 14, .value = hex("00")}, {.attribute = 999}});
  EXPECT_EQ(refused(body).attribute, 14);
}

// --- Values, §4.4

TEST_F(Decode, IdsAndWindowOfZeroAreRefused) {
  const auto expect_zero_refused = [this](MessageType type, std::uint16_t attribute) {
    const MessageError& error = refused(replaced(type, attribute, "0000"));
    EXPECT_EQ(error.fault, MessageFault::avp_value);
    EXPECT_EQ(error.attribute, attribute);
    EXPECT_EQ(error.wire_error(), GeneralError::value_out_of_range);
  };
  for (const MessageType type : {sccrq, sccrp, stopccn})
    expect_zero_refused(type, 9);
  for (const MessageType type : {icrq, icrp, ocrq, ocrp, cdn})
    expect_zero_refused(type, 14);
  for (const MessageType type : {sccrq, sccrp})
    expect_zero_refused(type, 10);
}

TEST_F(Decode, AWindowOfZeroWithMClearIsIgnored) {
  const Bytes body = replaced(sccrq, 10, "0000", false);
  const auto decoded = taken(body);
  EXPECT_FALSE(std::get<Sccrq>(decoded.message).receive_window_size.has_value());
  EXPECT_EQ(decoded.notes.ignored_avps, 1);
}

TEST_F(Decode, AProxyAuthenIdWithItsReservedOctetSetIsIgnoredOrRefused) {
  const Bytes body = replaced(iccn, 32, "012a", false);
  EXPECT_FALSE(std::get<Iccn>(taken(body).message).proxy.authen_id.has_value());
  const MessageError& error = refused(replaced(iccn, 32, "012a"));
  EXPECT_EQ(error.fault, MessageFault::avp_value);
  EXPECT_EQ(error.seen, 0x12a);
}

TEST_F(Decode, ReservedOctetsOfCallErrorsAndAccmAreIgnored) {
  const Bytes errors = replaced(wen, 34, "ffff 00000001 00000002 00000003 00000004 00000005 00000006");
  EXPECT_EQ(std::get<Wen>(taken(errors).message).call_errors, (CallErrors{1, 2, 3, 4, 5, 6}));
  const Bytes accm = replaced(sli, 35, "ffff 01020304 05060708");
  EXPECT_EQ(std::get<Sli>(taken(accm).message).accm, (Accm{0x01020304, 0x05060708}));
}

TEST_F(Decode, ReservedBitsOfFramingAndBearerAreIgnored) {
  const Bytes body = replaced(sccrq, 3, "fffffffe");
  EXPECT_EQ(std::get<Sccrq>(taken(body).message).framing_capabilities, (Framing{.sync = false, .async = true}));
  const Bytes bearer = replaced(sccrq, 4, "fffffffd");
  EXPECT_EQ(std::get<Sccrq>(taken(bearer).message).bearer_capabilities, (Bearer{.digital = true, .analog = false}));
}

TEST_F(Decode, AProtocolVersionOtherThanOneIsDecodedForTheEngineToAnswer) {
  const Bytes two = replaced(sccrq, 2, "0203");
  EXPECT_EQ(std::get<Sccrq>(taken(two).message).protocol_version, (ProtocolVersion{2, 3}));
  const Bytes zero = replaced(sccrp, 2, "0000");
  EXPECT_EQ(std::get<Sccrp>(taken(zero).message).protocol_version, (ProtocolVersion{0, 0}));
}

TEST_F(Decode, AResultCodeHasThreeForms) {
  const Bytes two = replaced(cdn, 1, "000b");
  ResultCode code = std::get<Cdn>(taken(two).message).result_code;
  EXPECT_EQ(code.result, 11);
  EXPECT_FALSE(code.error.has_value());
  const Bytes four = replaced(cdn, 1, "0002 0004");
  code = std::get<Cdn>(taken(four).message).result_code;
  EXPECT_EQ(code.error, 4);
  EXPECT_TRUE(code.text.empty());
  const Bytes text = replaced(cdn, 1, "0002 0006 6e6f");
  code = std::get<Cdn>(taken(text).message).result_code;
  EXPECT_EQ(code.result, 2);
  EXPECT_EQ(code.error, 6);
  EXPECT_EQ(code.text, "no");
}

TEST_F(Decode, EveryResultAndErrorCodeIsHandedOnAsItCame) {
  for (unsigned result = 0; result < 13; ++result) {
    for (unsigned error = 0; error < 10; ++error) {
      for (const MessageType type : {stopccn, cdn}) {
        auto avps = minimal_avps(type);
        RawAvp* avp = find(avps, 1);
        avp->value.clear();
        append_u16(avp->value, result);
        append_u16(avp->value, error);
        const Bytes body = raw(avps);
        const auto decoded = taken(body);
        const ResultCode& code =
            type == cdn ? std::get<Cdn>(decoded.message).result_code : std::get<StopCcn>(decoded.message).result_code;
        EXPECT_EQ(code.result, result);
        EXPECT_EQ(code.error, error);
      }
    }
  }
}

TEST_F(Decode, ABearerTypeWithNeitherBitIsTaken) {
  const Bytes body = replaced(icrq, 18, "00000000");
  EXPECT_EQ(std::get<Icrq>(taken(body).message).bearer_type, Bearer{});
}

TEST_F(Decode, SequencingRequiredIsSeenByItsPresence) {
  const Bytes without = raw(minimal_avps(iccn)), with_it = replaced(iccn, 39, "");
  EXPECT_FALSE(std::get<Iccn>(taken(without).message).sequencing_required);
  EXPECT_TRUE(std::get<Iccn>(taken(with_it).message).sequencing_required);
}

TEST_F(Decode, ADisconnectCauseWithUnknownCodeIsHandedOn) {
  const Bytes body = replaced(cdn, 46, "03e7 8021 07 c3a9", false);
  const auto cause = std::get<Cdn>(taken(body).message).ppp_disconnect_cause;
  ASSERT_TRUE(cause.has_value());
  EXPECT_EQ(cause->code, 999);
  EXPECT_EQ(cause->protocol, 0x8021);
  EXPECT_EQ(cause->direction, 7);
  EXPECT_EQ(cause->text, "\xc3\xa9");
}

TEST_F(Decode, ADisconnectCauseOutsideCdnIsIgnored) {
  const Bytes body = with(icrq, {.attribute = 46, .value = hex("0001 c021 01"), .mandatory = false});
  EXPECT_EQ(taken(body).notes.ignored_avps, 1);
}

TEST_F(Decode, AMalformedFirstAvpWithMClearDoesNotShadowASecondOne) {
  auto avps = minimal_avps(sccrq);
  avps.push_back({.attribute = 6, .value = hex("01"), .mandatory = false});
  avps.push_back({.attribute = 6, .value = hex("0690"), .mandatory = false});
  const Bytes body = raw(avps);
  const auto decoded = taken(body);
  EXPECT_EQ(std::get<Sccrq>(decoded.message).firmware_revision, 0x0690);
  EXPECT_EQ(decoded.notes.ignored_avps, 1);
}

// --- Hiding, §4.3

TEST_F(Decode, AHiddenAvpWithoutASecretIsRefusedOrIgnored) {
  auto avps = minimal_avps(icrq);
  avps.insert(avps.begin() + 1, random_vector(vector_one));
  avps.push_back(hidden(22, "31", vector_one));
  EXPECT_EQ(refused(raw(avps)).fault, MessageFault::hidden_without_secret);
  avps.back().mandatory = false;
  const Bytes body = raw(avps);
  EXPECT_EQ(taken(body).notes.ignored_avps, 1);
}

TEST_F(Decode, AHiddenAvpBeforeTheFirstRandomVectorIsRefusedOrIgnored) {
  auto avps = minimal_avps(icrq);
  avps.push_back(hidden(22, "31", vector_one));
  EXPECT_EQ(refused(raw(avps), secret).fault, MessageFault::hidden_without_vector);
  avps.push_back(random_vector(vector_one));
  EXPECT_EQ(refused(raw(avps), secret).fault, MessageFault::hidden_without_vector);
  find(avps, 22)->mandatory = false;
  const Bytes body = raw(avps);
  EXPECT_EQ(taken(body, secret).notes.ignored_avps, 1);
}

TEST_F(Decode, TheNearestRandomVectorBeforeAHiddenAvpApplies) {
  const Bytes vector_two = hex("a0a1a2a3a4");
  auto avps = minimal_avps(icrq);
  avps.push_back(random_vector(vector_one));
  avps.push_back(hidden(22, "3131", vector_one));
  avps.push_back(random_vector(vector_two));
  avps.push_back(hidden(21, "3232", vector_two));
  const Bytes body = raw(avps);
  const auto decoded = taken(body, secret);
  EXPECT_EQ(std::get<Icrq>(decoded.message).calling_number, "11");
  EXPECT_EQ(std::get<Icrq>(decoded.message).called_number, "22");
  EXPECT_EQ(decoded.notes.hidden_avps, 2);
}

TEST_F(Decode, AnEmptyRandomVectorIsRefusedOrIgnored) {
  const MessageError& error = refused(with(icrq, random_vector({})));
  EXPECT_EQ(error.fault, MessageFault::avp_length);
  EXPECT_EQ(error.attribute, 36);
  const Bytes body = with(icrq, {.attribute = 36, .mandatory = false});
  EXPECT_EQ(taken(body).notes.ignored_avps, 1);
}

TEST_F(Decode, ARandomVectorMayHaveAnyLengthFromOne) {
  for (const std::size_t size : {1u, 16u, 1017u}) {
    const Bytes body = with(icrq, random_vector(Bytes(size, std::byte{1})));
    EXPECT_EQ(taken(body).notes.ignored_avps, 0);
  }
}

TEST_F(Decode, AHiddenRandomVectorIsRefused) {
  EXPECT_EQ(refused(with(icrq, {.attribute = 36, .value = hex("01020304"), .hidden = true}), secret).fault,
            MessageFault::illegally_hidden);
}

TEST_F(Decode, AHiddenValueOfNoneOrOneOctetIsRefused) {
  for (const char* value : {"", "00"}) {
    auto avps = minimal_avps(icrq);
    avps.insert(avps.begin() + 1, random_vector(vector_one));
    avps.push_back({.attribute = 22, .value = hex(value), .hidden = true});
    EXPECT_EQ(refused(raw(avps), secret).fault, MessageFault::hidden_garbage);
  }
}

TEST_F(Decode, ManyLongHiddenAvpsAllFitTheScratchSpace) {
  std::vector<RawAvp> avps{type_avp(MessageType::hello), random_vector(vector_one)};
  for (std::uint16_t i = 0; i < 40; ++i) {
    avps.push_back(hidden(i, std::string(2 * 1015, '1'), vector_one, false));
    avps.back().vendor = 9;
  }
  const Bytes body = raw(avps);
  const auto decoded = taken(body, secret);
  ASSERT_EQ(decoded.vendor_avps.size(), 32u);
  EXPECT_EQ(decoded.vendor_avps[31].value.size(), 1015u);
  EXPECT_EQ(decoded.notes.hidden_avps, 32);
}

// --- Whom a refusal is addressed to

TEST_F(Decode, ARefusalNamesTheAssignedIdsThatStandBeforeAndAfterTheFault) {
  const Bytes body = raw({type_avp(sccrq),
                          {.attribute = 14, .value = hex("0055")},
                          {.attribute = 999},
                          {.attribute = 998},
                          {.attribute = 9, .value = hex("1234")}});
  const MessageError& error = refused(body);
  EXPECT_EQ(error.attribute, 999);
  EXPECT_EQ(error.assigned_session_id, 0x55);
  EXPECT_EQ(error.assigned_tunnel_id, 0x1234);
}

TEST_F(Decode, ARefusalNamesAHiddenAssignedId) {
  const Bytes body =
      raw({type_avp(icrq), {.attribute = 999}, random_vector(vector_one), hidden(14, "0055", vector_one)});
  EXPECT_EQ(refused(body, secret).assigned_session_id, 0x55);
  EXPECT_FALSE(refused(body).assigned_session_id.has_value());
}

TEST_F(Decode, ARefusalNamesNoIdThatIsZeroOrOfAnotherLengthOrOfAVendor) {
  const Bytes body = raw({type_avp(icrq),
                          {.attribute = 14, .value = hex("0000")},
                          {.attribute = 14, .value = hex("000055")},
                          {.attribute = 14, .value = hex("0066"), .mandatory = false, .vendor = 9},
                          {.attribute = 9, .value = hex("0066"), .mandatory = false, .reserved = 0x0400}});
  const MessageError& error = refused(body);
  EXPECT_FALSE(error.assigned_session_id.has_value());
  EXPECT_FALSE(error.assigned_tunnel_id.has_value());
}

TEST_F(Decode, ARefusalOfBrokenFramingNamesTheIdsBeforeIt) {
  Bytes body = raw(minimal_avps(icrq));
  append(body, hex("8000 0000 0009 1234"));
  EXPECT_EQ(refused(body).assigned_session_id, 0x2345);
}

TEST_F(Decode, ARefusalOfAnUnknownTypeOrAMissingAvpNamesTheIdsToo) {
  EXPECT_EQ(refused(raw({type_avp(MessageType{200}), {.attribute = 9, .value = hex("0077")}})).assigned_tunnel_id,
            0x77);
  EXPECT_EQ(refused(raw({type_avp(icrq), {.attribute = 14, .value = hex("0055")}})).assigned_session_id, 0x55);
  EXPECT_EQ(refused(raw({{.attribute = 14, .value = hex("0055")}})).assigned_session_id, 0x55);
}

// --- The observer

struct Recorder : AvpObserver {
  struct Seen {
    std::uint16_t vendor, attribute;
    bool mandatory, hidden;
    std::size_t length;
    std::string value;
  };
  void avp(std::uint16_t vendor, std::uint16_t attribute, bool mandatory, bool hidden, std::size_t length,
           Octets value) override {
    seen.push_back({vendor, attribute, mandatory, hidden, length, to_hex(value)});
  }
  std::vector<Seen> seen;
};

TEST_F(Decode, TheObserverSeesEachAvpInOrder) {
  Recorder recorder;
  const Bytes body = with(icrq, {.attribute = 5, .value = hex("aa"), .mandatory = false, .vendor = 9});
  ASSERT_TRUE(decoder_.decode(body, {}, &recorder).has_value());
  ASSERT_EQ(recorder.seen.size(), 4u);
  EXPECT_EQ(recorder.seen[0].attribute, 0);
  EXPECT_EQ(recorder.seen[1].attribute, 14);
  EXPECT_EQ(recorder.seen[1].value, "2345");
  EXPECT_EQ(recorder.seen[1].length, 8u);
  EXPECT_TRUE(recorder.seen[1].mandatory);
  EXPECT_EQ(recorder.seen[3].vendor, 9);
  EXPECT_FALSE(recorder.seen[3].mandatory);
}

TEST_F(Decode, TheObserverSeesTheAvpAtFaultAndNoneAfterIt) {
  Recorder recorder;
  const Bytes body = raw({type_avp(icrq), {.attribute = 999}, {.attribute = 14, .value = hex("2345")}});
  ASSERT_FALSE(decoder_.decode(body, {}, &recorder).has_value());
  ASSERT_EQ(recorder.seen.size(), 2u);
  EXPECT_EQ(recorder.seen[1].attribute, 999);
}

TEST_F(Decode, TheObserverNeverSeesSecretOrHiddenValues) {
  Recorder recorder;
  auto avps = full_avps(sccrp);
  avps.insert(avps.begin() + 1, random_vector(vector_one));
  avps.push_back(hidden(4, "00000001", vector_one));
  const Bytes offer = raw(avps);
  ASSERT_TRUE(decoder_.decode(offer, secret, &recorder).has_value());
  const Bytes call = raw(full_avps(iccn));
  ASSERT_TRUE(decoder_.decode(call, secret, &recorder).has_value());
  unsigned secrets = 0;
  for (const auto& seen : recorder.seen) {
    if (!seen.hidden && seen.attribute != 11 && seen.attribute != 13 && seen.attribute != 33 && seen.attribute != 36)
      continue;
    ++secrets;
    EXPECT_EQ(seen.value, "") << seen.attribute;
  }
  EXPECT_EQ(secrets, 5u);
}

// --- Use and reuse

TEST_F(Decode, ADecoderIsUsedAgainAfterARefusal) {
  refused(raw({type_avp(icrq), {.attribute = 999}}));
  const Bytes body = raw(full_avps(iccn));
  EXPECT_EQ(to_hex(body_of(taken(body).message)), to_hex(body));
}

TEST_F(Decode, WhatWasUnhiddenIsWipedByTheNextUse) {
  const Bytes body = raw({type_avp(iccn),
                          {.attribute = 24, .value = hex("00000001")},
                          {.attribute = 19, .value = hex("00000001")},
                          random_vector(vector_one),
                          hidden(33, "70617373776f7264", vector_one, false)});
  const auto decoded = taken(body, secret);
  const Octets password = *std::get<Iccn>(decoded.message).proxy.authen_response;
  EXPECT_EQ(to_hex(password), "70617373776f7264");
  taken({});
  EXPECT_EQ(to_hex(password), "0000000000000000"); // the view's memory is the decoder's and lives on
}

} // namespace
} // namespace openl2tp::protocol
