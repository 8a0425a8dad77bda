// The control connection's table against RFC 2661 §7.2.1 as written down here a second time, from the RFC: every state
// with every event.
#include <gtest/gtest.h>

#include <string>

#include "protocol/tunnel/tunnel_fsm.hpp"
#include "tests/unit/protocol/tunnel/expected_table.hpp"

namespace openl2tp::protocol::test {
namespace {

// Where the RFC says "idle" after a StopCCN of ours, the tunnel is `closing` until that is delivered (§7.1).
const Expected expected[] = {
    // the RFC's rows
    {"idle", "open_request", "send_sccrq", "wait_ctl_reply"},
    {"idle", "sccrq_ok", "send_sccrp", "wait_ctl_conn"},
    {"idle", "sccrp_ok sccrp_bad", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply", "sccrp_ok", "send_scccn come_up", "established"},
    {"wait_ctl_reply", "sccrp_bad", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply", "sccrq_tie_lost", "go_down forget", "idle"},
    {"wait_ctl_reply", "scccn_ok scccn_bad", "send_stopccn go_down", "closing"},
    {"wait_ctl_conn", "scccn_ok", "come_up", "established"},
    {"wait_ctl_conn", "scccn_bad", "send_stopccn go_down", "closing"},
    {"wait_ctl_conn", "sccrp_ok sccrp_bad sccrq", "send_stopccn go_down", "closing"},
    {"established", "close_request", "send_stopccn go_down", "closing"},
    {"established", "sccrq sccrp_ok sccrp_bad scccn_ok scccn_bad", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply wait_ctl_conn established", "stopccn", "go_down keep_acknowledging forget", "idle"}, // §5.7
    // what the RFC says outside of its table
    {"wait_ctl_reply", "sccrq", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply wait_ctl_conn", "close_request", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply wait_ctl_conn established", "malformed", "send_stopccn go_down", "closing"}, // §7.1
    {"wait_ctl_reply wait_ctl_conn", "establish_timeout", "send_stopccn go_down", "closing"},
    {"wait_ctl_reply wait_ctl_conn established", "peer_silent", "go_down forget", "idle"}, // §5.8
    {"closing", "peer_silent", "forget", "idle"},
    {"closing", "stopccn", "keep_acknowledging forget", "idle"}, // both gave up at once
    {"closing", "closed", "forget", "idle"},
    // a peer that lost its state
    {"wait_ctl_conn established", "superseded", "go_down forget", "idle"},
    {"closing", "superseded", "forget", "idle"},
};

class TunnelTable : public testing::TestWithParam<TunnelState> {};

TEST_P(TunnelTable, AnswersEveryEventAsTheRfcSays) {
  for (std::size_t i = 0; i < tunnel_event_count; ++i) {
    const auto event = static_cast<TunnelEvent>(i);
    EXPECT_EQ(actual(tunnel_transition(GetParam(), event)), look_up(expected, name(GetParam()), name(event)))
        << name(GetParam()) << " + " << name(event);
  }
}

INSTANTIATE_TEST_SUITE_P(InState, TunnelTable,
                         testing::Values(TunnelState::idle, TunnelState::wait_ctl_reply, TunnelState::wait_ctl_conn,
                                         TunnelState::established, TunnelState::closing),
                         [](const auto& info) { return std::string(name(info.param)); });

} // namespace
} // namespace openl2tp::protocol::test
