// Authentication in both roles between two links, and octet by octet where it matters.
#include "plugins/ppp_engine/authenticator.hpp"

#include "plugins/ppp_engine/auth_peer.hpp"
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

constexpr AuthMethod all_methods[] = {AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1,
                                      AuthMethod::mschap_v2};
enum : std::uint8_t { challenge = 1, response = 2, success = 3, failure = 4 };
enum : std::uint8_t { pap_request = 1, pap_ack = 2, pap_nak = 3 };

LinkSettings server(AuthMethods require) {
  LinkSettings settings;
  settings.require = require;
  settings.local_name = "lns";
  settings.local_address = Ipv4::of(10, 0, 0, 1);
  settings.peer_address = Ipv4::of(10, 0, 0, 2);
  return settings;
}
LinkSettings client(AuthMethods offer) {
  LinkSettings settings;
  settings.offer = offer;
  return settings;
}

class EachMethod : public testing::TestWithParam<AuthMethod> {};
INSTANTIATE_TEST_SUITE_P(Authentication, EachMethod, testing::ValuesIn(all_methods),
                         [](const auto& info) { return "Method" + std::to_string(static_cast<int>(info.param)); });

TEST_P(EachMethod, LetsAUserInWhoKnowsTheSecret) {
  Pair pair(server({GetParam()}), client({GetParam()}));
  pair.open();
  EXPECT_EQ(pair.lns.link.phase(), Phase::network);
  EXPECT_EQ(pair.lac.link.phase(), Phase::network);
  EXPECT_EQ(pair.lns.link.facts().user, "carol");
  EXPECT_EQ(pair.lns.link.facts().peer_method, GetParam());
  EXPECT_EQ(pair.lac.link.facts().own_method, GetParam());
  EXPECT_TRUE(pair.lns.has("ipv4 up"));
}

TEST_P(EachMethod, RefusesAUserWithAnotherSecret) {
  Pair pair(server({GetParam()}), client({GetParam()}));
  pair.secret_of_lac = "another word";
  pair.open();
  EXPECT_FALSE(pair.lns.has("link up"));
  EXPECT_FALSE(pair.lac.has("link up"));
  EXPECT_EQ(pair.lns.finished, EndReason::authentication_failed);
  EXPECT_EQ(pair.lac.link.end_reason(), EndReason::we_are_refused);
}

TEST_P(EachMethod, EndsTheLinkWhenWeHaveNoSecret) {
  Pair pair(server({GetParam()}), client({GetParam()}));
  pair.know_secret = false;
  pair.open();
  EXPECT_EQ(pair.lac.link.end_reason(), EndReason::we_refuse_auth);
  EXPECT_FALSE(pair.lns.has("link up"));
}

TEST_P(EachMethod, ProvesBothSidesAtOnce) {
  LinkSettings a = server({GetParam()}), b = client({GetParam()});
  a.offer = b.require = {GetParam()};
  Pair pair(a, b);
  pair.open();
  EXPECT_EQ(pair.lns.link.phase(), Phase::network);
  EXPECT_EQ(pair.lac.link.facts().peer_method, GetParam());
  EXPECT_EQ(pair.lns.link.facts().own_method, GetParam());
}

TEST_P(EachMethod, EndsWhenTheOwnerNeverGivesAVerdict) {
  Node lns(server({GetParam()}));
  LinkSettings settings = client({GetParam()});
  Node lac(settings, 2);
  lns.link.open(at(0));
  lac.link.open(at(0));
  TimePoint now = at(0);
  for (int second = 0; second < 120 && lns.finished == EndReason::none; ++second, now += Duration{1000}) {
    for (int turn = 0; turn < 10; ++turn) {
      lns.take();
      lac.take();
      while (!lns.sent.empty()) {
        lac.hear(lns.sent.front(), now);
        lns.sent.pop_front();
      }
      while (!lac.sent.empty()) {
        lns.hear(lac.sent.front(), now);
        lac.sent.pop_front();
      }
      for (const Node::SecretAsked& asked : lac.secrets)
        lac.link.answer_secret(asked.request, Credentials{.name = "carol", .secret = "x"}, now);
      lac.secrets.clear();
    }
    lns.pass(now);
    lac.pass(now);
  }
  EXPECT_EQ(lns.finished, EndReason::authentication_timeout);
  EXPECT_EQ(lns.verdicts.size(), 1U); // asked once, however often the peer repeats itself
}

