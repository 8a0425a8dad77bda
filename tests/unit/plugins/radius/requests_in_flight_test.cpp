#include "plugins/radius/requests_in_flight.hpp"

#include "plugins/ppp_engine/crypto.hpp"
#include "tests/unit/plugins/radius/vectors.hpp"

namespace openl2tp::radius {
namespace {

using ppp::testing_support::at;
using Bytes = std::vector<std::byte>;

constexpr std::string_view secret = "word";

Bytes request_octets(std::uint8_t identifier, Code code = Code::access_request) {
  std::array<std::byte, packet_size_max> buffer;
  Authenticator authenticator;
  authenticator.fill(static_cast<std::byte>(identifier));
  PacketWriter writer(buffer, code, identifier, authenticator);
  writer.add_text(attribute::user_name, "alice");
  const Octets octets = *writer.finish(secret);
  return {octets.begin(), octets.end()};
}

/// A signed answer; with `by` another secret, a forged one.
Bytes answer_to(Octets request, Code code = Code::access_accept, std::string_view by = secret) {
  std::array<std::byte, packet_size_max> buffer;
  const Packet asked = *Packet::decode(request);
  PacketWriter writer(buffer, code, asked.identifier(), asked.authenticator());
  const Octets octets = *writer.finish(by);
  return {octets.begin(), octets.end()};
}

/// The same without a Message-Authenticator: the header alone, with the digest of RFC 2865 section 3.
Bytes unsigned_answer_to(Octets request) {
  Bytes octets{std::byte{2}, request[1], std::byte{0}, std::byte{20}};
  octets.insert(octets.end(), request.begin() + 4, request.begin() + 20);
  // MD5(code, identifier, length, request authenticator, secret), as chap_md5 does it with its first octet as
  // identifier.
  const std::string middle(ppp::as_text(Octets(octets).subspan(1)));
  const auto digest = ppp::chap_md5(2, middle, ppp::as_octets(secret));
  std::ranges::copy(digest, octets.begin() + 4);
  return octets;
}

class InFlight : public testing::Test {
 protected:
  RequestId start(std::uint64_t token, std::int64_t ms = 0, Code code = Code::access_request) {
    const auto id = requests_.next_id();
    if (!id || !requests_.start(*id, request_octets(id->identifier, code), token, at(ms))) std::abort();
    return *id;
  }
  Heard hear(RequestId id, Octets datagram, std::int64_t ms = 1) {
    return requests_.handle_datagram(id.socket, datagram, at(ms)).heard;
  }
  void require(Require require) {
    settings_.require_message_authenticator = require;
    requests_ = RequestsInFlight(settings_);
  }

  InFlightSettings settings_{.secret = std::string(secret), .sockets_max = 2};
  RequestsInFlight requests_{settings_};
};

TEST_F(InFlight, AnAnswerEndsItsRequestAndTellsTheRoundTrip) {
  const RequestId id = start(9);
  const Bytes datagram = answer_to(requests_.octets(id));
  const Answer answer = requests_.handle_datagram(id.socket, datagram, at(12));
  EXPECT_EQ(answer.heard, Heard::answer);
  EXPECT_EQ(answer.token, 9U);
  EXPECT_EQ(answer.packet->code(), Code::access_accept);
  EXPECT_EQ(answer.round_trip, Duration(12));
  EXPECT_EQ(requests_.size(), 0U);
  EXPECT_EQ(requests_.next_deadline(), ppp::never);
}

TEST_F(InFlight, EachSocketHas256IdentifiersAndTheNumberOfSocketsIsBounded) {
  for (std::uint32_t i = 0; i < 512; ++i) {
    EXPECT_EQ(start(i), (RequestId{i / 256, static_cast<std::uint8_t>(i)}));
    EXPECT_EQ(requests_.sockets(), i / 256 + 1);
  }
  EXPECT_EQ(requests_.next_id(), std::nullopt);
  requests_.cancel({0, 17});
  EXPECT_EQ(requests_.next_id(), (RequestId{0, 17}));
}

TEST_F(InFlight, AnIdentifierIsUsedAgainAsLateAsPossible) {
  for (int i = 0; i < 300; ++i) {
    const RequestId id = start(1);
    EXPECT_EQ(id, (RequestId{0, static_cast<std::uint8_t>(i)}));
    requests_.cancel(id);
  }
}

TEST_F(InFlight, RequestsAreSentAgainUnchangedAndThenGivenUp) {
  const RequestId id = start(5);
  const Bytes first(requests_.octets(id).begin(), requests_.octets(id).end());
  EXPECT_EQ(requests_.next_deadline(), at(3000));
  EXPECT_TRUE(requests_.handle_timeout(at(2999)).resend.empty());
  for (const std::int64_t ms : {3000, 6000}) {
    const TimedOut timed_out = requests_.handle_timeout(at(ms));
    EXPECT_EQ(timed_out.resend, std::vector{id});
    EXPECT_TRUE(timed_out.given_up.empty());
    EXPECT_TRUE(ppp::equal(requests_.octets(id), first));
  }
  const TimedOut last = requests_.handle_timeout(at(9000));
  EXPECT_TRUE(last.resend.empty());
  EXPECT_EQ(last.given_up, std::vector<std::uint64_t>{5});
  EXPECT_EQ(hear(id, answer_to(first)), Heard::unknown); // late
}

TEST_F(InFlight, DeadlinesKeepTheirOrderOverRetransmission) {
  const RequestId first = start(1, 0), second = start(2, 1000);
  EXPECT_EQ(requests_.handle_timeout(at(3500)).resend, std::vector{first});
  EXPECT_EQ(requests_.next_deadline(), at(4000));
  EXPECT_EQ(requests_.handle_timeout(at(4000)).resend, std::vector{second});
  EXPECT_EQ(requests_.next_deadline(), at(6500));
}

TEST_F(InFlight, ATimeoutOfNothingEndsAllTheSame) {
  settings_.timeout = Duration(0);
  requests_ = RequestsInFlight(settings_);
  start(1);
  EXPECT_EQ(requests_.handle_timeout(at(0)).resend.size(), 1U);
  EXPECT_EQ(requests_.handle_timeout(at(0)).resend.size(), 1U);
  EXPECT_EQ(requests_.handle_timeout(at(0)).given_up.size(), 1U);
}

TEST_F(InFlight, AnAnswerAfterARetransmissionTellsNoRoundTrip) {
  const RequestId id = start(1);
  static_cast<void>(requests_.handle_timeout(at(3000)));
  const Bytes datagram = answer_to(requests_.octets(id));
  const Answer answer = requests_.handle_datagram(id.socket, datagram, at(3001));
  EXPECT_EQ(answer.heard, Heard::answer);
  EXPECT_EQ(answer.round_trip, std::nullopt);
}

TEST_F(InFlight, ADuplicateAnswerIsUnknown) {
  const RequestId id = start(1);
  const Bytes datagram = answer_to(requests_.octets(id));
  EXPECT_EQ(hear(id, datagram), Heard::answer);
  EXPECT_EQ(hear(id, datagram), Heard::unknown);
}

TEST_F(InFlight, AnAnswerToTheIdentifiersEarlierRequestIsForged) {
  const RequestId id = start(1);
  Bytes earlier(requests_.octets(id).begin(), requests_.octets(id).end());
  earlier[4] ^= std::byte{1}; // it had another authenticator
  EXPECT_EQ(hear(id, answer_to(earlier)), Heard::forged);
}

TEST_F(InFlight, WhatIsDroppedLeavesTheRequestToItsAnswer) {
  const RequestId id = start(1), other = start(2);
  const Bytes datagram = answer_to(requests_.octets(id));
  EXPECT_EQ(hear(id, Octets(datagram).first(19)), Heard::malformed);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::access_accept, "another")), Heard::forged);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::accounting_response)), Heard::forged);
  EXPECT_EQ(hear(id, request_octets(id.identifier)), Heard::forged); // our own, reflected
  EXPECT_EQ(hear({1, id.identifier}, datagram), Heard::unknown);     // on a socket that has not asked
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_EQ(hear(id, datagram), Heard::answer);
  EXPECT_EQ(hear(other, answer_to(requests_.octets(other), Code::access_reject)), Heard::answer);
}

