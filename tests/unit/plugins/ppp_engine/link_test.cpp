// A link as a whole: networks, addresses, timers, ends, and what hostile peers can do to it.
#include "plugins/ppp_engine/link.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::at;
using testing_support::Bytes;
using testing_support::hex;
using testing_support::make_frame;
using testing_support::Node;
using testing_support::Pair;
using testing_support::Seen;
using testing_support::to_hex;

LinkSettings lns_settings() {
  LinkSettings settings;
  settings.local_address = Ipv4::of(10, 0, 0, 1);
  settings.peer_address = Ipv4::of(10, 0, 0, 2);
  return settings;
}

std::string text(Ipv4 address) { return address.text(); }

/// A node in the network phase, the peer scripted; what it said so far is thrown away.
struct UpNode : Node {
  explicit UpNode(const LinkSettings& settings = lns_settings()) : Node(settings) {
    link.open(at(0));
    take();
    const Seen request = next();
    hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
    hear(Protocol::lcp, 1, 1, "", at(0));
    ipcp_request = next(Protocol::ipcp, 1);
    ipv6cp_request = next(Protocol::ipv6cp, 1);
    sent.clear();
  }
  Seen ipcp_request, ipv6cp_request;
  Seen ask_ipcp(std::string_view options, std::uint8_t id = 1) {
    sent.clear();
    hear(Protocol::ipcp, 1, id, options, at(1));
    return next();
  }
};

// ---- networks

TEST(Link, ComesUpWithBothNetworks) {
  Pair pair(lns_settings(), {});
  pair.open();
  // IPCP needs one exchange more: the peer learns its address from a Nak.
  const std::vector<std::string> expected = {"link up", "ipv6 up", "ipv4 up"};
  EXPECT_EQ(pair.lns.events, expected);
  EXPECT_EQ(pair.lac.events, expected);
}

TEST(Link, TellsThePeerItsAddress) {
  Pair pair(lns_settings(), {});
  pair.open();
  EXPECT_EQ(text(pair.lns.link.facts().local_address), "10.0.0.1");
  EXPECT_EQ(text(pair.lns.link.facts().peer_address), "10.0.0.2");
  EXPECT_EQ(text(pair.lac.link.facts().local_address), "10.0.0.2");
  EXPECT_EQ(text(pair.lac.link.facts().peer_address), "10.0.0.1");
}

TEST(Link, TellsThePeerNameServersThatItAsksFor) {
  LinkSettings lns = lns_settings(), lac;
  lns.dns = {Ipv4::of(10, 9, 0, 1), Ipv4::of(10, 9, 0, 2)};
  lns.nbns = {Ipv4::of(10, 9, 0, 3), Ipv4::of(10, 9, 0, 4)};
  lac.request_dns = lac.request_nbns = true;
  Pair pair(lns, lac);
  pair.open();
  const LinkFacts facts = pair.lac.link.facts();
  EXPECT_EQ(text(facts.dns[0]) + " " + text(facts.dns[1]), "10.9.0.1 10.9.0.2");
  EXPECT_EQ(text(facts.nbns[0]) + " " + text(facts.nbns[1]), "10.9.0.3 10.9.0.4");
}

TEST(Link, ComesUpWithoutNameServersThatThereAreNone) {
  LinkSettings lac;
  lac.request_dns = lac.request_nbns = true;
  Pair pair(lns_settings(), lac);
  pair.open();
  EXPECT_TRUE(pair.lac.has("ipv4 up"));
  EXPECT_TRUE(pair.lac.link.facts().dns[0].empty());
}

TEST(Link, AgreesOnTwoInterfaceIdentifiers) {
  Pair pair(lns_settings(), {});
  pair.open();
  const LinkFacts a = pair.lns.link.facts(), b = pair.lac.link.facts();
  EXPECT_NE(a.local_interface_id, 0U);
  EXPECT_NE(a.local_interface_id, a.peer_interface_id);
  EXPECT_EQ(a.local_interface_id, b.peer_interface_id);
  EXPECT_EQ(b.local_interface_id, a.peer_interface_id);
  EXPECT_EQ(a.local_interface_id >> 57 & 1, 0U); // of local scope
}