TEST(Authentication, TakesTheMethodThatBothHave) {
  for (const AuthMethod method : all_methods) {
    Pair pair(server({AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1, AuthMethod::mschap_v2}),
              client({method}));
    pair.open();
    EXPECT_EQ(pair.lns.link.facts().peer_method, method) << name(method);
  }
}

TEST(Authentication, PrefersChapToPap) {
  Pair pair(server({AuthMethod::pap, AuthMethod::chap_md5}), client({AuthMethod::pap, AuthMethod::chap_md5}));
  pair.open();
  EXPECT_EQ(pair.lns.link.facts().peer_method, AuthMethod::chap_md5);
}

TEST(Authentication, EndsWhereNoMethodIsCommon) {
  Pair pair(server({AuthMethod::chap_md5}), client({AuthMethod::pap}));
  pair.open();
  EXPECT_EQ(pair.lns.link.end_reason(), EndReason::peer_refuses_auth);
  for (int i = 0; i < 40; ++i) // the LAC asks ten times: nobody is there, and here nothing clears the session
    pair.pass(Duration{1000});
  EXPECT_NE(pair.lac.finished, EndReason::none);
}

// ---- CHAP

/// An LNS that has sent its Challenge to a scripted peer.
struct Challenged : Node {
  explicit Challenged(AuthMethod method, const LinkSettings& settings) : Node(settings) {
    (void)method;
    link.open(at(0));
    take();
    const Seen request = next();
    hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
    hear(Protocol::lcp, 1, 1, "", at(0));
    asked = next(Protocol::chap, challenge);
  }
  void answer_with(std::string_view value_hex, std::string_view user, TimePoint now) {
    Bytes data = hex(value_hex);
    data.insert(data.begin(), static_cast<std::byte>(data.size()));
    for (const char c : user)
      data.push_back(static_cast<std::byte>(c));
    hear(make_frame(Protocol::chap, response, asked.id, data), now);
  }
  Seen asked;
};

TEST(ChapAuthenticator, ChallengesWithItsNameAndSixteenOctets) {
  Challenged node(AuthMethod::chap_md5, server({AuthMethod::chap_md5}));
  ASSERT_EQ(node.asked.data.size(), 1U + 16 + 3);
  EXPECT_EQ(node.asked.data[0], std::byte{16});
  EXPECT_EQ(to_hex(Octets(node.asked.data).subspan(17)), to_hex(as_octets("lns")));
}

TEST(ChapAuthenticator, ChallengesMsChapWithEightOctets) {
  Challenged node(AuthMethod::mschap_v1, server({AuthMethod::mschap_v1}));
  EXPECT_EQ(node.asked.data[0], std::byte{8});
}

