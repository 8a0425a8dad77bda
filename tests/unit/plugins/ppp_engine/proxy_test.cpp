// Proxy LCP and authentication, RFC 2661 section 4.4.5: a client, a LAC that answers it and hands over, and an LNS that
// takes over or negotiates anew.
#include "plugins/ppp_engine/proxy.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::at;
using testing_support::Bytes;
using testing_support::hex;
using testing_support::Node;
using testing_support::to_hex;

LinkSettings client_settings(AuthMethod method) {
  LinkSettings settings;
  settings.offer = {method};
  settings.mru = 1460;
  return settings;
}
LinkSettings lac_settings(AuthMethods require) {
  LinkSettings settings;
  settings.require = require;
  settings.local_name = "lac";
  settings.hand_over = true;
  return settings;
}
LinkSettings lns_settings(AuthMethods require) {
  LinkSettings settings;
  settings.require = require;
  settings.local_name = "lns";
  settings.accept_proxy_lcp = settings.accept_proxy_auth = true;
  settings.local_address = Ipv4::of(10, 0, 0, 1);
  settings.peer_address = Ipv4::of(10, 0, 0, 2);
  return settings;
}

/// The client talks with the LAC until it hands over, then with the LNS.
struct Scene {
  Scene(const LinkSettings& client_is, const LinkSettings& lac_is, const LinkSettings& lns_is)
      : client(client_is, 1), lac(lac_is, 2), lns(lns_is, 3) {}

  void dial() {
    client.link.open(now);
    lac.link.open(now);
    talk(lac);
  }
  void take_over() {
    const ProxyPpp proxy = lac.link.proxy();
    lns.link.open_with_proxy(proxy, now);
    for (const Bytes& frame : forwarded) // what the client said meanwhile
      lns.hear(frame, now);
    forwarded.clear();
    talk(lns);
  }
  void talk(Node& other) {
    for (int turn = 0; turn < 200; ++turn) {
      client.take();
      other.take();
      answer(client);
      answer(other);
      if (client.sent.empty() && other.sent.empty()) return;
      deliver(client, other);
      deliver(other, client);
    }
    ADD_FAILURE() << "the conversation does not end";
  }
  void deliver(Node& from, Node& to) {
    std::deque<Bytes> frames;
    frames.swap(from.sent);
    for (const Bytes& frame : frames)
      if (to.hear(frame, now).kind == Received::Kind::forward) forwarded.push_back(frame);
  }
  void answer(Node& node) {
    while (!node.verdicts.empty()) {
      const Node::VerdictAsked asked = node.verdicts.back();
      node.verdicts.pop_back();
      ++judged;
      const Verdict verdict = judge_proof({.method = asked.method,
                                           .user = asked.user,
                                           .id = asked.id,
                                           .challenge = asked.challenge,
                                           .response = asked.response},
                                          "secret word");
      node.link.answer_verdict(asked.request, verdict, now);
      node.take();
    }
    while (!node.secrets.empty()) {
      const std::uint32_t request = node.secrets.back().request;
      node.secrets.pop_back();
      node.link.answer_secret(request, Credentials{.name = "carol", .secret = secret}, now);
      node.take();
    }
  }

  Node client, lac, lns;
  TimePoint now = at(0);
  std::string secret = "secret word";
  int judged = 0;
  std::vector<Bytes> forwarded;
};

TEST(ProxyLac, HandsOverWhatItAgreedOnAndHeard) {
  Scene scene(client_settings(AuthMethod::chap_md5), lac_settings({AuthMethod::chap_md5}), {});
  scene.dial();
  ASSERT_TRUE(scene.lac.has("hand over"));
  const ProxyPpp proxy = scene.lac.link.proxy();
  EXPECT_EQ(to_hex(proxy.last_received), to_hex(proxy.initial_received));
  EXPECT_TRUE(to_hex(proxy.last_received).starts_with("010405b4")); // the client's MRU of 1460
  EXPECT_TRUE(to_hex(proxy.last_sent).starts_with("0305c22305"));
  EXPECT_EQ(proxy.auth_type, ProxyAuthType::chap);
  EXPECT_EQ(proxy.auth_name, "carol");
  EXPECT_EQ(proxy.auth_challenge.size(), 16U);
  EXPECT_EQ(to_hex(proxy.auth_response), to_hex(chap_md5(proxy.auth_id, "secret word", proxy.auth_challenge)));
  EXPECT_EQ(scene.judged, 0); // the LNS judges
}