TEST_F(InFlight, AutomaticRequiresAMessageAuthenticatorOnceTheServerHasSentOne) {
  RequestId id = start(1);
  EXPECT_EQ(hear(id, unsigned_answer_to(requests_.octets(id))), Heard::answer);
  id = start(2);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::access_reject)), Heard::answer);
  EXPECT_TRUE(requests_.requires_message_authenticator());
  id = start(3);
  EXPECT_EQ(hear(id, unsigned_answer_to(requests_.octets(id))), Heard::not_signed);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id))), Heard::answer);
}

TEST_F(InFlight, YesRequiresAMessageAuthenticatorFromTheStart) {
  require(Require::yes);
  const RequestId id = start(1);
  EXPECT_EQ(hear(id, unsigned_answer_to(requests_.octets(id))), Heard::not_signed);
}

TEST_F(InFlight, NoAcceptsAnAnswerWithoutMessageAuthenticatorAtAnyTime) {
  require(Require::no);
  RequestId id = start(1);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id))), Heard::answer);
  id = start(2);
  EXPECT_EQ(hear(id, unsigned_answer_to(requests_.octets(id))), Heard::answer);
}

TEST_F(InFlight, AccountingIsAnsweredWithoutMessageAuthenticatorEvenWhereRequired) {
  require(Require::yes);
  const RequestId id = start(1, 0, Code::accounting_request);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::access_accept)), Heard::forged);
  EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::accounting_response)), Heard::answer);
}

TEST_F(InFlight, StatusServerIsAnsweredAsThePortsRequestsAre) {
  for (const Code code : {Code::access_accept, Code::accounting_response}) {
    const RequestId id = start(1, 0, Code::status_server);
    EXPECT_EQ(hear(id, answer_to(requests_.octets(id), Code::access_reject)), Heard::forged);
    EXPECT_EQ(hear(id, answer_to(requests_.octets(id), code)), Heard::answer);
  }
}

TEST_F(InFlight, OnlyRequestsWithAFreeIdentifierAreTaken) {
  const RequestId id = start(1);
  EXPECT_FALSE(requests_.start(id, request_octets(id.identifier), 2, at(0)));
  EXPECT_FALSE(requests_.start({0, 8}, request_octets(9), 2, at(0)));
  EXPECT_FALSE(requests_.start({0, 8}, request_octets(8, Code::access_accept), 2, at(0)));
  EXPECT_FALSE(requests_.start({0, 8}, {}, 2, at(0)));
  EXPECT_FALSE(requests_.start({2, 8}, request_octets(8), 2, at(0)));
  EXPECT_EQ(requests_.size(), 1U);
  requests_.cancel({7, 7}); // none: nothing happens
  EXPECT_TRUE(requests_.octets({7, 7}).empty());
}

} // namespace
} // namespace openl2tp::radius
