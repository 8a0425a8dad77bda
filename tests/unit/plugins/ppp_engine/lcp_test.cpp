// LCP in a link, octet by octet: options, magic number, echo, rejects. Frames are assembled by hand from RFC 1661.
#include "plugins/ppp_engine/lcp.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::at;
using testing_support::Bytes;
using testing_support::hex;
using testing_support::Node;
using testing_support::Seen;
using testing_support::to_hex;

enum : std::uint8_t {
  cr = 1,
  ca = 2,
  cn = 3,
  cj = 4,
  tr = 5,
  ta = 6,
  code_rej = 7,
  proto_rej = 8,
  echo = 9,
  reply = 10
};

LinkSettings plain() {
  LinkSettings settings;
  settings.request_pfc = settings.request_acfc = false;
  settings.ipv6 = false;
  return settings;
}

/// A node whose LCP is open; the peer asked for a magic number alone.
struct OpenNode : Node {
  explicit OpenNode(const LinkSettings& settings = plain(), std::string_view peer_options = "0506 aabbccdd")
      : Node(settings) {
    link.open(at(0));
    take();
    const Seen request = next(Protocol::lcp, cr);
    hear(testing_support::make_frame(Protocol::lcp, ca, request.id, request.data), at(0));
    hear(Protocol::lcp, cr, 1, peer_options, at(0));
    own_magic = to_hex(request.data).substr(to_hex(request.data).find("0506") + 4, 8);
    next(Protocol::lcp, ca);
  }
  std::string own_magic;
};

TEST(Lcp, AsksForWhatTheSettingsSay) {
  LinkSettings settings;
  settings.mru = 1400;
  settings.request_accm = true;
  settings.accm = 0x000a0000;
  settings.require = {AuthMethod::chap_md5};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  EXPECT_EQ(request.protocol, Protocol::lcp);
  EXPECT_EQ(request.code, cr);
  const std::string options = to_hex(request.data);
  ASSERT_EQ(options.size(), 2 * 25U);
  EXPECT_EQ(options.substr(0, 34), "010405780206000a00000305c223050506");
  EXPECT_EQ(options.substr(42), "07020802");
}

TEST(Lcp, DoesNotAskForDefaults) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  ASSERT_EQ(request.data.size(), 6U); // the magic number alone
  EXPECT_EQ(to_hex(request.data).substr(0, 4), "0506");
}

TEST(Lcp, AsksWithTheOptionOfEachMethod) {
  const std::pair<AuthMethod, const char*> rows[] = {{AuthMethod::pap, "0304c023"},
                                                     {AuthMethod::chap_md5, "0305c22305"},
                                                     {AuthMethod::mschap_v1, "0305c22380"},
                                                     {AuthMethod::mschap_v2, "0305c22381"}};
  for (const auto& [method, option] : rows) {
    LinkSettings settings = plain();
    settings.require = {method};
    Node node(settings);
    node.link.open(at(0));
    node.take();
    EXPECT_TRUE(to_hex(node.next().data).starts_with(option)) << name(method);
  }
}

TEST(Lcp, AcknowledgesEveryOptionThatItKnows) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  const char* options = "010405d4 0206000a0000 0506aabbccdd 0702 0802";
  node.hear(Protocol::lcp, cr, 0x33, options, at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, ca);
  EXPECT_EQ(answer.id, 0x33);
  EXPECT_EQ(to_hex(answer.data), to_hex(hex(options)));
}

TEST(Lcp, RejectsOptionsThatItDoesNotKnowAndThoseAlone) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  // MRRU and an endpoint discriminator (multilink), quality protocol, callback.
  node.hear(Protocol::lcp, cr, 5, "0506aabbccdd 110405dc 1303 00 0408c02500000000 0d0306", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cj);
  EXPECT_EQ(to_hex(answer.data), "110405dc1303000408c025000000000d0306");
}

TEST(Lcp, RejectsOptionsOfAWrongLength) {
  for (const char* option :
       {"0103ff", "01050000dc", "0205000000", "0505aabbcc", "070300", "080300", "0303c0", "0305c02300"}) {
    LinkSettings settings = plain();
    settings.offer = {AuthMethod::pap};
    Node node(settings);
    node.link.open(at(0));
    node.take();
    node.next();
    node.hear(Protocol::lcp, cr, 5, option, at(0));
    const Seen answer = node.next();
    EXPECT_EQ(answer.code, cj) << option;
    EXPECT_EQ(to_hex(answer.data), option);
  }
}