TEST(ChapAuthenticator, RepeatsAChallengeThatGetsNoResponseAndGivesUp) {
  LinkSettings settings = server({AuthMethod::chap_md5});
  settings.chap_challenges_max = 4;
  Challenged node(AuthMethod::chap_md5, settings);
  int challenges = 1;
  std::int64_t now = 0;
  while (node.link.end_reason() == EndReason::none && now < 100'000) {
    node.pass(at(now += 1000));
    if (const Seen again = node.next(Protocol::chap, challenge); again.code != 0) {
      EXPECT_EQ(again.data, node.asked.data);
      EXPECT_EQ(again.id, node.asked.id);
      ++challenges;
    }
  }
  EXPECT_EQ(challenges, 4);
  EXPECT_EQ(node.link.end_reason(), EndReason::authentication_timeout);
  EXPECT_EQ(now, 12'000);
}

TEST(ChapAuthenticator, GivesTheOwnerWhatAVerdictNeeds) {
  Challenged node(AuthMethod::chap_md5, server({AuthMethod::chap_md5}));
  node.answer_with("00112233445566778899aabbccddeeff", "carol", at(5));
  ASSERT_EQ(node.verdicts.size(), 1U);
  EXPECT_EQ(node.verdicts[0].user, "carol");
  EXPECT_EQ(node.verdicts[0].id, node.asked.id);
  EXPECT_EQ(to_hex(node.verdicts[0].challenge), to_hex(Octets(node.asked.data).subspan(1, 16)));
  EXPECT_EQ(to_hex(node.verdicts[0].response), "00112233445566778899aabbccddeeff");
}

TEST(ChapAuthenticator, DiscardsResponsesWithAnotherIdentifierOrALengthThatLies) {
  Challenged node(AuthMethod::chap_md5, server({AuthMethod::chap_md5}));
  const auto wrong_id = static_cast<std::uint8_t>(node.asked.id + 1);
  node.hear(Protocol::chap, response, wrong_id, "10 00112233445566778899aabbccddeeff", at(1));
  node.hear(Protocol::chap, response, node.asked.id, "ff 00112233", at(1));
  node.hear(Protocol::chap, response, node.asked.id, "", at(1));
  node.hear(Protocol::chap, response, node.asked.id, "0f 00112233445566778899aabbccddee", at(1)); // MD5 has 16
  EXPECT_TRUE(node.verdicts.empty());
}

TEST(ChapAuthenticator, AnswersALostSuccessAgain) {
  Challenged node(AuthMethod::chap_md5, server({AuthMethod::chap_md5}));
  node.answer_with("00112233445566778899aabbccddeeff", "carol", at(5));
  node.link.answer_verdict(node.verdicts[0].request, {.accepted = true}, at(6));
  node.take();
  EXPECT_EQ(node.next(Protocol::chap, success).id, node.asked.id);
  node.answer_with("00112233445566778899aabbccddeeff", "carol", at(7));
  EXPECT_EQ(node.next(Protocol::chap, success).id, node.asked.id);
  EXPECT_EQ(node.verdicts.size(), 1U);
}

TEST(ChapAuthenticator, IgnoresAVerdictThatItDidNotAskFor) {
  Challenged node(AuthMethod::chap_md5, server({AuthMethod::chap_md5}));
  node.link.answer_verdict(1, {.accepted = true}, at(6));
  node.take();
  EXPECT_EQ(node.link.phase(), Phase::authenticate);
  node.answer_with("00112233445566778899aabbccddeeff", "carol", at(7));
  node.link.answer_verdict(node.verdicts[0].request + 1, {.accepted = true}, at(8));
  EXPECT_EQ(node.link.phase(), Phase::authenticate);
}

TEST(ChapAuthenticator, AsksForAnotherProofInIntervals) {
  LinkSettings settings = server({AuthMethod::chap_md5});
  settings.chap_interval = Duration{10'000};
  Pair pair(settings, client({AuthMethod::chap_md5}));
  pair.open();
  EXPECT_EQ(pair.lns.link.phase(), Phase::network);
  for (int i = 0; i < 60; ++i)
    pair.pass(Duration{1000});
  EXPECT_EQ(pair.lns.link.phase(), Phase::network);
  pair.secret = "changed meanwhile";
  for (int i = 0; i < 12; ++i)
    pair.pass(Duration{1000});
  EXPECT_EQ(pair.lns.link.end_reason(), EndReason::authentication_failed);
  EXPECT_TRUE(pair.lns.has("ipv4 down"));
}

TEST(ChapAuthenticator, LetsNobodyBecomeAnotherUserLater) {
  LinkSettings settings = server({AuthMethod::chap_md5});
  settings.chap_interval = Duration{10'000};
  Challenged node(AuthMethod::chap_md5, settings);
  node.answer_with("00112233445566778899aabbccddeeff", "carol", at(5));
  node.link.answer_verdict(node.verdicts[0].request, {.accepted = true}, at(6));
  node.take();
  node.sent.clear();
  node.pass(at(10'006));
  node.asked = node.next(Protocol::chap, challenge);
  ASSERT_EQ(node.asked.code, challenge);
  node.answer_with("00112233445566778899aabbccddeeff", "mallory", at(10'007));
  EXPECT_EQ(node.verdicts.size(), 1U);
  EXPECT_EQ(node.link.end_reason(), EndReason::authentication_failed);
}

TEST(ChapAuthenticator, SaysWhyInTheWordsOfMsChap) {
  for (const AuthMethod method : {AuthMethod::mschap_v1, AuthMethod::mschap_v2}) {
    Challenged node(method, server({method}));
    node.answer_with(std::string(98, '1'), "carol", at(5));
    node.link.answer_verdict(node.verdicts[0].request, {}, at(6));
    node.take();
    const Seen said = node.next(Protocol::chap, failure);
    const std::string text(as_text(said.data));
    std::string digits = to_hex(node.verdicts[0].challenge);
    std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) { return c >= 'a' ? char(c - 32) : c; });
    EXPECT_TRUE(text.starts_with("E=691 R=0 C=" + digits + (method == AuthMethod::mschap_v1 ? " V=2" : " V=3")))
        << text;
  }
}

// ---- the peer's side

/// A LAC whose LCP is open and whom a scripted LNS is to authenticate.
struct ToProve : Node {
  explicit ToProve(AuthMethod method, LinkSettings settings = {}) : Node(with(std::move(settings), method), 2) {
    std::byte buffer[8];
    Writer option(buffer);
    encode_auth_option(option, method);
    link.open(at(0));
    take();
    const Seen request = next();
    hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
    hear(make_frame(Protocol::lcp, 1, 1, option.written()), at(0));
    sent.clear();
  }
  static LinkSettings with(LinkSettings settings, AuthMethod method) {
    settings.offer = {method};
    return settings;
  }
  void give_secret(TimePoint now) {
    link.answer_secret(secrets.back().request, Credentials{.name = "carol", .secret = "secret word"}, now);
    take();
  }
};

TEST(ChapPeer, AnswersWithTheDigestOfTheChallenge) {
  ToProve node(AuthMethod::chap_md5);
  node.hear(Protocol::chap, challenge, 0x21, "04 00010203 6c6e73", at(1));
  ASSERT_EQ(node.secrets.size(), 1U);
  EXPECT_EQ(node.secrets[0].server, "lns");
  node.give_secret(at(2));
  const Seen said = node.next(Protocol::chap, response);
  EXPECT_EQ(said.id, 0x21);
  EXPECT_EQ(to_hex(said.data),
            "10" + to_hex(chap_md5(0x21, "secret word", hex("00010203"))) + to_hex(as_octets("carol")));
}

TEST(ChapPeer, AsksForTheSecretOnceAChallenge) {
  ToProve node(AuthMethod::chap_md5);
  for (int i = 0; i < 5; ++i)
    node.hear(Protocol::chap, challenge, 0x21, "04 00010203 6c6e73", at(1));
  EXPECT_EQ(node.secrets.size(), 1U);
}

TEST(ChapPeer, UsesTheConfiguredNameOfAServerThatSaysNone) {
  LinkSettings settings;
  settings.remote_name = "headquarters";
  ToProve node(AuthMethod::chap_md5, settings);
  node.hear(Protocol::chap, challenge, 0x21, "04 00010203", at(1));
  EXPECT_EQ(node.secrets[0].server, "headquarters");
}

TEST(ChapPeer, DiscardsChallengesThatAreEmptyOrLie) {
  ToProve node(AuthMethod::chap_md5);
  for (const char* data : {"", "00", "05 00010203"})
    node.hear(Protocol::chap, challenge, 1, data, at(1));
  EXPECT_TRUE(node.secrets.empty());
}

TEST(ChapPeer, BelievesNoSuccessBeforeItsResponse) {
  ToProve node(AuthMethod::chap_md5);
  node.hear(Protocol::chap, success, 0, "", at(1));
  EXPECT_EQ(node.link.phase(), Phase::authenticate);
  node.hear(Protocol::chap, challenge, 0x21, "04 00010203", at(1));
  node.hear(Protocol::chap, success, 0x21, "", at(1));
  EXPECT_EQ(node.link.phase(), Phase::authenticate);
}

TEST(ChapPeer, EndsTheLinkWhenTheServerDoesNotKnowThePassword) {
  for (const char* message : {"", "S=0000000000000000000000000000000000000000 M=ok", "M=ok"}) {
    ToProve node(AuthMethod::mschap_v2);
    node.hear(Protocol::chap, challenge, 7, "10 00112233445566778899aabbccddeeff 6c6e73", at(1));
    node.give_secret(at(2));
    node.hear(make_frame(Protocol::chap, success, 7, as_octets(message)), at(3));
    EXPECT_EQ(node.link.end_reason(), EndReason::peer_not_genuine) << message;
  }
}

TEST(ChapPeer, DoesNotAnswerItsOwnChallenge) {
  LinkSettings settings;
  settings.require = settings.offer = {AuthMethod::chap_md5};
  Node node(settings);
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
  node.hear(Protocol::lcp, 1, 1, "0305c22305", at(0));
  const Seen asked = node.next(Protocol::chap, challenge);
  node.hear(make_frame(Protocol::chap, challenge, asked.id, asked.data), at(1));
  EXPECT_TRUE(node.secrets.empty());
  EXPECT_EQ(node.link.end_reason(), EndReason::looped_back);
}

TEST(ChapPeer, AnswersAChallengeThatComesAgainWithTheSameResponse) {
  ToProve node(AuthMethod::mschap_v2);
  node.hear(Protocol::chap, challenge, 7, "10 00112233445566778899aabbccddeeff 6c6e73", at(1));
  node.give_secret(at(1));
  const Seen first = node.next(Protocol::chap, response);
  node.hear(Protocol::chap, challenge, 7, "10 00112233445566778899aabbccddeeff 6c6e73", at(2));
  node.give_secret(at(2));
  EXPECT_EQ(node.next(Protocol::chap, response).data, first.data);
  node.hear(Protocol::chap, challenge, 8, "10 00112233445566778899aabbccddeeff 6c6e73", at(3));
  node.give_secret(at(3));
  EXPECT_NE(node.next(Protocol::chap, response).data, first.data);
}

TEST(ChapPeer, RepeatsAResponseThatGetsNoAnswerAndGivesUp) {
  LinkSettings settings;
  settings.chap_challenges_max = 3;
  ToProve node(AuthMethod::chap_md5, settings);
  node.hear(Protocol::chap, challenge, 7, "04 00010203 6c6e73", at(0));
  int responses = 0;
  std::int64_t now = 0;
  while (node.link.end_reason() == EndReason::none && now < 50'000) {
    if (!node.secrets.empty()) node.give_secret(at(now));
    for (const auto& asked : node.secrets)
      EXPECT_EQ(asked.server, "lns");
    node.secrets.clear();
    if (node.next(Protocol::chap, response).code == response) ++responses;
    node.pass(at(now += 1000));
  }
  EXPECT_EQ(responses, 3);
  EXPECT_EQ(node.link.end_reason(), EndReason::authentication_timeout);
}

TEST(ChapPeer, AnswersABoundedNumberOfChallenges) {
  ToProve node(AuthMethod::chap_md5);
  for (int i = 0; i < 1000; ++i)
    node.hear(Protocol::chap, challenge, static_cast<std::uint8_t>(i), "04 00010203", at(1));
  EXPECT_LE(node.secrets.size(), 40U);
}

// ---- PAP

TEST(PapPeer, SendsNameAndPasswordAndRepeatsThem) {
  LinkSettings settings;
  settings.pap_requests_max = 3;
  ToProve node(AuthMethod::pap, settings);
  int requests = 0;
  std::int64_t now = 0;
  while (node.link.end_reason() == EndReason::none && now < 100'000) {
    if (!node.secrets.empty()) node.give_secret(at(now));
    node.secrets.clear();
    if (const Seen said = node.next(Protocol::pap, pap_request); said.code != 0) {
      ++requests;
      EXPECT_EQ(to_hex(said.data), "05" + to_hex(as_octets("carol")) + "0b" + to_hex(as_octets("secret word")));
    }
    node.pass(at(now += 1000));
  }
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(node.link.end_reason(), EndReason::authentication_timeout);
}

TEST(PapPeer, BelievesNoAckOfAnotherIdentifier) {
  ToProve node(AuthMethod::pap);
  node.give_secret(at(1));
  const Seen said = node.next(Protocol::pap, pap_request);
  node.hear(Protocol::pap, pap_ack, static_cast<std::uint8_t>(said.id + 1), "00", at(2));
  EXPECT_EQ(node.link.phase(), Phase::authenticate);
  node.hear(Protocol::pap, pap_ack, said.id, "00", at(3));
  EXPECT_EQ(node.link.phase(), Phase::network);
}

struct PapServer : Node {
  explicit PapServer(const LinkSettings& settings = server({AuthMethod::pap})) : Node(settings) {
    link.open(at(0));
    take();
    const Seen request = next();
    hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
    hear(Protocol::lcp, 1, 1, "", at(0));
    sent.clear();
  }
};

TEST(PapAuthenticator, DiscardsRequestsWhoseLengthsLie) {
  PapServer node;
  for (const char* data : {"", "05", "05 6361726f6c", "05 6361726f6c 09 73", "ff 63", "00"})
    node.hear(Protocol::pap, pap_request, 1, data, at(1));
  EXPECT_TRUE(node.verdicts.empty());
}

TEST(PapAuthenticator, AnswersALostAckAgain) {
  PapServer node;
  node.hear(Protocol::pap, pap_request, 1, "01 63 01 73", at(1));
  node.link.answer_verdict(node.verdicts.at(0).request, {.accepted = true}, at(2));
  node.take();
  EXPECT_EQ(node.next(Protocol::pap, pap_ack).id, 1);
  node.hear(Protocol::pap, pap_request, 2, "01 63 01 73", at(3));
  EXPECT_EQ(node.next(Protocol::pap, pap_ack).id, 2);
  EXPECT_EQ(node.verdicts.size(), 1U);
}

TEST(PapAuthenticator, WaitsForARequestNoLongerThanAllowed) {
  LinkSettings settings = server({AuthMethod::pap});
  settings.pap_timeout = Duration{5000};
  PapServer node(settings);
  node.pass(at(4999));
  EXPECT_EQ(node.link.end_reason(), EndReason::none);
  node.pass(at(5000));
  EXPECT_EQ(node.link.end_reason(), EndReason::authentication_timeout);
}

// ---- what nobody asked for

TEST(Authentication, RejectsProtocolsThatNobodyAskedFor) {
  Node node;
  node.link.open(at(0));
  node.take();
  const Seen request = node.next();
  node.hear(make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
  node.hear(Protocol::lcp, 1, 1, "", at(0));
  node.sent.clear();
  for (const Protocol protocol : {Protocol::eap, Protocol::pap, Protocol::chap}) {
    node.hear(protocol, 1, 1, "04 00010203", at(1));
    const Seen said = node.next(Protocol::lcp, 8);
    EXPECT_EQ(said.code, 8);
    EXPECT_EQ(Reader(said.data).u16(), static_cast<unsigned>(protocol));
  }
}

TEST(Authentication, TakesNoProofBeforeLcpIsOpen) {
  Node node(server({AuthMethod::pap}));
  node.link.open(at(0));
  node.take();
  EXPECT_EQ(node.hear(Protocol::pap, pap_request, 1, "01 63 01 73", at(1)).kind, Received::Kind::dropped);
  EXPECT_TRUE(node.verdicts.empty());
}

TEST(Authority, TakesNoLanManagerResponse) {
  const Bytes asked = hex("102db5df085d3041");
  Bytes value = hex(std::string(48, '0') + "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61" + "01");
  EXPECT_TRUE(judge_proof({.method = AuthMethod::mschap_v1, .challenge = asked, .response = value}, "MyPw").accepted);
  value.back() = std::byte{0}; // "use the LAN Manager response"
  EXPECT_FALSE(judge_proof({.method = AuthMethod::mschap_v1, .challenge = asked, .response = value}, "MyPw").accepted);
}

TEST(Authority, RefusesProofsOfAWrongSize) {
  const Bytes asked = hex("5b5d7c7d7b3f2f3e3c2c602132262628");
  for (const AuthMethod method : {AuthMethod::chap_md5, AuthMethod::mschap_v1, AuthMethod::mschap_v2})
    for (const std::size_t size : {0U, 1U, 15U, 17U, 48U, 50U, 255U}) {
      const Bytes value(size);
      EXPECT_FALSE(judge_proof({.method = method, .challenge = asked, .response = value}, "x").accepted);
    }
}

TEST(Authority, RefusesEveryProofByNone) { EXPECT_FALSE(judge_proof({.method = AuthMethod::none}, "").accepted); }

} // namespace
} // namespace openl2tp::ppp
