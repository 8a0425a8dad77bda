// The Negotiator carries out the automaton: every cell of the table, by what it says and reports; then its judgement of
// identifiers, and its limits.
#include "plugins/ppp_engine/negotiator.hpp"

#include <string>

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::at;
using testing_support::Bytes;
using testing_support::hex;
using testing_support::to_hex;

/// A protocol of one option (type 1), which it asks for with value 00 and takes with any value but ff.
class FakeUser final : public NegotiatorUser {
 public:
  std::string said; // what it sent and was told, in the RFC's words
  Bytes last_options;
  std::uint8_t last_id = 0;
  bool gave_up = false, refusals = true, content = true;
  std::size_t peer_packet_max = packet_size_max;
  Bytes request = hex("010300");

  void write_request(Writer& options) const override { options.octets(request); }
  void prepare_request() override {}
  Answer judge(Octets options, bool may_nak, Writer& reply) override {
    if (to_hex(options) != "0103ff") return Answer::ack;
    reply.octets(may_nak ? hex("010301") : hex("0103ff"));
    return may_nak ? Answer::nak : Answer::reject;
  }
  bool take_nak(Octets) override { return content; }
  bool take_reject(Octets) override { return content; }
  void send(Code code, std::uint8_t id, Octets data) override {
    static const char* const words[] = {"", "scr", "sca", "scn", "scn", "str", "sta", "scj"};
    say(words[static_cast<std::size_t>(code)]);
    last_id = id;
    last_options.assign(data.begin(), data.end());
    if (code == Code::configure_request) request_id = id;
  }
  std::size_t packet_max() const override { return peer_packet_max; }
  bool may_refuse(TimePoint) override { return refusals; }
  void send_echo_reply(const Packet&, TimePoint) override { say("ser"); }
  void layer_up(TimePoint) override { say("tlu"); }
  void layer_down(TimePoint) override { say("tld"); }
  void layer_finished(TimePoint) override { say("tlf"); }
  void not_converging() override { gave_up = true; }

  std::uint8_t request_id = 0;

 private:
  void say(const char* word) { said += (said.empty() ? "" : ",") + std::string(word); }
};

struct Machine {
  Negotiator negotiator;
  FakeUser user;
  NegotiationLimits limits;
  TimePoint now = at(0);

  bool hear(Code code, std::uint8_t id, std::string_view options = "") {
    const Bytes data = hex(options);
    Bytes whole = hex("00000000");
    whole.insert(whole.end(), data.begin(), data.end());
    const Packet packet{static_cast<std::uint8_t>(code), id, data, whole};
    return negotiator.handle(packet, limits, now, user);
  }
  bool hear_answer(Code code) { return hear(code, user.request_id, code == Code::configure_ack ? "010300" : "010301"); }
  void expire() {
    now = negotiator.deadline();
    negotiator.handle_timeout(limits, now, user);
  }

  /// By the shortest way.
  void go_to(State state) {
    switch (state) {
    case State::initial: break;
    case State::starting: negotiator.open(limits, now, user); break;
    case State::closed: negotiator.up(limits, now, user); break;
    case State::req_sent:
      go_to(State::closed);
      negotiator.open(limits, now, user);
      break;
    case State::ack_rcvd:
      go_to(State::req_sent);
      hear_answer(Code::configure_ack);
      break;
    case State::ack_sent:
      go_to(State::req_sent);
      hear(Code::configure_request, 9, "010300");
      break;
    case State::opened:
      go_to(State::ack_sent);
      hear_answer(Code::configure_ack);
      break;
    case State::closing:
      go_to(State::req_sent);
      negotiator.close(limits, now, user);
      break;
    case State::stopping:
      go_to(State::opened);
      hear(Code::terminate_request, 1);
      break;
    case State::stopped:
      go_to(State::stopping);
      expire();
      break;
    }
    ASSERT_EQ(negotiator.state(), state);
    user.said.clear();
  }

  void happen(Event event) {
    const Packet unknown{.code = 200, .id = 4};
    const Bytes echo_data = hex("00000000");
    const Packet echo{.code = static_cast<std::uint8_t>(Code::echo_request), .id = 4, .data = echo_data};
    switch (event) {
    case Event::up: negotiator.up(limits, now, user); break;
    case Event::down: negotiator.down(limits, now, user); break;
    case Event::open: negotiator.open(limits, now, user); break;
    case Event::close: negotiator.close(limits, now, user); break;
    case Event::to_plus: expire(); break;
    case Event::to_minus: expire(); break;
    case Event::rcr_plus: hear(Code::configure_request, 7, "010300"); break;
    case Event::rcr_minus: hear(Code::configure_request, 7, "0103ff"); break;
    case Event::rca: hear_answer(Code::configure_ack); break;
    case Event::rcn: hear_answer(Code::configure_nak); break;
    case Event::rtr: hear(Code::terminate_request, 7); break;
    case Event::rta: hear(Code::terminate_ack, 7); break;
    case Event::ruc: negotiator.handle_unknown_code(unknown, limits, now, user); break;
    case Event::rxj_plus: hear(Code::code_reject, 7, "09000004"); break;
    case Event::rxj_minus: hear(Code::code_reject, 7, "01000004"); break;
    case Event::rxr: negotiator.handle_echo(echo, limits, now, user); break;
    }
  }
};

