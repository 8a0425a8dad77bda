// AVPs of other vendors: what the decoder takes for an owner, how they are added and hidden, and that an owner sees
// what was accepted, in time for the answer, and nothing else. RFC 2661 §4.1, §4.3.
#include "protocol/vendor_avps.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocol/wire/hiding.hpp"
#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

constexpr std::uint16_t vendor = 9, stranger = 10;

/// Owns `vendor`, understands what it was told to, keeps what it reads as "TYPE attribute=value..." and adds
/// `additions`.
struct Owner final : VendorAvpOwner {
  std::set<std::uint16_t> owned{vendor};
  std::set<std::uint16_t> known{1, 2, 3};
  std::vector<VendorAvp> additions;
  Lines seen;
  std::vector<VendorMessage> read_facts, add_facts;
  std::vector<VendorAvpWriter::Added> answers;

  [[nodiscard]] bool owns(std::uint16_t id) const noexcept override { return owned.contains(id); }
  [[nodiscard]] bool understands(std::uint16_t, std::uint16_t attribute) const noexcept override {
    return known.contains(attribute);
  }
  void read(const VendorMessage& message, std::span<const VendorAvp> avps) noexcept override {
    read_facts.push_back(message);
    std::string line = "read " + std::string(name(message.type));
    for (const VendorAvp& avp : avps)
      line += " " + std::to_string(avp.attribute) + "=" + to_hex(avp.value) + (avp.mandatory ? "M" : "") +
              (avp.hidden ? "H" : "");
    seen.push_back(line);
  }
  void add(const VendorMessage& message, VendorAvpWriter& writer) noexcept override {
    add_facts.push_back(message);
    seen.push_back("add " + std::string(name(message.type)));
    for (const VendorAvp& avp : additions)
      answers.push_back(writer.add(avp));
  }
};

RawAvp owned(std::uint16_t attribute, std::string_view value, bool mandatory = true) {
  return {.attribute = attribute, .value = hex(value), .mandatory = mandatory, .vendor = vendor};
}

RawAvp hidden_avp(std::uint16_t attribute, std::string_view value, Octets secret, const Bytes& vector, bool mandatory) {
  const Bytes clear = hex(value);
  Bytes octets;
  append_u16(octets, static_cast<unsigned>(clear.size()));
  append(octets, clear);
  hide(octets, attribute, secret, vector);
  return {.attribute = attribute, .value = octets, .mandatory = mandatory, .hidden = true, .vendor = vendor};
}

/// The AVPs of `vendor` in a message that was sent, as "attribute=value".
Lines vendor_avps_of(const SentMessage& message) {
  Lines lines;
  for (const RawAvp& avp : message.avps())
    if (avp.vendor == vendor)
      lines.push_back(std::to_string(avp.attribute) + "=" + to_hex(avp.value) + (avp.mandatory ? "M" : "") +
                      (avp.hidden ? "H" : ""));
  return lines;
}

// ---- the decoder ----

class ClaimedAvps : public testing::Test {
 protected:
  tl::expected<DecodedMessage, MessageError> decode(const std::vector<RawAvp>& more, Octets with = {},
                                                    MessageType type = MessageType::icrq) {
    auto avps = minimal_avps(type);
    avps.insert(avps.end(), more.begin(), more.end());
    body_ = raw(avps);
    return decoder_.decode(body_, with, nullptr, &owner_);
  }
  const Bytes secret_ = octets_of("secret"), vector_ = hex("0102030405060708");
  Owner owner_;

 private:
  Bytes body_;
  MessageDecoder decoder_;
};

TEST_F(ClaimedAvps, AMandatoryOneThatIsUnderstoodIsListed) {
  const auto decoded = decode({owned(1, "aa"), owned(2, "", false)});
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->vendor_avps.size(), 2U);
  EXPECT_EQ(decoded->vendor_avps[0].attribute, 1);
  EXPECT_TRUE(decoded->vendor_avps[0].mandatory);
  EXPECT_FALSE(decoded->vendor_avps[0].hidden);
  EXPECT_EQ(to_hex(decoded->vendor_avps[0].value), "aa");
  EXPECT_FALSE(decoded->vendor_avps[1].mandatory);
  EXPECT_EQ(decoded->notes.vendor_avps, 2);
}

TEST_F(ClaimedAvps, AMandatoryOneThatIsNotUnderstoodRefusesTheMessage) {
  const auto decoded = decode({owned(4, "aa")});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().fault, MessageFault::unknown_mandatory_avp);
  EXPECT_EQ(decoded.error().vendor, vendor);
}