TEST(Link, AgreesOnInterfaceIdentifiersThatBeginEqual) {
  LinkSettings lns = lns_settings(), lac;
  lns.local_interface_id = lac.local_interface_id = 7;
  Pair pair(lns, lac);
  pair.open();
  EXPECT_TRUE(pair.lns.has("ipv6 up"));
  EXPECT_NE(pair.lns.link.facts().local_interface_id, pair.lac.link.facts().local_interface_id);
}

TEST(Link, LivesWithOneNetworkWhenThePeerHasNoOther) {
  for (const bool v4 : {true, false}) {
    LinkSettings lac;
    lac.ipv4 = v4;
    lac.ipv6 = !v4;
    Pair pair(lns_settings(), lac);
    pair.open();
    EXPECT_EQ(pair.lns.link.up(Network::ipv4), v4);
    EXPECT_EQ(pair.lns.link.up(Network::ipv6), !v4);
    for (int i = 0; i < 200; ++i)
      pair.pass(Duration{1000});
    EXPECT_EQ(pair.lns.link.phase(), Phase::network);
  }
}

TEST(Link, EndsWhenNoNetworkIsCommon) {
  LinkSettings lns = lns_settings(), lac;
  lns.ipv6 = false;
  lac.ipv4 = false;
  Pair pair(lns, lac);
  pair.open();
  for (int i = 0; i < 10; ++i)
    pair.pass(Duration{1000});
  EXPECT_EQ(pair.lns.finished, EndReason::no_network);
  EXPECT_NE(pair.lac.finished, EndReason::none);
}

TEST(Link, EndsWhenNeitherSideKnowsAnAddress) {
  LinkSettings lns, lac;
  lns.ipv6 = lac.ipv6 = false;
  Pair pair(lns, lac);
  pair.open();
  for (int i = 0; i < 120; ++i)
    pair.pass(Duration{1000});
  EXPECT_FALSE(pair.lns.has("ipv4 up"));
  EXPECT_NE(pair.lns.finished, EndReason::none);
  EXPECT_NE(pair.lac.finished, EndReason::none);
}

// ---- IPCP, octet by octet

TEST(Ipcp, AsksForItsOwnAddress) {
  UpNode node;
  EXPECT_EQ(to_hex(node.ipcp_request.data), "03060a000001");
}

TEST(Ipcp, NaksEveryOtherAddressWithThePeersOwn) {
  UpNode node;
  for (const char* options : {"030600000000", "0306c0a80001", "03060a000001"}) {
    const Seen answer = node.ask_ipcp(options);
    EXPECT_EQ(answer.code, 3) << options;
    EXPECT_EQ(to_hex(answer.data), "03060a000002") << options;
  }
}

TEST(Ipcp, RemindsAPeerThatSaysNoAddressAndThenLetsItBe) {
  LinkSettings settings = lns_settings();
  settings.ncp.failure_max = 2;
  UpNode node(settings);
  EXPECT_EQ(to_hex(node.ask_ipcp("", 1).data), "03060a000002");
  EXPECT_EQ(node.ask_ipcp("", 2).code, 3);
  EXPECT_EQ(node.ask_ipcp("", 3).code, 2);
}

TEST(Ipcp, DoesNotSayThatAPeerHasAnAddressWhichItNeverTook) {
  LinkSettings settings = lns_settings();
  settings.ncp.failure_max = 1;
  UpNode node(settings);
  node.hear(make_frame(Protocol::ipcp, 2, node.ipcp_request.id, node.ipcp_request.data), at(1));
  node.ask_ipcp("", 1);
  EXPECT_EQ(node.ask_ipcp("", 2).code, 2);
  EXPECT_TRUE(node.has("ipv4 up"));
  EXPECT_TRUE(node.link.facts().peer_address.empty());
  node.sent.clear();
  node.hear(Protocol::ipcp, 1, 3, "03060a000002", at(1)); // and one that then does
  const Seen anew = node.next(Protocol::ipcp, 1);
  node.hear(make_frame(Protocol::ipcp, 2, anew.id, anew.data), at(1));
  EXPECT_EQ(node.link.facts().peer_address, Ipv4::of(10, 0, 0, 2));
}

TEST(Ipcp, RejectsCompressionAndTheOldAddressesOption) {
  UpNode node;
  const Seen answer = node.ask_ipcp("0206002d0f01 01 0a 0a000002 0a000001 03060a000002");
  EXPECT_EQ(answer.code, 4);
  EXPECT_EQ(to_hex(answer.data), "0206002d0f01010a0a0000020a000001");
}