/// What of a cell can be seen from outside: all but irc, zrc and tls.
std::string visible(const Cell& cell) {
  std::string text;
  for (const Do action : cell.actions) {
    const char* word = nullptr;
    switch (action) {
    case Do::nothing:
    case Do::irc:
    case Do::zrc:
    case Do::tls: break;
    case Do::tlu: word = "tlu"; break;
    case Do::tld: word = "tld"; break;
    case Do::tlf: word = "tlf"; break;
    case Do::scr: word = "scr"; break;
    case Do::sca: word = "sca"; break;
    case Do::scn: word = "scn"; break;
    case Do::str: word = "str"; break;
    case Do::sta: word = "sta"; break;
    case Do::scj: word = "scj"; break;
    case Do::ser: word = "ser"; break;
    }
    if (word != nullptr) text += (text.empty() ? "" : ",") + std::string(word);
  }
  return text;
}

TEST(Negotiator, DoesInEveryStateOnEveryEventWhatTheTableSays) {
  for (std::size_t s = 0; s < state_count; ++s)
    for (std::size_t e = 0; e < event_count; ++e) {
      const auto state = static_cast<State>(s);
      const auto event = static_cast<Event>(e);
      SCOPED_TRACE(std::string(name(event)) + " in " + std::string(name(state)));
      Machine machine;
      if (event == Event::to_minus) machine.limits = {.configure_max = 0, .terminate_max = 0};
      machine.go_to(state);
      if (testing::Test::HasFatalFailure()) return;
      // Stopping after a Terminate-Request has a counter of zero: TO+ does not happen there. TO happens where a timer
      // runs.
      if ((event == Event::to_plus || event == Event::to_minus) && machine.negotiator.deadline() == never) {
        EXPECT_FALSE(automaton_cell(state, event).legal);
        continue;
      }
      if (event == Event::to_plus && state == State::stopping) continue;
      // An Ack or Nak of a request that was answered already is an answer to nothing: discarded (section 5.2).
      const bool answered = state == State::ack_rcvd || state == State::opened;
      if (answered && (event == Event::rca || event == Event::rcn)) {
        machine.happen(event);
        EXPECT_EQ(machine.user.said, "");
        EXPECT_EQ(machine.negotiator.state(), state);
        continue;
      }
      const Cell& cell = automaton_cell(state, event);
      machine.happen(event);
      EXPECT_EQ(machine.user.said, cell.legal ? visible(cell) : "");
      EXPECT_EQ(machine.negotiator.state(), cell.legal ? cell.to : state);
      EXPECT_EQ(machine.negotiator.deadline() != never, restart_timer_runs(machine.negotiator.state()));
    }
}

TEST(Negotiator, SendsAsManyConfigureRequestsAsAllowedAndGivesUp) {
  Machine machine;
  machine.limits.configure_max = 4;
  machine.go_to(State::req_sent);
  for (int i = 0; i < 3; ++i)
    machine.expire();
  EXPECT_EQ(machine.user.said, "scr,scr,scr");
  machine.expire();
  EXPECT_EQ(machine.user.said, "scr,scr,scr,tlf");
  EXPECT_TRUE(machine.negotiator.peer_silent());
  EXPECT_EQ(machine.negotiator.deadline(), never);
}

TEST(Negotiator, SendsAsManyTerminateRequestsAsAllowedAndCloses) {
  Machine machine;
  machine.limits.terminate_max = 2;
  machine.go_to(State::opened);
  machine.negotiator.close(machine.limits, machine.now, machine.user);
  machine.expire();
  machine.expire();
  EXPECT_EQ(machine.user.said, "tld,str,str,tlf");
  EXPECT_EQ(machine.negotiator.state(), State::closed);
}

TEST(Negotiator, RepeatsARequestWithItsIdentifier) {
  Machine machine;
  machine.go_to(State::req_sent);
  const std::uint8_t id = machine.user.request_id;
  machine.expire();
  EXPECT_EQ(machine.user.request_id, id);
}

TEST(Negotiator, GivesARequestThatFollowsAnAnswerAnotherIdentifier) {
  Machine machine;
  machine.go_to(State::req_sent);
  const std::uint8_t id = machine.user.request_id;
  machine.happen(Event::rcn);
  EXPECT_NE(machine.user.request_id, id);
}

TEST(Negotiator, DiscardsAnAckOfAnotherIdentifier) {
  Machine machine;
  machine.go_to(State::req_sent);
  EXPECT_FALSE(machine.hear(Code::configure_ack, static_cast<std::uint8_t>(machine.user.request_id + 1), "010300"));
  EXPECT_EQ(machine.negotiator.state(), State::req_sent);
}

