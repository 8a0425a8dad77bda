// The four call tables against RFC 2661 §7.4.1, §7.4.2, §7.5.1 and §7.5.2 as written down here a second time, from the
// RFC: every state with every event.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocol/session/session_fsm.hpp"
#include "tests/unit/protocol/tunnel/expected_table.hpp"

namespace openl2tp::protocol::test {
namespace {

constexpr std::string_view cdn_and_clean_up = "send_cdn clean_up";

// A malformed message clears its call (§7.1), and so does the operator's bound on the time to establish; neither is in
// the RFC's tables.

const std::vector<Expected> incoming_at_the_lac{
    {"idle", "open_request", "", "wait_tunnel"},
    {"idle", "iccn_ok iccn_bad icrp_ok icrp_bad cdn", "clean_up", "idle"},
    {"wait_tunnel", "close_request", "clean_up", "idle"},
    {"wait_tunnel", "tunnel_open", "send_icrq", "wait_reply"},
    {"wait_reply", "icrp_ok", "send_iccn come_up", "established"},
    {"wait_reply", "icrp_bad icrq_ok icrq_bad", cdn_and_clean_up, "idle"},
    {"wait_reply", "cdn iccn_ok iccn_bad", "clean_up", "idle"},
    {"wait_reply established", "close_request", cdn_and_clean_up, "idle"},
    {"established", "cdn", "clean_up", "idle"},
    {"established", "icrq_ok icrq_bad icrp_ok icrp_bad iccn_ok iccn_bad", cdn_and_clean_up, "idle"},
    {"wait_reply established", "malformed", cdn_and_clean_up, "idle"},
    {"wait_tunnel", "timeout", "clean_up", "idle"},
    {"wait_reply", "timeout", cdn_and_clean_up, "idle"},
};

const std::vector<Expected> incoming_at_the_lns{
    {"idle", "icrq_ok", "send_icrp", "wait_connect"},
    {"idle", "icrq_bad icrp_ok icrp_bad", cdn_and_clean_up, "idle"},
    {"idle", "iccn_ok iccn_bad", "clean_up", "idle"},
    {"wait_connect", "iccn_ok", "come_up", "established"},
    {"wait_connect", "iccn_bad icrq_ok icrq_bad icrp_ok icrp_bad", cdn_and_clean_up, "idle"},
    {"idle wait_connect established", "cdn", "clean_up", "idle"},
    {"wait_connect established", "close_request", cdn_and_clean_up, "idle"},
    {"established", "icrq_ok icrq_bad icrp_ok icrp_bad iccn_ok iccn_bad", cdn_and_clean_up, "idle"},
    {"wait_connect established", "malformed", cdn_and_clean_up, "idle"},
    {"wait_connect", "timeout", cdn_and_clean_up, "idle"},
};

const std::vector<Expected> outgoing_at_the_lac{
    {"idle", "ocrq_ok", "send_ocrp open_bearer", "wait_cs_answer"},
    {"idle", "ocrq_bad ocrp_ok ocrp_bad", cdn_and_clean_up, "idle"},
    {"idle", "occn_ok occn_bad cdn", "clean_up", "idle"},
    {"wait_cs_answer", "bearer_up", "send_occn come_up", "established"},
    {"wait_cs_answer", "bearer_failed", cdn_and_clean_up, "idle"},
    {"wait_cs_answer established", "ocrq_ok ocrq_bad ocrp_ok ocrp_bad occn_ok occn_bad", cdn_and_clean_up, "idle"},
    {"wait_cs_answer established", "cdn", "clean_up", "idle"},
    {"established", "bearer_failed close_request", cdn_and_clean_up, "idle"}, // "bearer line drop"
    {"wait_cs_answer", "close_request", cdn_and_clean_up, "idle"},            // not in the RFC's table
    {"wait_cs_answer established", "malformed", cdn_and_clean_up, "idle"},
    {"wait_cs_answer", "timeout", cdn_and_clean_up, "idle"}, // "a timer expires waiting for the call to complete"
};

const std::vector<Expected> outgoing_at_the_lns{
    {"idle", "open_request", "", "wait_tunnel"},
    {"idle", "occn_ok occn_bad ocrp_ok ocrp_bad cdn", "clean_up", "idle"},
    {"wait_tunnel", "tunnel_open", "send_ocrq", "wait_reply"},
    {"wait_reply", "ocrp_ok", "", "wait_connect"},
    {"wait_reply", "ocrp_bad occn_ok occn_bad ocrq_ok ocrq_bad", cdn_and_clean_up, "idle"},
    {"wait_connect", "occn_ok", "come_up", "established"},
    {"wait_connect", "occn_bad ocrq_ok ocrq_bad ocrp_ok ocrp_bad", cdn_and_clean_up, "idle"},
    {"wait_reply wait_connect established", "cdn", "clean_up", "idle"},
    {"established", "ocrq_ok ocrq_bad ocrp_ok ocrp_bad occn_ok occn_bad", cdn_and_clean_up, "idle"},
    {"wait_reply wait_connect established", "close_request", cdn_and_clean_up, "idle"},
    {"wait_tunnel", "close_request timeout", "clean_up", "idle"},
    {"wait_reply wait_connect established", "malformed", cdn_and_clean_up, "idle"},
    {"wait_reply wait_connect", "timeout", cdn_and_clean_up, "idle"},
};

struct TableCase {
  std::string name;
  SessionType type;
  const std::vector<Expected>* expected;
};

class SessionTable : public testing::TestWithParam<TableCase> {};

TEST_P(SessionTable, AnswersEveryEventInEveryStateAsTheRfcSays) {
  for (std::size_t s = 0; s < session_state_count; ++s)
    for (std::size_t e = 0; e < session_event_count; ++e) {
      const auto state = static_cast<SessionState>(s);
      const auto event = static_cast<SessionEvent>(e);
      EXPECT_EQ(actual(session_transition(GetParam().type, state, event)),
                look_up(*GetParam().expected, name(state), name(event)))
          << name(state) << " + " << name(event);
    }
}

INSTANTIATE_TEST_SUITE_P(Of, SessionTable,
                         testing::Values(TableCase{"IncomingLac", SessionType::lac_incoming, &incoming_at_the_lac},
                                         TableCase{"IncomingLns", SessionType::lns_incoming, &incoming_at_the_lns},
                                         TableCase{"OutgoingLac", SessionType::lac_outgoing, &outgoing_at_the_lac},
                                         TableCase{"OutgoingLns", SessionType::lns_outgoing, &outgoing_at_the_lns}),
                         [](const auto& info) { return info.param.name; });

TEST(SessionTableOfNoType, HasNoRows) {
  EXPECT_EQ(session_transition(SessionType::unspecified, SessionState::idle, SessionEvent::open_request), nullptr);
}

} // namespace
} // namespace openl2tp::protocol::test
