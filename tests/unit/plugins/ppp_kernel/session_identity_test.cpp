// Whose secret we prove ourselves with: never a caller's, whatever a peer demands, claims or relays.
#include <deque>
#include <map>

#include <gtest/gtest.h>

#include "plugins/ppp_engine/crypto.hpp"
#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using ppp::AuthMethod;
using ppp::Protocol;
using ppp::testing_support::Bytes;
using ppp::testing_support::hex;
using ppp::testing_support::look;
using ppp::testing_support::make_frame;
using ppp::testing_support::Seen;
using test::Parameters;

enum : std::uint8_t { configure_request = 1, configure_ack = 2, configure_nak = 3, configure_reject = 4 };
enum : std::uint8_t { challenge = 1, response = 2, success = 3 };

Bytes text(std::string_view of) {
  const ppp::Octets octets = ppp::as_octets(of);
  return {octets.begin(), octets.end()};
}
Bytes operator+(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}
Bytes auth_option(AuthMethod method) {
  std::array<std::byte, 8> buffer{};
  ppp::Writer writer(buffer);
  ppp::encode_auth_option(writer, method);
  return {writer.written().begin(), writer.written().end()};
}
/// Length, value and name of a Challenge or Response.
Bytes chap_data(const Bytes& value, std::string_view name) {
  return Bytes{static_cast<std::byte>(value.size())} + value + text(name);
}
Bytes chap_value(const Seen& packet) {
  const std::size_t size = std::to_integer<std::size_t>(packet.data.at(0));
  return {packet.data.begin() + 1, packet.data.begin() + 1 + static_cast<std::ptrdiff_t>(size)};
}

/// An LNS whose callers are scripts.
class PppIdentity : public test::TwoShards, public testing::WithParamInterface<AuthMethod> {
 protected:
  PppIdentity() { write_secrets("alice vm wonderland 10.201.9.9\nbob vm builder 10.201.9.10\n"); }

  void use_name(const char* name) {
    lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_LOCAL_NAME;
    Parameters::put(lns_parameters.profile.local_name, lns_parameters.profile.local_name_length, name);
  }
  void use_method(AuthMethod method) {
    constexpr std::uint32_t all =
        OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_CHAP | OPENL2TP_PPP_REFUSE_MSCHAP | OPENL2TP_PPP_REFUSE_MSCHAPV2;
    const std::map<AuthMethod, std::uint32_t> bits{{AuthMethod::pap, OPENL2TP_PPP_REFUSE_PAP},
                                                   {AuthMethod::chap_md5, OPENL2TP_PPP_REFUSE_CHAP},
                                                   {AuthMethod::mschap_v1, OPENL2TP_PPP_REFUSE_MSCHAP},
                                                   {AuthMethod::mschap_v2, OPENL2TP_PPP_REFUSE_MSCHAPV2}};
    lns_parameters.profile.options = all & ~bits.at(method);
  }
  void open(openl2tp_session_token token) {
    lns_sessions[token] = std::make_unique<Session>(*lns, token, lns_parameters.params);
    pump();
  }
  /// Until the LNS rests; what it says is kept by call.
  void pump() {
    for (int turns = 0; turns < 100; ++turns) {
      const bool any = lns_host.turn();
      for (auto& [token, frame] : std::exchange(lns_host.sent, {})) {
        const auto octets = std::as_bytes(std::span(frame));
        said[token].push_back(look(octets));
      }
      if (!any) return;
    }
  }
  void say(openl2tp_session_token token, Protocol protocol, std::uint8_t code, std::uint8_t id, const Bytes& data) {
    const Bytes frame = make_frame(protocol, code, id, data);
    lns_sessions[token]->frame({reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()});
    pump();
  }
  /// The next that a call hears of a protocol with one of the codes; others in front are dropped.
  Seen hear(openl2tp_session_token token, Protocol protocol, std::initializer_list<std::uint8_t> codes) {
    auto& queue = said[token];
    while (!queue.empty()) {
      Seen seen = std::move(queue.front());
      queue.pop_front();
      if (seen.protocol == protocol && std::find(codes.begin(), codes.end(), seen.code) != codes.end()) return seen;
    }
    return {};
  }
  [[nodiscard]] bool heard(openl2tp_session_token token, Protocol protocol, std::uint8_t code) const {
    const auto found = said.find(token);
    return found != said.end() && std::any_of(found->second.begin(), found->second.end(), [&](const Seen& seen) {
             return seen.protocol == protocol && seen.code == code;
           });
  }
  /// LCP opens, with a demand that the LNS proves itself where `method` is one. @return the answer to our request
  Seen open_lcp(openl2tp_session_token token, AuthMethod demanded = AuthMethod::none) {
    open(token);
    const Seen asked = hear(token, Protocol::lcp, {configure_request});
    say(token, Protocol::lcp, configure_ack, asked.id, asked.data);
    say(token, Protocol::lcp, configure_request, 1, auth_option(demanded));
    Seen answer = hear(token, Protocol::lcp, {configure_ack, configure_nak, configure_reject});
    if (answer.code == configure_reject) say(token, Protocol::lcp, configure_request, 2, {});
    return answer;
  }
  /// The peer of `token` proves that it is `user`, with CHAP-MD5.
  void prove(openl2tp_session_token token, std::string_view user, std::string_view secret) {
    const Seen asked = hear(token, Protocol::chap, {challenge});
    const auto digest = ppp::chap_md5(asked.id, secret, chap_value(asked));
    say(token, Protocol::chap, response, asked.id, chap_data(Bytes(digest.begin(), digest.end()), user));
  }
  [[nodiscard]] bool let_in(openl2tp_session_token token) const {
    return lns_sessions.at(token)->link().facts().peer_method != AuthMethod::none;
  }