/// What a LAC and its caller agreed on goes to both an LNS and a caller that were not there.
struct ProxyCaller : testing::Test {
  void agree(AuthMethod method) {
    first = std::make_unique<Scene>(client_settings(method), lac_settings({method}), LinkSettings{});
    first->dial();
    LinkSettings lns = lns_settings({method});
    then = std::make_unique<Scene>(client_settings(method), LinkSettings{}, lns);
    proxy = first->lac.link.proxy();
  }
  void begin() {
    then->client.link.open_as_caller(proxy, then->now);
    then->lns.link.open_with_proxy(proxy, then->now);
    then->talk(then->lns);
  }
  std::unique_ptr<Scene> first, then;
  ProxyPpp proxy;
};

TEST_F(ProxyCaller, HoldsItselfToAChapResponse) {
  agree(AuthMethod::chap_md5);
  begin();
  EXPECT_TRUE(then->client.link.up(Network::ipv4));
  EXPECT_TRUE(then->client.link.facts().proxied && then->lns.link.facts().proxied);
  EXPECT_EQ(then->client.link.facts().own_method, AuthMethod::chap_md5);
  EXPECT_EQ(then->judged, 1);
}

TEST_F(ProxyCaller, HoldsItselfToAPapPassword) {
  agree(AuthMethod::pap);
  begin();
  EXPECT_TRUE(then->client.link.up(Network::ipv4));
  EXPECT_TRUE(then->client.link.facts().proxied && then->lns.link.facts().proxied);
}

TEST_F(ProxyCaller, AnswersAnLnsThatChallengesAnew) {
  agree(AuthMethod::chap_md5);
  proxy.auth_type = ProxyAuthType::absent;
  begin();
  EXPECT_TRUE(then->client.link.up(Network::ipv4));
  EXPECT_TRUE(then->lns.link.facts().proxied);
}

TEST_F(ProxyCaller, NegotiatesWithAnLnsThatBeginsAnew) {
  agree(AuthMethod::chap_md5);
  then->client.link.open_as_caller(proxy, then->now);
  then->lns.link.open(then->now);
  then->talk(then->lns);
  EXPECT_TRUE(then->client.link.up(Network::ipv4));
  EXPECT_FALSE(then->client.link.facts().proxied);
}

TEST_F(ProxyCaller, NegotiatesWhatItWouldNotHaveSaid) {
  agree(AuthMethod::chap_md5);
  const Bytes odd = hex("0102");
  proxy.last_received = odd;
  begin();
  EXPECT_TRUE(then->client.link.up(Network::ipv4));
}

TEST(ProxyLac, HandsOverAPapPassword) {
  Scene scene(client_settings(AuthMethod::pap), lac_settings({AuthMethod::pap}), {});
  scene.dial();
  const ProxyPpp proxy = scene.lac.link.proxy();
  EXPECT_EQ(proxy.auth_type, ProxyAuthType::pap);
  EXPECT_EQ(as_text(proxy.auth_response), "secret word");
  EXPECT_TRUE(proxy.auth_challenge.empty());
}

TEST(ProxyLac, HandsOverWithoutAProofWhenItAsksForNone) {
  Scene scene(client_settings(AuthMethod::pap), lac_settings({}), {});
  scene.dial();
  ASSERT_TRUE(scene.lac.has("hand over"));
  EXPECT_EQ(scene.lac.link.proxy().auth_type, ProxyAuthType::none);
}

TEST(ProxyLac, KeepsTheFirstRequestAndTheLast) {
  Node lac(lac_settings({}));
  lac.link.open(at(0));
  lac.take();
  const testing_support::Seen request = lac.next();
  lac.hear(Protocol::lcp, 1, 1, "01040040 0d0306", at(0)); // an MRU that is Naked, an option that is rejected
  lac.hear(Protocol::lcp, 1, 2, "010405b4", at(0));
  lac.hear(testing_support::make_frame(Protocol::lcp, 2, request.id, request.data), at(0));
  ASSERT_TRUE(lac.has("hand over"));
  EXPECT_EQ(to_hex(lac.link.proxy().initial_received), "010400400d0306");
  EXPECT_EQ(to_hex(lac.link.proxy().last_received), "010405b4");
}