TEST(Ipcp, RejectsNameServersThatItDoesNotHave) {
  LinkSettings settings = lns_settings();
  settings.dns[0] = Ipv4::of(10, 9, 0, 1);
  UpNode node(settings);
  const Seen answer = node.ask_ipcp("810600000000 820600000000 830600000000 840600000000");
  EXPECT_EQ(answer.code, 4);
  EXPECT_EQ(to_hex(answer.data), "820600000000830600000000840600000000");
  EXPECT_EQ(to_hex(node.ask_ipcp("03060a000002 810600000000").data), "81060a090001");
}

TEST(Ipcp, RejectsOptionsOfAWrongLengthOrTwice) {
  UpNode node;
  for (const char* option : {"03050a0000", "03070a00000200", "8102", "030a0000000000000000"})
    EXPECT_EQ(to_hex(node.ask_ipcp(option).data), option);
  EXPECT_EQ(to_hex(node.ask_ipcp("03060a000002 03060a000002").data), "03060a000002");
}

TEST(Ipcp, TakesNoAddressThatNoHostCanHave) {
  LinkSettings settings = lns_settings();
  settings.peer_address = {};
  UpNode node(settings);
  for (const char* option : {"030600000000", "03067f000001", "0306e0000001", "0306ffffffff", "03060a000001"})
    EXPECT_EQ(node.ask_ipcp(option).code, 4) << option;
  EXPECT_EQ(node.ask_ipcp("0306c0a80707").code, 2);
}

TEST(Ipcp, LetsNoPeerChooseItsAddressWhereTheProfileForbidsIt) {
  LinkSettings settings = lns_settings();
  settings.peer_address = {};
  settings.accept_peer = false;
  UpNode node(settings);
  EXPECT_EQ(node.ask_ipcp("0306c0a80707").code, 4);
}

TEST(Ipcp, KeepsAFixedAddressAgainstNaks) {
  UpNode node;
  node.hear(Protocol::ipcp, 3, node.ipcp_request.id, "0306c0a80001", at(1));
  EXPECT_EQ(to_hex(node.next(Protocol::ipcp, 1).data), "03060a000001");
}

TEST(Ipcp, TakesAnotherAddressWhenTheProfileLetsIt) {
  LinkSettings settings = lns_settings();
  settings.accept_local = true;
  UpNode node(settings);
  node.hear(Protocol::ipcp, 3, node.ipcp_request.id, "0306c0a80001", at(1));
  EXPECT_EQ(to_hex(node.next(Protocol::ipcp, 1).data), "0306c0a80001");
}

// ---- addresses of users and pools

LinkSettings asking_settings() {
  LinkSettings settings = lns_settings();
  settings.peer_address = {};
  settings.ask_owner_address = true;
  settings.require = {AuthMethod::chap_md5};
  return settings;
}
LinkSettings proving_settings() {
  LinkSettings settings;
  settings.offer = {AuthMethod::chap_md5};
  return settings;
}

TEST(Link, AsksTheOwnerForAnAddress) {
  Pair pair(asking_settings(), proving_settings());
  pair.address = Ipv4::of(10, 7, 7, 7);
  pair.open();
  EXPECT_EQ(text(pair.lac.link.facts().local_address), "10.7.7.7");
}

TEST(Link, AnswersARequestThatCameWhileTheOwnerLookedForAnAddress) {
  LinkSettings settings = lns_settings();
  settings.peer_address = {};
  settings.ask_owner_address = true;
  UpNode node(settings);
  ASSERT_TRUE(node.has("need address"));
  node.hear(Protocol::ipcp, 1, 7, "030600000000", at(1));
  EXPECT_EQ(node.next(Protocol::ipcp, 3).code, 0);
  node.link.answer_address(Ipv4::of(10, 0, 0, 9), at(2));
  node.take();
  const Seen nak = node.next(Protocol::ipcp, 3);
  EXPECT_EQ(nak.id, 7);
  EXPECT_EQ(to_hex(nak.data), "03060a000009");
}

TEST(Link, EndsWhenTheOwnerHasNoAddress) {
  Pair pair(asking_settings(), proving_settings());
  pair.address = std::nullopt;
  pair.open();
  EXPECT_EQ(pair.lns.finished, EndReason::no_address);
  EXPECT_EQ(cdn_result(pair.lns.finished), 4);
}