TEST_F(ClaimedAvps, OneThatIsNotUnderstoodMayComeAlong) {
  const auto decoded = decode({owned(4, "aa", false)});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->vendor_avps.size(), 1U);
}

TEST_F(ClaimedAvps, OfOtherVendorsAreRefusedOrCounted) {
  RawAvp other = owned(1, "aa");
  other.vendor = stranger;
  EXPECT_FALSE(decode({other}));
  other.mandatory = false;
  const auto decoded = decode({other, owned(1, "bb")});
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->vendor_avps.size(), 1U);
  EXPECT_EQ(decoded->vendor_avps[0].vendor, vendor);
  EXPECT_EQ(decoded->notes.vendor_avps, 2);
}

TEST_F(ClaimedAvps, HiddenOnesAreOpened) {
  const auto decoded =
      decode({{.attribute = 36, .value = vector_}, hidden_avp(1, "c0ffee", secret_, vector_, true)}, secret_);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->vendor_avps.size(), 1U);
  EXPECT_EQ(to_hex(decoded->vendor_avps[0].value), "c0ffee");
  EXPECT_TRUE(decoded->vendor_avps[0].hidden);
  EXPECT_EQ(decoded->notes.hidden_avps, 1);
}

TEST_F(ClaimedAvps, AMandatoryHiddenOneThatCannotBeOpenedRefusesTheMessage) {
  const RawAvp vector{.attribute = 36, .value = vector_};
  EXPECT_EQ(decode({vector, hidden_avp(1, "aa", secret_, vector_, true)}).error().fault,
            MessageFault::hidden_without_secret);
  EXPECT_EQ(decode({hidden_avp(1, "aa", secret_, vector_, true)}, secret_).error().fault,
            MessageFault::hidden_without_vector);
  RawAvp garbage = hidden_avp(1, "aa", secret_, vector_, true);
  garbage.value = hex("ff");
  EXPECT_EQ(decode({vector, garbage}, secret_).error().fault, MessageFault::hidden_garbage);
}

TEST_F(ClaimedAvps, AnOptionalHiddenOneThatCannotBeOpenedIsIgnored) {
  const auto decoded = decode({hidden_avp(1, "aa", secret_, vector_, false)}, secret_);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->vendor_avps.empty());
  EXPECT_EQ(decoded->notes.ignored_avps, 1);
}

TEST_F(ClaimedAvps, SixteenOfAVendorAreTaken) {
  std::vector<RawAvp> avps(16, owned(1, "aa"));
  EXPECT_EQ(decode(avps)->vendor_avps.size(), 16U);
  avps.push_back(owned(2, "bb", false));
  const auto decoded = decode(avps);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->vendor_avps.size(), 16U);
  EXPECT_EQ(decoded->notes.ignored_avps, 1);
}

TEST_F(ClaimedAvps, ASeventeenthThatIsMandatoryRefusesTheMessage) {
  const auto decoded = decode(std::vector<RawAvp>(17, owned(1, "aa")));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().fault, MessageFault::too_many_avps);
}

TEST_F(ClaimedAvps, EachVendorHasItsSixteen) {
  owner_.owned = {vendor, stranger};
  std::vector<RawAvp> avps(16, owned(1, "aa"));
  for (int i = 0; i < 16; ++i) {
    avps.push_back(owned(1, "bb"));
    avps.back().vendor = stranger;
  }
  EXPECT_EQ(decode(avps)->vendor_avps.size(), 32U);
}

TEST_F(ClaimedAvps, ReservedBitsMakeThemUnrecognised) {
  RawAvp reserved = owned(1, "aa");
  reserved.reserved = 0x0400;
  EXPECT_EQ(decode({reserved}).error().fault, MessageFault::unknown_mandatory_avp);
}

TEST_F(ClaimedAvps, InMessagesThatCarryNoneTheClaimDoesNotCount) {
  EXPECT_FALSE(decode({owned(1, "aa")}, {}, MessageType::hello));
  EXPECT_TRUE(decode({owned(1, "aa", false)}, {}, MessageType::hello));
}

// ---- the writer and the encoder ----

class Writing : public testing::Test {
 protected:
  using Added = VendorAvpWriter::Added;
  static VendorAvp avp(const Bytes& value, bool hidden = false) {
    return {.vendor = vendor, .attribute = 1, .mandatory = false, .value = value, .hidden = hidden};
  }
  VendorAvpWriter writer_;
};

TEST_F(Writing, CopiesWhatIsAdded) {
  writer_.begin(100, false);
  Bytes value = hex("aabb");
  EXPECT_EQ(writer_.add(avp(value)), Added::yes);
  value = hex("0000");
  ASSERT_EQ(writer_.avps().size(), 1U);
  EXPECT_EQ(to_hex(writer_.avps()[0].value), "aabb");
}