  std::map<openl2tp_session_token, std::deque<Seen>> said;
};

INSTANTIATE_TEST_SUITE_P(Methods, PppIdentity,
                         testing::Values(AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1,
                                         AuthMethod::mschap_v2),
                         [](const auto& info) { return "Method" + std::to_string(static_cast<int>(info.param)); });

/// The attacker lets the LNS compute the proof that it demands itself.
TEST_P(PppIdentity, GivesNoProofThatAnAttackerCouldRelay) {
  for (const char* name : {"", "vm"}) { // our name is the host's, or the profile's
    SCOPED_TRACE(name);
    lns_side->host_name = "vm";
    lns = std::make_unique<Shard>(lns_host.host(), lns_host.loop(), 0, 1, *lns_side);
    if (*name != 0) use_name(name);
    use_method(GetParam());
    constexpr openl2tp_session_token victim = 1, oracle = 2;
    open_lcp(victim);
    const Seen wanted = GetParam() == AuthMethod::pap ? Seen{} : hear(victim, Protocol::chap, {challenge});

    const Seen answer = open_lcp(oracle, GetParam());
    EXPECT_EQ(answer.code, configure_reject);
    EXPECT_EQ(answer.data, auth_option(GetParam()));
    if (GetParam() != AuthMethod::pap) {
      say(oracle, Protocol::chap, challenge, wanted.id, wanted.data);
      const Seen proof = hear(oracle, Protocol::chap, {response});
      EXPECT_EQ(proof.code, 0);
      if (proof.code != 0) say(victim, Protocol::chap, response, proof.id, proof.data);
    } else {
      const Seen proof = hear(oracle, Protocol::pap, {1});
      EXPECT_EQ(proof.code, 0);
      if (proof.code != 0) say(victim, Protocol::pap, 1, 1, proof.data);
    }
    EXPECT_FALSE(let_in(victim));
    EXPECT_TRUE(lns_host.ups.empty());
    lns_sessions.clear();
    said.clear();
  }
}

/// Nobody hears a proof to try passwords on before having proven who they are.
TEST_P(PppIdentity, GivesNoProofToWhomHasGivenNone) {
  write_secrets("alice vm wonderland 10.201.9.9\nvm alice queen\n");
  use_name("vm");
  use_method(AuthMethod::chap_md5);
  lns_parameters.profile.options &=
      ~static_cast<std::uint32_t>(GetParam() == AuthMethod::pap         ? OPENL2TP_PPP_REFUSE_PAP
                                  : GetParam() == AuthMethod::mschap_v1 ? OPENL2TP_PPP_REFUSE_MSCHAP
                                                                        : OPENL2TP_PPP_REFUSE_MSCHAPV2);
  EXPECT_EQ(open_lcp(1, GetParam()).code, configure_ack);
  const std::size_t size = GetParam() == AuthMethod::mschap_v1 ? 8 : 16;
  if (GetParam() != AuthMethod::pap)
    say(1, Protocol::chap, challenge, 77, chap_data(Bytes(size, std::byte{5}), "alice"));
  lns_host.pass(3'000);
  pump();
  EXPECT_FALSE(heard(1, Protocol::chap, response));
  EXPECT_FALSE(heard(1, Protocol::pap, 1));
  prove(1, "alice", "wonderland"); // then it does
  EXPECT_TRUE(heard(1, GetParam() == AuthMethod::pap ? Protocol::pap : Protocol::chap,
                    GetParam() == AuthMethod::pap ? std::uint8_t{1} : response));
}

TEST_F(PppIdentity, ProvesItselfAsItsOwnNameTowardsTheCallerThatHasProvenItself) {
  write_secrets("alice vm wonderland 10.201.9.9\nbob vm builder 10.201.9.10\nvm bob hatter\nvm alice queen\n");
  use_name("vm");
  use_method(AuthMethod::chap_md5);
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_ack);
  const Bytes asked(16, std::byte{5});
  say(1, Protocol::chap, challenge, 77, chap_data(asked, "bob")); // it claims another name than the one it proves
  prove(1, "alice", "wonderland");
  const Seen proof = hear(1, Protocol::chap, {response});
  const auto digest = ppp::chap_md5(77, "queen", asked);
  EXPECT_EQ(proof.id, 77);
  EXPECT_EQ(proof.data, chap_data(Bytes(digest.begin(), digest.end()), "vm"));
}