TEST(Lcp, RejectsTheSecondOfAnOption) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, cr, 5, "010405d4 010405d5", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cj);
  EXPECT_EQ(to_hex(answer.data), "010405d5");
}

TEST(Lcp, NaksAnMruBelow128) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, cr, 5, "01040040", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cn);
  EXPECT_EQ(to_hex(answer.data), "01040080");
}

TEST(Lcp, TakesASmallerMruFromANak) {
  LinkSettings settings = plain();
  settings.mru = 1492;
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cn, request.id, "01040500", at(0));
  EXPECT_TRUE(to_hex(node.next().data).starts_with("01040500"));
}

TEST(Lcp, DoesNotTakeAnMruBeyondItsOwnFromANak) {
  LinkSettings settings = plain();
  settings.mru = 1492;
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cn, request.id, "01040fff", at(0));
  EXPECT_TRUE(to_hex(node.next().data).starts_with("010405d4"));
}

TEST(Lcp, LeavesOutWhatIsRejected) {
  LinkSettings settings;
  settings.mru = 1400;
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  const std::string magic = to_hex(request.data).substr(8, 12);
  node.hear(Protocol::lcp, cj, request.id, "01040578 " + magic + " 0702 0802", at(0));
  EXPECT_EQ(node.next().data.size(), 0U);
}

// ---- authentication protocol

TEST(Lcp, RejectsAuthenticationThatItNeverGives) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, cr, 5, "0305c22305", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cj);
  EXPECT_EQ(to_hex(answer.data), "0305c22305");
}

TEST(Lcp, NaksEapWithWhatItOffers) {
  LinkSettings settings = plain();
  settings.offer = {AuthMethod::chap_md5, AuthMethod::pap};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, cr, 5, "0304c227", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cn);
  EXPECT_EQ(to_hex(answer.data), "0305c22305");
}

TEST(Lcp, NaksAMethodThatItDoesNotOffer) {
  LinkSettings settings = plain();
  settings.offer = {AuthMethod::mschap_v2};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  node.next();
  for (const char* option : {"0304c023", "0305c22305", "0305c22380", "0305c22306"}) {
    node.hear(Protocol::lcp, cr, 5, option, at(0));
    EXPECT_EQ(to_hex(node.next().data), "0305c22381") << option;
  }
}

TEST(Lcp, NamesAnotherOfItsMethodsToAPeerThatInsists) {
  LinkSettings settings = plain();
  settings.offer = {AuthMethod::pap, AuthMethod::mschap_v1, AuthMethod::mschap_v2};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  node.next();
  for (const char* suggested : {"0305c22381", "0305c22380", "0304c023", "0305c22381"}) {
    node.hear(Protocol::lcp, cr, 5, "0305c22305", at(0)); // l2tpns asks for CHAP until it hears of PAP
    const Seen answer = node.next();
    EXPECT_EQ(answer.code, cn);
    EXPECT_EQ(to_hex(answer.data), suggested);
  }
}

TEST(Lcp, AsksForTheMethodThatThePeerSuggests) {
  LinkSettings settings = plain();
  settings.require = {AuthMethod::chap_md5, AuthMethod::pap, AuthMethod::mschap_v2};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cn, request.id, "0304c023", at(0));
  EXPECT_TRUE(to_hex(node.next().data).starts_with("0304c023"));
}

TEST(Lcp, GoesThroughItsMethodsWhenThePeerSuggestsNoneOfThem) {
  LinkSettings settings = plain();
  settings.require = {AuthMethod::chap_md5, AuthMethod::pap};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  Seen request = node.next();
  EXPECT_TRUE(to_hex(request.data).starts_with("0305c22305"));
  node.hear(Protocol::lcp, cn, request.id, "0304c227", at(0)); // EAP
  request = node.next();
  EXPECT_TRUE(to_hex(request.data).starts_with("0304c023"));
  node.hear(Protocol::lcp, cn, request.id, "0304c227", at(0));
  EXPECT_EQ(node.link.end_reason(), EndReason::peer_refuses_auth);
}

TEST(Lcp, EndsTheLinkWhenThePeerRejectsAuthentication) {
  LinkSettings settings = plain();
  settings.require = {AuthMethod::chap_md5};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cj, request.id, "0305c22305", at(0));
  EXPECT_EQ(node.link.end_reason(), EndReason::peer_refuses_auth);
  EXPECT_EQ(node.link.phase(), Phase::terminate);
  EXPECT_EQ(node.next().code, 5) << "no request without authentication in front of the Terminate-Request";
}