TEST_F(Writing, RefusesWhatIsNoVendorsOrTooLong) {
  writer_.begin(4000, true);
  EXPECT_EQ(writer_.add({.vendor = 0, .attribute = 1}), Added::invalid);
  EXPECT_EQ(writer_.add(avp(Bytes(1018))), Added::invalid);
  EXPECT_EQ(writer_.add(avp(Bytes(1016), true)), Added::invalid);
  EXPECT_EQ(writer_.add(avp(Bytes(1015), true)), Added::yes);
}

TEST_F(Writing, CountsHeadersAndTheVectorAgainstTheRoom) {
  writer_.begin(20, true);
  EXPECT_EQ(writer_.add(avp(Bytes(15))), Added::no_room);
  EXPECT_EQ(writer_.add(avp(Bytes(14))), Added::yes);
  EXPECT_EQ(writer_.add(avp(Bytes(0))), Added::no_room);
  writer_.begin(22 + 8 + 10, true);
  EXPECT_EQ(writer_.add(avp(Bytes(11), true)), Added::no_room);
  EXPECT_EQ(writer_.add(avp(Bytes(10), true)), Added::yes);
  writer_.begin(22 + 8 + 10 + 8 + 10, true);
  EXPECT_EQ(writer_.add(avp(Bytes(10), true)), Added::yes);
  EXPECT_EQ(writer_.add(avp(Bytes(10), true)), Added::yes) << "one vector serves all";
}

TEST_F(Writing, TakesSixteenAndTwoKibibytes) {
  writer_.begin(100'000, false);
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(writer_.add(avp(Bytes(1))), Added::yes);
  EXPECT_EQ(writer_.add(avp(Bytes(1))), Added::no_room);
  writer_.begin(100'000, false);
  EXPECT_EQ(writer_.add(avp(Bytes(1017))), Added::yes);
  EXPECT_EQ(writer_.add(avp(Bytes(1017))), Added::yes);
  EXPECT_EQ(writer_.add(avp(Bytes(0))), Added::no_room);
}

TEST_F(Writing, HidesNothingWithoutASecret) {
  writer_.begin(1000, false);
  EXPECT_EQ(writer_.add(avp(Bytes(1), true)), Added::no_secret);
  EXPECT_TRUE(writer_.avps().empty());
}

TEST_F(Writing, TheEncoderHidesWhatSaysSoAndSendsAVectorForIt) {
  const Bytes secret = octets_of("secret"), value = hex("c0ffee");
  SeededRandom random(1);
  const VendorAvp avps[]{avp(value), avp(value, true)};
  const auto sent = split(body_of(Icrp{.assigned_session_id = 7},
                                  {.hide = false, .secret = secret, .random = &random, .vendor_avps = avps}));
  ASSERT_EQ(sent.size(), 5U); // Message Type, Random Vector, Assigned Session ID, ours
  EXPECT_EQ(sent[1].attribute, 36);
  EXPECT_FALSE(sent[2].hidden);
  EXPECT_EQ(sent[3].value, value);
  EXPECT_TRUE(sent[4].hidden);
  std::array<std::byte, 64> space;
  const auto opened = unhide(sent[4].value, 1, secret, sent[1].value, space);
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(*opened), "c0ffee");
}

TEST_F(Writing, TheEncoderSendsNothingInClearThatIsToBeHidden) {
  const Bytes value = hex("c0ffee");
  const VendorAvp avps[]{avp(value, true)};
  std::array<std::byte, 512> out;
  const auto size = encode(out, 1, 2, Icrp{.assigned_session_id = 7}, {.vendor_avps = avps});
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error(), EncodeError::no_secret);
}

// ---- an owner and its engine ----

class OwnedByOne : public testing::Test {
 protected:
  OwnedByOne() { bench.engine.set_vendor_avp_owner(&owner); }
  Bench bench;
  RawPeer lac{bench};
  Owner owner;
};