TEST(Negotiator, DiscardsAnAckOfOtherOptions) {
  Machine machine;
  machine.go_to(State::req_sent);
  EXPECT_FALSE(machine.hear(Code::configure_ack, machine.user.request_id, "010301"));
  EXPECT_FALSE(machine.hear(Code::configure_ack, machine.user.request_id, ""));
  EXPECT_EQ(machine.negotiator.state(), State::req_sent);
}

TEST(Negotiator, DiscardsARejectOfWhatItDidNotAskFor) {
  Machine machine;
  machine.go_to(State::req_sent);
  EXPECT_FALSE(machine.hear(Code::configure_reject, machine.user.request_id, "020300"));
  EXPECT_EQ(machine.user.said, "");
}

TEST(Negotiator, DiscardsMalformedOptions) {
  Machine machine;
  machine.go_to(State::req_sent);
  for (const char* options : {"01", "0100", "0104ff", "010300ff"})
    EXPECT_FALSE(machine.hear(Code::configure_request, 1, options)) << options;
  EXPECT_EQ(machine.user.said, "");
}

TEST(Negotiator, AcknowledgesWithTheOptionsAndTheIdentifierOfTheRequest) {
  Machine machine;
  machine.go_to(State::req_sent);
  machine.hear(Code::configure_request, 0x42, "0103ee0702");
  EXPECT_EQ(machine.user.last_id, 0x42);
  EXPECT_EQ(to_hex(machine.user.last_options), "0103ee0702");
}

TEST(Negotiator, TurnsItsNaksIntoRejectsAfterMaxFailure) {
  Machine machine;
  machine.limits.failure_max = 3;
  machine.go_to(State::req_sent);
  for (std::uint8_t i = 0; i < 3; ++i) {
    machine.hear(Code::configure_request, i, "0103ff");
    EXPECT_EQ(to_hex(machine.user.last_options), "010301") << int{i};
  }
  machine.hear(Code::configure_request, 9, "0103ff");
  EXPECT_EQ(to_hex(machine.user.last_options), "0103ff");
}

TEST(Negotiator, GivesUpOnAPeerThatNaksForEver) {
  Machine machine;
  machine.limits.failure_max = 3;
  machine.go_to(State::req_sent);
  int naks = 0;
  while (!machine.user.gave_up && naks < 100) {
    machine.happen(Event::rcn);
    ++naks;
  }
  EXPECT_EQ(naks, 7);
}

TEST(Negotiator, AsksForNothingMoreOnceItGivesUp) {
  Machine machine;
  machine.limits.failure_max = 3;
  machine.go_to(State::req_sent);
  for (int i = 0; i < 6; ++i)
    machine.hear_answer(Code::configure_nak);
  machine.user.said.clear();
  machine.hear_answer(Code::configure_nak);
  EXPECT_TRUE(machine.user.gave_up);
  EXPECT_EQ(machine.user.said, "");
}

TEST(Negotiator, AsksForNothingMoreOnceItsUserCannotDoWithoutWhatIsRefused) {
  for (const Code refusal : {Code::configure_nak, Code::configure_reject}) {
    Machine machine;
    machine.go_to(State::req_sent);
    machine.user.content = false;
    machine.user.said.clear();
    EXPECT_TRUE(machine.hear(refusal, machine.user.request_id, "010300"));
    EXPECT_EQ(machine.user.said, "");
  }
}

TEST(Negotiator, CutsACodeRejectToWhatThePeerTakes) {
  Machine machine;
  machine.go_to(State::opened);
  machine.user.peer_packet_max = 576;
  const Bytes whole(1'404, std::byte{7});
  const Packet packet{200, 9, Octets(whole).subspan(4), whole};
  machine.negotiator.handle_unknown_code(packet, machine.limits, machine.now, machine.user);
  EXPECT_EQ(machine.user.last_options.size(), 572U);
}

TEST(Negotiator, SaysNothingThatItMayNot) {
  Machine machine;
  machine.go_to(State::opened);
  machine.user.refusals = false;
  machine.happen(Event::ruc);
  EXPECT_EQ(machine.user.said, "");
  machine.happen(Event::rtr);
  EXPECT_EQ(machine.user.said, "tld");
}

TEST(Negotiator, RejectsACodeWithThePacketInside) {
  Machine machine;
  machine.go_to(State::opened);
  const Bytes whole = hex("c8040008 01020304");
  const Packet packet{.code = 200, .id = 4, .data = Octets(whole).subspan(4), .whole = whole};
  machine.negotiator.handle_unknown_code(packet, machine.limits, machine.now, machine.user);
  EXPECT_EQ(to_hex(machine.user.last_options), "c804000801020304");
}

TEST(Negotiator, SendsNothingWhileTheLayerBelowIsDown) {
  for (const State state : {State::initial, State::starting}) {
    Machine machine;
    machine.go_to(state);
    for (std::uint8_t code = 1; code <= 7; ++code)
      EXPECT_FALSE(machine.hear(static_cast<Code>(code), 1, "010300"));
    EXPECT_EQ(machine.user.said, "");
  }
}

} // namespace
} // namespace openl2tp::ppp