TEST(ProxyLac, GivesEveryFrameBackAfterwards) {
  Scene scene(client_settings(AuthMethod::chap_md5), lac_settings({AuthMethod::chap_md5}), {});
  scene.dial();
  EXPECT_EQ(scene.lac.hear(hex("ff0300214500"), at(1)).kind, Received::Kind::forward);
  EXPECT_EQ(scene.lac.hear(hex("ff"), at(1)).kind, Received::Kind::forward);
  EXPECT_EQ(scene.lac.link.next_deadline(), never);
  scene.lac.link.close(EndReason::local_close, at(2));
  scene.lac.take();
  EXPECT_EQ(scene.lac.finished, EndReason::local_close);
  EXPECT_TRUE(scene.lac.sent.empty());
}

class ProxiedMethod : public testing::TestWithParam<AuthMethod> {};
INSTANTIATE_TEST_SUITE_P(ProxyLns, ProxiedMethod,
                         testing::Values(AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1),
                         [](const auto& info) { return "Method" + std::to_string(static_cast<int>(info.param)); });

TEST_P(ProxiedMethod, IsTakenOverWithoutAnotherWord) {
  Scene scene(client_settings(GetParam()), lac_settings({GetParam()}), lns_settings({GetParam()}));
  scene.dial();
  scene.client.events.clear();
  scene.take_over();
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_TRUE(scene.client.has("ipv4 up"));
  EXPECT_FALSE(scene.client.has("link down")); // LCP was not negotiated again
  EXPECT_EQ(scene.judged, 1);                  // nor was the proof asked for again
  const LinkFacts facts = scene.lns.link.facts();
  EXPECT_TRUE(facts.proxied);
  EXPECT_EQ(facts.user, "carol");
  EXPECT_EQ(facts.mtu, 1460);
}

TEST_P(ProxiedMethod, IsRefusedWithAWrongProof) {
  Scene scene(client_settings(GetParam()), lac_settings({GetParam()}), lns_settings({GetParam()}));
  scene.secret = "another word";
  scene.dial();
  scene.take_over();
  EXPECT_EQ(scene.lns.finished, EndReason::authentication_failed);
  EXPECT_EQ(scene.client.link.end_reason(), EndReason::we_are_refused);
}

TEST_P(ProxiedMethod, IsAskedForAgainWhenTheLacsWordIsNotTaken) {
  LinkSettings lns = lns_settings({GetParam()});
  lns.accept_proxy_auth = false;
  Scene scene(client_settings(GetParam()), lac_settings({GetParam()}), lns);
  scene.dial();
  scene.take_over();
  if (GetParam() == AuthMethod::pap) { // the client repeats its request by its timer
    scene.now += Duration{3000};
    scene.client.pass(scene.now);
    scene.talk(scene.lns);
  }
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_TRUE(scene.lns.link.facts().proxied);
}

TEST_P(ProxiedMethod, IsNegotiatedAnewWhenTheLacIsNotTrusted) {
  LinkSettings lns = lns_settings({GetParam()});
  lns.accept_proxy_lcp = false;
  Scene scene(client_settings(GetParam()), lac_settings({GetParam()}), lns);
  scene.dial();
  scene.take_over();
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_FALSE(scene.lns.link.facts().proxied);
}

TEST(ProxyLns, NegotiatesAnewWhenTheLacAgreedOnAnotherMethod) {
  LinkSettings client = client_settings(AuthMethod::pap);
  client.offer.add(AuthMethod::chap_md5);
  Scene scene(client, lac_settings({AuthMethod::pap}), lns_settings({AuthMethod::chap_md5}));
  scene.dial();
  scene.take_over();
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_EQ(scene.lns.link.facts().peer_method, AuthMethod::chap_md5);
  EXPECT_FALSE(scene.lns.link.facts().proxied);
}

TEST(ProxyLns, TakesNoClientWithoutAProofWhenItWantsOne) {
  Scene scene(client_settings(AuthMethod::chap_md5), lac_settings({}), lns_settings({AuthMethod::chap_md5}));
  scene.dial();
  scene.take_over();
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_EQ(scene.lns.link.facts().peer_method, AuthMethod::chap_md5);
  EXPECT_EQ(scene.judged, 1);
}