TEST(Lcp, AsksForNothingMoreWhenThePeerNaksTheLastMethod) {
  LinkSettings settings = plain();
  settings.require = {AuthMethod::pap};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cn, request.id, "0304c227", at(0));
  EXPECT_EQ(node.link.end_reason(), EndReason::peer_refuses_auth);
  EXPECT_EQ(node.next().code, 5);
  EXPECT_TRUE(node.sent.empty());
}

// ---- magic number

TEST(Lcp, NaksAMagicNumberOfZero) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, cr, 5, "050600000000", at(0));
  const Seen answer = node.next();
  EXPECT_EQ(answer.code, cn);
  EXPECT_EQ(to_hex(answer.data).substr(0, 4), "0506");
  EXPECT_NE(to_hex(answer.data), "050600000000");
}

TEST(Lcp, EndsALinkThatIsLoopedBack) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  for (int i = 0; i < 50 && !node.sent.empty(); ++i) {
    const Bytes own = node.sent.front();
    node.sent.pop_front();
    node.hear(own, at(i));
  }
  EXPECT_EQ(node.link.end_reason(), EndReason::looped_back);
}

TEST(Lcp, TakesAnotherMagicNumberWhenNaked) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(Protocol::lcp, cn, request.id, "050601020304", at(0));
  const Seen second = node.next();
  EXPECT_NE(to_hex(second.data), to_hex(request.data));
  EXPECT_EQ(second.data.size(), 6U);
}

TEST(Lcp, ForgivesOneMagicNumberThatIsEqualByChance) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(testing_support::make_frame(Protocol::lcp, cr, 9, request.data), at(0));
  EXPECT_EQ(node.next().code, cn);
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
}

// ---- echo and the other codes

TEST(Lcp, AnswersAnEchoWithItsOwnMagicNumber) {
  OpenNode node;
  node.hear(Protocol::lcp, echo, 0x77, "aabbccdd 010203", at(0));
  const Seen answer = node.next(Protocol::lcp, reply);
  EXPECT_EQ(answer.id, 0x77);
  EXPECT_EQ(to_hex(answer.data), node.own_magic + "010203");
}

TEST(Lcp, DiscardsAnEchoThatIsTooShort) {
  OpenNode node;
  EXPECT_EQ(node.hear(Protocol::lcp, echo, 0x77, "aabbcc", at(0)).kind, Received::Kind::dropped);
  EXPECT_EQ(node.next(Protocol::lcp, reply).code, 0);
}

TEST(Lcp, AnswersNoEchoBeforeItIsOpen) {
  Node node(plain());
  node.link.open(at(0));
  node.take();
  node.next();
  node.hear(Protocol::lcp, echo, 0x77, "aabbccdd", at(0));
  EXPECT_TRUE(node.sent.empty());
}

TEST(Lcp, ReadsDiscardIdentificationAndTimeRemainingInSilence) {
  OpenNode node;
  node.sent.clear();
  for (const std::uint8_t code : {std::uint8_t{11}, std::uint8_t{12}, std::uint8_t{13}})
    EXPECT_EQ(node.hear(Protocol::lcp, code, 1, "aabbccdd 6869", at(0)).kind, Received::Kind::control);
  EXPECT_TRUE(node.sent.empty());
}

TEST(Lcp, RejectsACodeThatItDoesNotKnow) {
  OpenNode node;
  node.hear(Protocol::lcp, 200, 9, "01", at(0));
  EXPECT_EQ(to_hex(node.next(Protocol::lcp, code_rej).data), "c809000501");
}