TEST(Link, GivesAUserItsOwnAddressAndAsksForNone) {
  Pair pair(asking_settings(), proving_settings());
  pair.change_verdict = [](Verdict& verdict) { verdict.peer_address = Ipv4::of(10, 8, 8, 8); };
  pair.open();
  EXPECT_EQ(text(pair.lac.link.facts().local_address), "10.8.8.8");
  EXPECT_FALSE(pair.lns.has("need address"));
}

TEST(Link, LetsAUserHaveOnlyWhatItsRulesAllow) {
  LinkSettings lns = asking_settings();
  lns.ask_owner_address = false;
  LinkSettings lac = proving_settings();
  lac.local_address = Ipv4::of(192, 168, 0, 5);
  lac.accept_local = true;
  Pair pair(lns, lac);
  pair.change_verdict = [](Verdict& verdict) {
    verdict.addresses.any = false;
    verdict.addresses.count = 1;
    verdict.addresses.rules[0] = {.address = Ipv4::of(10, 8, 8, 8)};
  };
  pair.open();
  EXPECT_EQ(text(pair.lac.link.facts().local_address), "10.8.8.8");
}

TEST(Link, AsksForAnAddressOnceWhateverIsNegotiatedAnew) {
  Pair pair(asking_settings(), proving_settings());
  pair.open();
  pair.lns.hear(Protocol::lcp, 1, 99, "0305c22305", pair.now); // a Configure-Request: LCP starts over
  pair.talk();
  EXPECT_EQ(std::count(pair.lns.events.begin(), pair.lns.events.end(), "need address"), 1);
}

// ---- data

TEST(Link, GivesDataOfAnOpenNetworkToTheOwner) {
  Pair pair(lns_settings(), {});
  pair.open();
  const Bytes frame = hex("ff030021 4500");
  const Received received = pair.lns.hear(frame, pair.now);
  EXPECT_EQ(received.kind, Received::Kind::ipv4);
  EXPECT_EQ(to_hex(received.packet), "4500");
  EXPECT_EQ(pair.lns.hear(hex("57 60"), pair.now).kind, Received::Kind::ipv6);
}

TEST(Link, DropsDataBeforeItsNetworkIsOpen) {
  UpNode node;
  EXPECT_EQ(node.hear(hex("ff0300214500"), at(1)).kind, Received::Kind::dropped);
  EXPECT_TRUE(node.sent.empty());
  EXPECT_GE(node.link.counters().discarded, 1U);
}