TEST_F(PppIdentity, CallerThatHasNoLineOfOursGetsNoProof) {
  write_secrets("alice vm wonderland 10.201.9.9\nbob vm builder 10.201.9.10\nvm alice queen\nvm * any\n* bob x\n");
  use_name("vm");
  use_method(AuthMethod::chap_md5);
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_ack);
  say(1, Protocol::chap, challenge, 77, chap_data(Bytes(16, std::byte{5}), "alice"));
  prove(1, "bob", "builder");
  EXPECT_FALSE(heard(1, Protocol::chap, response));
  EXPECT_EQ(lns_sessions[1]->link().end_reason(), ppp::EndReason::we_refuse_auth);
}

TEST_F(PppIdentity, WithoutALineOfItsOwnNameTheDemandIsRejected) {
  write_secrets("alice * wonderland 10.201.9.9\n* * other\n* alice y\n");
  use_name("vm");
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_reject);
  prove(1, "alice", "wonderland");
  EXPECT_TRUE(let_in(1)) << "who lets go of the demand comes in";
}

TEST_F(PppIdentity, CallerThatNeedNotProveItselfGetsAProofOnlyWhereTheProfileNamesIt) {
  write_secrets("vm alice queen\n");
  use_name("vm");
  lns_parameters.profile.options = OPENL2TP_PPP_AUTH_NONE;
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_reject);
  lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_REMOTE_NAME;
  Parameters::put(lns_parameters.profile.remote_name, lns_parameters.profile.remote_name_length, "alice");
  EXPECT_EQ(open_lcp(2, AuthMethod::chap_md5).code, configure_ack);
  const Bytes asked(16, std::byte{5});
  say(2, Protocol::chap, challenge, 77, chap_data(asked, "bob"));
  const Seen proof = hear(2, Protocol::chap, {response});
  const auto digest = ppp::chap_md5(77, "queen", asked);
  EXPECT_EQ(proof.data, chap_data(Bytes(digest.begin(), digest.end()), "vm"));
}

/// The LAC of an outgoing call is called, too.
TEST_F(PppIdentity, LacOfACallThatTheLnsAskedForHasTheSameRule) {
  lns_parameters.params.flags = OPENL2TP_PPP_OUTGOING;
  use_name("vm");
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_reject);
}

/// We dial out, and who answers claims to be us: it wants the line of a caller of ours.
TEST_P(PppIdentity, DialledPeerThatClaimsOurNameGetsNoProofOfACaller) {
  for (const char* user : {"", "alice"}) {
    SCOPED_TRACE(user);
    use_name("vm");
    lns_parameters.params.flags = OPENL2TP_PPP_LOCAL;
    Parameters::put(lns_parameters.params.user_name, lns_parameters.params.user_name_length, user);
    const Seen answer = open_lcp(1, GetParam());
    EXPECT_EQ(answer.code, configure_reject);
    const std::size_t size = GetParam() == AuthMethod::mschap_v1 ? 8 : 16;
    say(1, Protocol::chap, challenge, 77, chap_data(Bytes(size, std::byte{5}), "vm"));
    EXPECT_FALSE(heard(1, Protocol::chap, response));
    EXPECT_FALSE(heard(1, Protocol::pap, 1));
    lns_sessions.clear();
    said.clear();
  }
}

TEST_F(PppIdentity, DialsOutWithTheSecretThatTheFileHasForItsUser) {
  write_secrets("alice isp queen\nalice vm wonderland\n");
  use_name("vm");
  lns_parameters.params.flags = OPENL2TP_PPP_LOCAL;
  Parameters::put(lns_parameters.params.user_name, lns_parameters.params.user_name_length, "alice");
  EXPECT_EQ(open_lcp(1, AuthMethod::chap_md5).code, configure_ack);
  const Bytes asked(16, std::byte{5});
  say(1, Protocol::chap, challenge, 77, chap_data(asked, "isp"));
  const auto digest = ppp::chap_md5(77, "queen", asked);
  EXPECT_EQ(hear(1, Protocol::chap, {response}).data, chap_data(Bytes(digest.begin(), digest.end()), "alice"));
}

TEST_F(PppIdentity, FramesThatComeWhileTheSecretsAreReadAreNotLost) {
  write_secrets("vm alice queen\n");
  use_name("vm");
  lns_sessions[1] = std::make_unique<Session>(*lns, 1, lns_parameters.params); // nothing has run yet
  const Bytes frame = make_frame(Protocol::lcp, configure_request, 9, {});
  lns_sessions[1]->frame({reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()});
  pump();
  EXPECT_EQ(hear(1, Protocol::lcp, {configure_ack}).id, 9);
}

} // namespace
} // namespace openl2tp::ppp_kernel