TEST(Lcp, AsksForAnEchoInIntervalsAndGivesUpOnSilence) {
  LinkSettings settings = plain();
  settings.echo_interval = Duration{10'000};
  settings.echo_failures = 3;
  settings.establish_timeout = Duration{1'000'000};
  settings.ncp.restart = Duration{1'000'000};
  OpenNode node(settings);
  int requests = 0;
  std::int64_t now = 0;
  while (node.link.end_reason() == EndReason::none && now < 200'000) {
    now += 1000;
    node.pass(at(now));
    while (node.next(Protocol::lcp, echo).code == echo)
      ++requests;
  }
  EXPECT_EQ(node.link.end_reason(), EndReason::echo_failure);
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(now, 40'000);
}

TEST(Lcp, GoesOnWhileEchoesAreAnswered) {
  LinkSettings settings = plain();
  settings.echo_interval = Duration{10'000};
  settings.echo_failures = 2;
  settings.establish_timeout = Duration{1'000'000};
  settings.ncp.restart = Duration{1'000'000};
  OpenNode node(settings);
  for (std::int64_t now = 0; now < 300'000; now += 1000) {
    node.pass(at(now));
    if (const Seen request = node.next(Protocol::lcp, echo); request.code == echo)
      node.hear(Protocol::lcp, reply, request.id, "aabbccdd", at(now));
  }
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
}

TEST(Lcp, TakesItsOwnMagicNumberForNoAnswer) {
  LinkSettings settings = plain();
  settings.echo_interval = Duration{10'000};
  settings.echo_failures = 2;
  settings.establish_timeout = Duration{1'000'000};
  settings.ncp.restart = Duration{1'000'000};
  OpenNode node(settings);
  for (std::int64_t now = 0; now < 100'000; now += 1000) {
    node.pass(at(now));
    if (const Seen request = node.next(Protocol::lcp, echo); request.code == echo)
      node.hear(testing_support::make_frame(Protocol::lcp, reply, request.id, request.data), at(now));
  }
  EXPECT_EQ(node.link.end_reason(), EndReason::echo_failure);
}

TEST(Lcp, AsksForNoEchoOfAPeerThatIsHeardWhenAdaptive) {
  LinkSettings settings = plain();
  settings.echo_interval = Duration{10'000};
  settings.echo_adaptive = true;
  settings.establish_timeout = Duration{1'000'000};
  settings.ncp.restart = Duration{1'000'000};
  OpenNode node(settings);
  for (std::int64_t now = 0; now < 50'000; now += 1000) {
    node.hear(Protocol::lcp, 11, 1, "aabbccdd", at(now));
    node.pass(at(now));
  }
  EXPECT_EQ(node.next(Protocol::lcp, echo).code, 0);
  node.pass(at(60'000)); // heard in the interval before
  EXPECT_EQ(node.next(Protocol::lcp, echo).code, 0);
  node.pass(at(80'000));
  EXPECT_EQ(node.next(Protocol::lcp, echo).code, echo);
}

TEST(Lcp, RejectsAProtocolThatItDoesNotKnowCutToThePeersMru) {
  OpenNode node(plain(), "01040080 0506aabbccdd"); // an MRU of 128
  Bytes frame = hex("ff0380fd");
  frame.resize(frame.size() + 600, std::byte{0x55});
  node.hear(frame, at(0));
  const Seen answer = node.next(Protocol::lcp, proto_rej);
  EXPECT_EQ(answer.data.size() + 4, 128U);
  EXPECT_EQ(to_hex(answer.data).substr(0, 8), "80fd5555");
}

TEST(Lcp, RejectsACodeThatNoProtocolKnowsCutToThePeersMru) {
  LinkSettings settings = plain();
  settings.local_address = Ipv4::of(10, 0, 0, 1);
  settings.ipv6 = true;
  OpenNode node(settings, "01040240 0506aabbccdd"); // an MRU of 576
  for (const Protocol protocol : {Protocol::lcp, Protocol::ipcp, Protocol::ipv6cp}) {
    node.sent.clear();
    node.hear(testing_support::make_frame(protocol, 200, 9, Bytes(1'400, std::byte{0x55})), at(0));
    const Seen answer = node.next(protocol, code_rej);
    EXPECT_EQ(answer.data.size() + 4, 576U) << static_cast<int>(protocol);
    EXPECT_EQ(to_hex(answer.data).substr(0, 8), "c809057c");
  }
}

TEST(Lcp, LosesNothingByACodeRejectOfEcho) {
  OpenNode node;
  node.hear(Protocol::lcp, code_rej, 3, "09000008 00000000", at(0));
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
}

TEST(Lcp, EndsTheLinkOnACodeRejectOfConfigureRequest) {
  OpenNode node;
  node.hear(Protocol::lcp, code_rej, 3, "01000004", at(0));
  EXPECT_EQ(node.link.phase(), Phase::terminate);
  for (std::int64_t now = 3000; now <= 12'000; now += 3000)
    node.pass(at(now));
  EXPECT_EQ(node.finished, EndReason::protocol_rejected);
}

} // namespace
} // namespace openl2tp::ppp