TEST(ProxyLns, TakesOverWithoutAProofWhenItWantsNone) {
  Scene scene(client_settings(AuthMethod::pap), lac_settings({}), lns_settings({}));
  scene.dial();
  scene.take_over();
  EXPECT_TRUE(scene.lns.has("ipv4 up"));
  EXPECT_TRUE(scene.lns.link.facts().proxied);
}

TEST(ProxyLns, NegotiatesAnewWhatTheLacAgreedOnAndItCannotKeep) {
  const std::pair<const char*, const char*> rows[] = {
      {"0506aabbccdd 110405dc", "050601020304"}, // multilink
      {"0506aabbccdd", "050601020304 110405dc"}, // of the client
      {"0506aabbccdd", "0506aabbccdd"},          // one magic number for both
      {"0506aabbccd", "050601020304"},           // cut
      {"0506aabbccdd 00", "050601020304"},       // malformed
      {"01040001 0506aabbccdd", "050601020304"}, // no MRU
      {"0304c227 0506aabbccdd", "050601020304"}, // EAP
      {"", "050601020304"},                      // nothing
  };
  for (const auto& [sent, received] : rows) {
    Node lns(lns_settings({}));
    std::string sent_text = sent;
    sent_text.erase(std::remove(sent_text.begin(), sent_text.end(), ' '), sent_text.end());
    if (sent_text.size() % 2 != 0) sent_text.pop_back();
    const Bytes last_sent = hex(sent_text), last_received = hex(received);
    lns.link.open_with_proxy({.last_sent = last_sent, .last_received = last_received}, at(0));
    lns.take();
    EXPECT_EQ(lns.link.phase(), Phase::establish) << sent << " / " << received;
    EXPECT_EQ(lns.next().code, 1) << sent; // a Configure-Request of its own
  }
}

TEST(ProxyLns, UsesTheMagicNumberThatTheLacAgreedOn) {
  Node lns(lns_settings({}));
  const Bytes last_sent = hex("0506aabbccdd"), last_received = hex("050601020304");
  lns.link.open_with_proxy({.last_sent = last_sent, .last_received = last_received}, at(0));
  lns.take();
  EXPECT_EQ(lns.link.phase(), Phase::network);
  lns.sent.clear();
  lns.hear(Protocol::lcp, 9, 1, "01020304", at(1));
  EXPECT_EQ(to_hex(lns.next(Protocol::lcp, 10).data), "aabbccdd");
}

TEST(ProxyLns, LetsTheClientNegotiateAnewAfterwards) {
  Scene scene(client_settings(AuthMethod::chap_md5), lac_settings({AuthMethod::chap_md5}),
              lns_settings({AuthMethod::chap_md5}));
  scene.dial();
  scene.take_over();
  Node second(client_settings(AuthMethod::chap_md5), 9); // the client starts over
  second.link.open(scene.now);
  second.take();
  Scene again(client_settings(AuthMethod::chap_md5), {}, {});
  for (int turn = 0; turn < 100; ++turn) {
    scene.answer(second);
    scene.answer(scene.lns);
    scene.deliver(second, scene.lns);
    scene.deliver(scene.lns, second);
  }
  EXPECT_TRUE(second.has("ipv4 up"));
  EXPECT_FALSE(scene.lns.link.facts().proxied);
}

TEST(ProxyLns, RefusesAProofThatDoesNotFit) {
  const Bytes last_sent = hex("0305c22305 0506aabbccdd"), last_received = hex("050601020304");
  const Bytes long_challenge(200), value(16);
  const std::string long_name(400, 'x');
  for (const bool long_one : {true, false}) {
    Node lns(lns_settings({AuthMethod::chap_md5}));
    lns.link.open_with_proxy({.last_sent = last_sent,
                              .last_received = last_received,
                              .auth_type = ProxyAuthType::chap,
                              .auth_name = long_one ? std::string_view("carol") : std::string_view(long_name),
                              .auth_challenge = long_one ? Octets(long_challenge) : Octets(value),
                              .auth_response = value},
                             at(0));
    lns.take();
    EXPECT_TRUE(lns.verdicts.empty());
    EXPECT_EQ(lns.next(Protocol::chap, 1).code, 1); // asks the client itself
  }
}

} // namespace
} // namespace openl2tp::ppp