TEST_F(OwnedByOne, SeesARequestBeforeItsAnswerIsComposed) {
  const Lines lines = lac.send(with(lac.sccrq(), {owned(1, "aabb")}));
  EXPECT_EQ(lines, (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(owner.seen, (Lines{"read SCCRQ 1=aabbM", "add SCCRP"}));
  EXPECT_EQ(owner.read_facts[0].tunnel, lac.tunnel());
  EXPECT_EQ(owner.read_facts[0].peer_tunnel.value, lac.id);
  EXPECT_EQ(owner.read_facts[0].session, SessionId{});
}

TEST_F(OwnedByOne, SeesEveryMessageOfATunnelAndACall) {
  lac.send(with(lac.sccrq(), {owned(1, "01")}));
  lac.send(with(Scccn{}, {owned(1, "03")}));
  lac.send(with(an_icrq(), {owned(1, "10")}));
  const std::uint16_t session = bench.last<SessionCreated>().session.value;
  lac.send(with(an_iccn(), {owned(1, "12")}), session);
  lac.send(with(a_cdn(), {owned(1, "14")}), session);
  lac.send(with(a_stopccn(lac.id), {owned(1, "04")}));
  EXPECT_EQ(owner.seen, (Lines{"read SCCRQ 1=01M", "add SCCRP", "read SCCCN 1=03M", "read ICRQ 1=10M", "add ICRP",
                               "read ICCN 1=12M", "read CDN 1=14M", "read StopCCN 1=04M"}));
  for (const std::size_t of_call : {2U, 3U, 4U}) {
    EXPECT_EQ(owner.read_facts[of_call].session.value, session);
    EXPECT_EQ(owner.read_facts[of_call].peer_session.value, 500);
    EXPECT_EQ(owner.read_facts[of_call].tunnel, lac.tunnel());
  }
  EXPECT_EQ(owner.add_facts[1].session.value, session);
  EXPECT_EQ(owner.add_facts[1].peer_session.value, 500);
}

TEST_F(OwnedByOne, IsNotCalledForAMessageWithoutAny) {
  lac.establish();
  EXPECT_TRUE(owner.read_facts.empty());
}

TEST_F(OwnedByOne, SeesNothingOfARepeatedMessage) {
  lac.establish();
  lac.send(with(an_icrq(), {owned(1, "aa")}));
  lac.repeat();
  EXPECT_EQ(owner.read_facts.size(), 1U);
}

TEST_F(OwnedByOne, SeesNothingOfARefusedTunnel) {
  bench.policy.tunnel_refusal =
      Refusal{.cause = RefusalCause::denied, .reason = make_reason(StopResult::not_authorised)};
  lac.send(with(lac.sccrq(), {owned(1, "aa")}));
  EXPECT_TRUE(owner.seen.empty());
}

TEST_F(OwnedByOne, SeesNothingOfARefusedCall) {
  lac.establish();
  bench.policy.session_refusal =
      Refusal{.cause = RefusalCause::denied, .reason = make_reason(CdnResult::administrative)};
  lac.send(with(an_icrq(), {owned(1, "aa")}));
  EXPECT_TRUE(owner.read_facts.empty());
  EXPECT_EQ(owner.seen.back(), "add CDN");
  EXPECT_EQ(owner.add_facts.back().session, SessionId{});
}

TEST_F(OwnedByOne, SeesNothingOfAWrongResponse) {
  bench.policy.tunnel->secret = Secret("secret");
  bench.policy.tunnel->auth_mode = AuthMode::challenge;
  lac.send(lac.sccrq());
  lac.send(with(Scccn{}, {owned(1, "aa")}));
  EXPECT_TRUE(owner.read_facts.empty());
}

TEST_F(OwnedByOne, SeesNothingOfAMessageOutOfPlace) {
  lac.establish();
  lac.send(an_icrq());
  const std::uint16_t session = bench.last<SessionCreated>().session.value;
  lac.send(with(Icrp{.assigned_session_id = 600}, {owned(1, "aa")}), session); // an LNS's message from a LAC
  lac.send(with(an_iccn(), {owned(1, "bb")}), 999);                            // of no call
  EXPECT_TRUE(owner.read_facts.empty());
}

TEST_F(OwnedByOne, AMandatoryOneThatItDoesNotUnderstandEndsTheCall) {
  lac.establish();
  EXPECT_EQ(lac.send(with(an_icrq(), {owned(7, "aa")})), (Lines{"CDN 2/8"}));
}

TEST_F(OwnedByOne, AddsToWhatIsSentAndToItsRetransmissions) {
  const Bytes value = hex("cafe");
  owner.additions = {{.vendor = vendor, .attribute = 2, .mandatory = true, .value = value}};
  lac.send(lac.sccrq());
  const Bytes first = bench.newest(MessageType::sccrp).octets;
  EXPECT_EQ(vendor_avps_of(bench.newest(MessageType::sccrp)), (Lines{"2=cafeM"}));
  lac.pass(Duration{1100});
  EXPECT_EQ(bench.count(MessageType::sccrp), 2U);
  EXPECT_EQ(bench.newest(MessageType::sccrp).octets, first);
  EXPECT_EQ(owner.add_facts.size(), 1U);
}

TEST_F(OwnedByOne, AddsToWhatWeAskFor) {
  const Bytes value = hex("cafe");
  owner.additions = {{.vendor = vendor, .attribute = 2, .mandatory = false, .value = value}};
  lac.called();
  EXPECT_EQ(vendor_avps_of(bench.newest(MessageType::sccrq)), (Lines{"2=cafe"}));
  EXPECT_EQ(owner.add_facts[0].tunnel.value, lac.ours);
  EXPECT_EQ(owner.add_facts[0].peer_tunnel.value, 0);
  lac.send(with(lac.sccrp(), {owned(1, "aa")}));
  EXPECT_EQ(owner.seen, (Lines{"add SCCRQ", "read SCCRP 1=aaM", "add SCCCN"}));
}

TEST_F(OwnedByOne, AddsToTheMessagesOfACallThatWeOpen) {
  lac.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  owner.seen.clear();
  owner.add_facts.clear();
  const SessionId session = bench.engine.open_session(lac.tunnel(), settings, std::nullopt, 0, bench.now).value();
  lac.take();
  lac.send(with(Icrp{.assigned_session_id = 600}, {owned(1, "aa")}), session.value);
  ASSERT_EQ(owner.seen, (Lines{"add ICRQ", "read ICRP 1=aaM", "add ICCN"}));
  EXPECT_EQ(owner.add_facts[0].session, session);
  EXPECT_EQ(owner.add_facts[1].session, session); // ICCN does not name it
  EXPECT_EQ(owner.add_facts[1].peer_session.value, 600);
}

TEST_F(OwnedByOne, NothingIsAddedToHello) {
  lac.establish();
  owner.seen.clear();
  lac.pass(Duration{70'000});
  EXPECT_GT(bench.count(MessageType::hello), 0U);
  EXPECT_TRUE(owner.seen.empty());
}

TEST_F(OwnedByOne, AnSccrpStaysShortForWhomeverAsked) {
  const Bytes value(200);
  owner.additions.assign(16, {.vendor = vendor, .attribute = 2, .mandatory = false, .value = value});
  lac.send(lac.sccrq());
  EXPECT_LE(bench.newest(MessageType::sccrp).octets.size(), 4 * lac.last.size());
  EXPECT_EQ(owner.answers.back(), VendorAvpWriter::Added::no_room);
}

TEST_F(OwnedByOne, HiddenOnesNeedASecretAndAnythingButAnSccrq) {
  const Bytes value = hex("cafe");
  owner.additions = {{.vendor = vendor, .attribute = 2, .mandatory = false, .value = value, .hidden = true}};
  lac.send(lac.sccrq());
  EXPECT_EQ(owner.answers.back(), VendorAvpWriter::Added::no_secret);
  EXPECT_TRUE(vendor_avps_of(bench.newest(MessageType::sccrp)).empty());

  auto settings = PlainPolicy::default_tunnel();
  settings->secret = Secret("secret");
  RawPeer lns(bench, 200, {.address = IpAddress::v4(192, 0, 2, 9), .port = 1701});
  lns.called(settings);
  EXPECT_EQ(owner.answers.back(), VendorAvpWriter::Added::no_secret);
  lns.send(lns.sccrp());
  EXPECT_EQ(owner.answers.back(), VendorAvpWriter::Added::yes);
  const SentMessage& scccn = bench.newest(MessageType::scccn);
  ASSERT_EQ(vendor_avps_of(scccn).size(), 1U);
  EXPECT_EQ(vendor_avps_of(scccn)[0].back(), 'H');
  MessageDecoder decoder;
  const auto decoded = decoder.decode(scccn.body(), settings->secret.octets());
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->vendor_avps.size(), 1U);
  EXPECT_EQ(to_hex(decoded->vendor_avps[0].value), "cafe");
}

TEST(WithoutAnOwner, AMandatoryOneEndsTheCall) {
  Bench bench;
  RawPeer lac(bench);
  lac.establish();
  EXPECT_EQ(lac.send(with(an_icrq(), {owned(1, "aa")})), (Lines{"CDN 2/8"}));
}

TEST(WithoutAnOwner, OneThatWasTakenAwayIsNotCalled) {
  Bench bench;
  Owner owner;
  RawPeer lac(bench);
  bench.engine.set_vendor_avp_owner(&owner);
  bench.engine.set_vendor_avp_owner(nullptr);
  lac.send(with(lac.sccrq(), {owned(4, "aa", false)}));
  EXPECT_TRUE(owner.seen.empty());
}

} // namespace
} // namespace openl2tp::protocol