TEST(Link, TellsAPeerThatSendsDataForANetworkThatItGaveUp) {
  UpNode node;
  node.hear(make_frame(Protocol::ipv6cp, 2, node.ipv6cp_request.id, node.ipv6cp_request.data), at(1));
  node.hear(Protocol::ipv6cp, 1, 1, "010a0000000000000001", at(1));
  ASSERT_TRUE(node.has("ipv6 up"));
  for (std::int64_t now = 3000; now <= 30'000; now += 3000) // IPCP gives up
    node.pass(at(now));
  node.sent.clear();
  ASSERT_EQ(node.link.phase(), Phase::network);
  node.hear(hex("ff0300214500"), at(30'001));
  EXPECT_EQ(node.next(Protocol::ipcp, 6).code, 6);
}

TEST(Link, LeavesOutOfHeadersWhatThePeerLetsIt) {
  Pair pair(lns_settings(), {});
  pair.open();
  EXPECT_EQ(to_hex(pair.lns.link.data_header(Network::ipv4).view()), "21");
  LinkSettings plain;
  plain.request_pfc = plain.request_acfc = false;
  Pair other(lns_settings(), plain);
  other.open();
  EXPECT_EQ(to_hex(other.lns.link.data_header(Network::ipv4).view()), "ff030021");
}

TEST(Link, SaysWhereTheProtocolOfAFrameBegins) {
  Node node;
  node.link.open(at(0));
  ActionBatch batch;
  node.link.take_actions(batch);
  const auto* frame = std::get_if<SendFrame>(&batch.actions.at(0));
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(frame->protocol_at, 2);
  EXPECT_EQ(to_hex(batch.octets(frame->octets).subspan(2, 2)), "c021");
}

TEST(Link, SendsNoMoreThanThePeerAndTheProfileAllow) {
  LinkSettings lns = lns_settings(), lac;
  lac.mru = 1300;
  lns.mtu = 1400;
  Pair pair(lns, lac);
  pair.open();
  EXPECT_EQ(pair.lns.link.facts().mtu, 1300);
  EXPECT_EQ(pair.lac.link.facts().mru, 1300);
  EXPECT_EQ(pair.lac.link.facts().mtu, 1500);
}

// ---- the end

TEST(Link, ClosesInOrder) {
  Pair pair(lns_settings(), {});
  pair.open();
  pair.lns.events.clear();
  pair.lac.events.clear();
  pair.lns.link.close(EndReason::local_close, pair.now);
  pair.talk();
  const std::vector<std::string> here = {"ipv4 down", "ipv6 down", "link down", "finished"};
  EXPECT_EQ(pair.lns.events, here);
  EXPECT_EQ(pair.lns.finished, EndReason::local_close);
  for (int i = 0; i < 5; ++i)
    pair.pass(Duration{1000});
  EXPECT_EQ(pair.lac.events, here);
  EXPECT_EQ(pair.lac.finished, EndReason::peer_terminated);
}

TEST(Link, ClosesWithoutAnAnswer) {
  UpNode node;
  node.link.close(EndReason::local_close, at(1));
  node.take();
  int requests = 0;
  for (std::int64_t now = 1000; now < 30'000; now += 1000) {
    node.pass(at(now));
    while (node.next(Protocol::lcp, 5).code == 5)
      ++requests;
  }
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(node.finished, EndReason::local_close);
  EXPECT_EQ(node.link.next_deadline(), never);
}

TEST(Link, EndsAtOnceWhenItWasNeverOpened) {
  Node node;
  node.link.close(EndReason::local_close, at(0));
  node.take();
  EXPECT_EQ(node.finished, EndReason::local_close);
}

TEST(Link, SaysNothingAfterItsEnd) {
  Node node;
  node.link.close(EndReason::local_close, at(0));
  node.take();
  node.events.clear();
  node.link.open(at(1));
  node.hear(Protocol::lcp, 1, 1, "", at(1));
  node.pass(at(100'000));
  node.link.close(EndReason::local_close, at(100'001));
  node.take();
  EXPECT_TRUE(node.events.empty());
  EXPECT_TRUE(node.sent.empty());
}

TEST(Link, GivesUpOnAPeerThatNeverAnswers) {
  Node node;
  node.link.open(at(0));
  node.take();
  int requests = 0;
  std::int64_t now = 0;
  while (node.finished == EndReason::none && now < 100'000) {
    while (node.next(Protocol::lcp, 1).code == 1)
      ++requests;
    node.pass(at(now += 1000));
  }
  EXPECT_EQ(requests, 10);
  EXPECT_EQ(now, 30'000);
  EXPECT_EQ(node.finished, EndReason::peer_silent);
  EXPECT_EQ(cdn_result(node.finished), 10);
}

TEST(Link, EndsWhenItIsNotUpInTime) {
  LinkSettings settings = lns_settings();
  settings.require = {AuthMethod::pap}; // and the peer never says a word
  UpNode node(settings);
  node.pass(at(59'999));
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
  node.pass(at(60'000));
  EXPECT_EQ(node.link.end_reason(), EndReason::establish_timeout);
}

TEST(Link, EndsAfterTheTimeThatItMayBeConnected) {
  LinkSettings settings = lns_settings();
  settings.connect_time = Duration{100'000};
  Pair pair(settings, {});
  pair.open();
  pair.pass(Duration{99'999});
  EXPECT_EQ(pair.lns.link.end_reason(), EndReason::none);
  pair.pass(Duration{1});
  EXPECT_EQ(pair.lns.finished, EndReason::connect_time);
}

TEST(Link, EndsWhenTheUsersTimeIsOver) {
  Pair pair(asking_settings(), proving_settings());
  pair.change_verdict = [](Verdict& verdict) { verdict.session_timeout = Duration{20'000}; };
  pair.open();
  pair.pass(Duration{20'000});
  EXPECT_EQ(pair.lns.finished, EndReason::connect_time);
}

TEST(Link, EndsWhenNoDataFlows) {
  LinkSettings settings = lns_settings();
  settings.idle_timeout = Duration{10'000};
  Pair pair(settings, {});
  pair.open();
  pair.pass(Duration{9'000});
  pair.lns.hear(hex("ff0300214500"), pair.now);
  pair.pass(Duration{9'000});
  pair.lns.link.note_sent(pair.now);
  pair.pass(Duration{9'999});
  EXPECT_EQ(pair.lns.link.end_reason(), EndReason::none);
  pair.pass(Duration{1});
  EXPECT_EQ(pair.lns.finished, EndReason::idle_timeout);
}

TEST(Link, AsksTheOwnerHowLongNoDataHasFlowed) {
  LinkSettings settings = lns_settings();
  settings.idle_timeout = Duration{10'000};
  settings.idle_from_owner = true;
  Pair pair(settings, {});
  pair.open();
  pair.pass(Duration{10'000});
  EXPECT_TRUE(pair.lns.has("need idle"));
  pair.lns.link.answer_idle(Duration{4'000}, pair.now);
  EXPECT_EQ(pair.lns.link.next_deadline(), pair.now + Duration{6'000});
  pair.pass(Duration{6'000});
  pair.lns.link.answer_idle(Duration{10'000}, pair.now);
  EXPECT_EQ(pair.lns.link.end_reason(), EndReason::idle_timeout);
}

TEST(Link, NegotiatesAnewWhenThePeerStartsOver) {
  Pair pair(lns_settings(), {});
  pair.open();
  pair.lns.hear(Protocol::lcp, 1, 99, "0506 01020304", pair.now);
  EXPECT_TRUE(pair.lns.has("link down"));
  EXPECT_EQ(pair.lns.link.phase(), Phase::establish);
}

TEST(EndReasons, HaveNamesAndResults) {
  for (std::size_t i = 0; i < end_reason_count; ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_NE(name(reason), "?");
    EXPECT_LT(name(reason).size(), 60U);
    const std::uint16_t result = cdn_result(reason);
    EXPECT_TRUE(result == 1 || result == 3 || result == 4 || result == 10 || result == 11) << name(reason);
  }
}

// ---- hostile peers

TEST(HostilePeer, GetsABoundedNumberOfRefusals) {
  UpNode node;
  for (int i = 0; i < 2000; ++i) {
    node.hear(Protocol::ccp, 1, static_cast<std::uint8_t>(i), "", at(1)); // a protocol that is refused
    node.hear(Protocol::lcp, 200, 1, "", at(1));                          // a code
    node.hear(Protocol::lcp, 9, 1, "00000001", at(1));                    // an echo
  }
  EXPECT_LE(node.sent.size(), 32U);
  node.sent.clear();
  node.hear(Protocol::ccp, 1, 1, "", at(1001)); // and is heard again a second later
  EXPECT_EQ(node.sent.size(), 1U);
}

TEST(HostilePeer, GetsABoundedNumberOfTerminateAcks) {
  UpNode node;
  for (int i = 0; i < 2000; ++i)
    node.hear(Protocol::lcp, 5, static_cast<std::uint8_t>(i), "", at(1));
  EXPECT_LE(node.sent.size(), 32U);
  node.pass(at(3001));
  EXPECT_EQ(node.finished, EndReason::peer_terminated);
}

TEST(HostilePeer, MayNotStartOverForEver) {
  UpNode node;
  int rounds = 0;
  for (; rounds < 100 && node.link.end_reason() == EndReason::none; ++rounds) {
    node.hear(Protocol::lcp, 1, static_cast<std::uint8_t>(rounds), "", at(1));
    const Seen request = node.next(Protocol::lcp, 1);
    node.hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(1));
  }
  EXPECT_LE(rounds, 10);
  EXPECT_EQ(node.link.end_reason(), EndReason::too_many_renegotiations);
}

TEST(HostilePeer, MayNotNakForEver) {
  Node node;
  node.link.open(at(0));
  node.take();
  int naks = 0;
  for (; naks < 1000 && node.link.end_reason() == EndReason::none; ++naks) {
    const Seen request = node.next(Protocol::lcp, 1);
    node.hear(Protocol::lcp, 3, request.id, "050601020304", at(0));
  }
  EXPECT_LE(naks, 21);
  EXPECT_EQ(node.link.end_reason(), EndReason::not_converging);
}

TEST(HostilePeer, GetsNoAnswerToWhatCannotBeRead) {
  UpNode node;
  for (const char* frame : {"", "ff", "ff03", "ff04c021", "ff03c021", "ff03c02101", "ff03c02101010003",
                            "ff03c0210101ffff", "ff03c02101010006", "ff03c021010100050100", "ff0380210101000501"})
    node.hear(hex(frame), at(1));
  EXPECT_TRUE(node.sent.empty());
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
}

TEST(HostilePeer, IsNotAnsweredWithMoreThanItSent) {
  UpNode node;
  std::size_t heard = 0, said = 0;
  for (int i = 0; i < 200; ++i) {
    const Bytes frame = make_frame(Protocol::ipcp, 1, static_cast<std::uint8_t>(i), hex("030600000000 810600000000"));
    heard += frame.size();
    node.hear(frame, at(1 + i * 100));
    for (const Bytes& one : node.sent)
      said += one.size();
    node.sent.clear();
  }
  EXPECT_LE(said, heard);
}

TEST(HostilePeer, CannotEndTheLinkByRejectingWhatWasNotSent) {
  UpNode node;
  node.hear(Protocol::lcp, 8, 1, "80fd", at(1)); // CCP, which we never sent
  node.hear(Protocol::lcp, 8, 2, "c227", at(1));
  node.hear(Protocol::lcp, 8, 3, "c0", at(1)); // cut
  EXPECT_EQ(node.link.phase(), Phase::network);
}

TEST(Link, RefusesCcpWithAProtocolReject) {
  UpNode node;
  node.hear(Protocol::ccp, 1, 7, "1206 01000020", at(1));
  const Seen answer = node.next(Protocol::lcp, 8);
  EXPECT_EQ(to_hex(answer.data), "80fd0107000a120601000020");
}

// ---- settings and size

TEST(LinkSettings, AreMadeUsable) {
  LinkSettings nonsense;
  nonsense.mru = 0;
  nonsense.mtu = 5;
  nonsense.lcp = nonsense.ncp = {.restart = {}, .configure_max = 0, .terminate_max = 0, .failure_max = 0};
  nonsense.chap_restart = nonsense.pap_restart = nonsense.answer_timeout = nonsense.establish_timeout = Duration{0};
  nonsense.chap_challenges_max = nonsense.pap_requests_max = 0;
  nonsense.idle_timeout = Duration{-1};
  const LinkSettings settings = make_usable(nonsense);
  EXPECT_EQ(settings.mru, 1500);
  EXPECT_EQ(settings.mtu, 128);
  EXPECT_EQ(settings.lcp.restart, Duration{3000});
  EXPECT_EQ(settings.ncp.configure_max, 1);
  EXPECT_EQ(settings.establish_timeout, Duration{60'000});
  EXPECT_EQ(settings.chap_challenges_max, 1);
  EXPECT_EQ(settings.idle_timeout, Duration{0});
}

TEST(LinkSettings, ThatMakeSenseStayAsTheyAre) {
  LinkSettings settings;
  settings.mru = 1400;
  settings.lcp.failure_max = 7;
  settings.chap_restart = Duration{1};
  const LinkSettings usable = make_usable(settings);
  EXPECT_EQ(usable.mru, 1400);
  EXPECT_EQ(usable.lcp.failure_max, 7);
  EXPECT_EQ(usable.chap_restart, Duration{1});
  EXPECT_EQ(usable.idle_timeout, Duration{0});
}

TEST(Link, AsksAnAuthorityInItsOwnWords) {
  ActionBatch batch;
  const NeedVerdict question{.request = 9,
                             .method = AuthMethod::chap_md5,
                             .id = 3,
                             .user = batch.store(as_octets("carol")),
                             .challenge = batch.store(hex("0102")),
                             .response = batch.store(hex("030405"))};
  const VerdictRequest request = verdict_request(question, batch, "lns");
  EXPECT_EQ(request.user, "carol");
  EXPECT_EQ(request.server, "lns");
  EXPECT_EQ(request.id, 3);
  EXPECT_EQ(to_hex(request.challenge), "0102");
  EXPECT_EQ(to_hex(request.response), "030405");
}

TEST(Link, IsSmall) {
  EXPECT_LE(sizeof(Link), 1536U);
  RecordProperty("sizeof_link", static_cast<int>(sizeof(Link)));
}

} // namespace
} // namespace openl2tp::ppp
