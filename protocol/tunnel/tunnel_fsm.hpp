// The control connection's state machine, RFC 2661 §7.2.1, row for row. Judging a message ("acceptable?") comes before
// the table.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/fsm.hpp"

namespace openl2tp::protocol {

enum class TunnelState : std::uint8_t {
  idle,
  wait_ctl_reply,
  wait_ctl_conn,
  established,
  closing, // beyond the table: our StopCCN waits for its acknowledgement (§5.7)
};
inline constexpr std::size_t tunnel_state_count = 5;

enum class TunnelEvent : std::uint8_t {
  open_request,
  sccrq_ok,
  sccrq_tie_lost,
  sccrq, // an SCCRQ with a new Ns inside a tunnel
  sccrp_ok,
  sccrp_bad,
  scccn_ok,
  scccn_bad,
  stopccn,
  close_request,
  malformed, // beyond the table, §7.1: a message for the tunnel that cannot be decoded, or an unknown mandatory one
  establish_timeout, // beyond the table: an operator's bound on the time to establish
  peer_silent,       // beyond the table, §5.8: retransmission gave up
  closed,            // beyond the table: StopCCN acknowledged, or it has waited for that long enough
  superseded,        // beyond the table: the peer has proved that it gave this tunnel's id to a new one
};
inline constexpr std::size_t tunnel_event_count = 15;

enum class TunnelDo : std::uint8_t {
  nothing,
  send_sccrq,
  send_sccrp,
  send_scccn,
  send_stopccn,
  come_up,            // report it and open the sessions that wait for the tunnel
  go_down,            // end the sessions without a CDN each (§5.7) and report it
  forget,             // give id and memory back
  keep_acknowledging, // acknowledge the peer's StopCCN, and go on doing so for a retransmission cycle (§5.7)
};

using TunnelRow = FsmRow<TunnelState, TunnelEvent, TunnelDo>;

inline constexpr TunnelRow tunnel_rows[] = {
    // clang-format off
    // from                       event                           do                                             to
    {TunnelState::idle,           TunnelEvent::open_request,      {TunnelDo::send_sccrq},                        TunnelState::wait_ctl_reply},
    {TunnelState::idle,           TunnelEvent::sccrq_ok,          {TunnelDo::send_sccrp},                        TunnelState::wait_ctl_conn},
    {TunnelState::idle,           TunnelEvent::sccrp_ok,          {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::idle,           TunnelEvent::sccrp_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    {TunnelState::wait_ctl_reply, TunnelEvent::sccrp_ok,          {TunnelDo::send_scccn, TunnelDo::come_up},     TunnelState::established},
    {TunnelState::wait_ctl_reply, TunnelEvent::sccrp_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    // The SCCRQ that won is then taken in idle, as §7.2.1 says ("re-queue SCCRQ").
    {TunnelState::wait_ctl_reply, TunnelEvent::sccrq_tie_lost,    {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::wait_ctl_reply, TunnelEvent::sccrq,             {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_reply, TunnelEvent::scccn_ok,          {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_reply, TunnelEvent::scccn_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    {TunnelState::wait_ctl_conn,  TunnelEvent::scccn_ok,          {TunnelDo::come_up},                           TunnelState::established},
    {TunnelState::wait_ctl_conn,  TunnelEvent::scccn_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::sccrp_ok,          {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::sccrp_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::sccrq,             {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    {TunnelState::established,    TunnelEvent::sccrq,             {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::sccrp_ok,          {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::sccrp_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::scccn_ok,          {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::scccn_bad,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    // An administrative close is in the table for established alone; before that it must end the same way.
    {TunnelState::wait_ctl_reply, TunnelEvent::close_request,     {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::close_request,     {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::close_request,     {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    {TunnelState::wait_ctl_reply, TunnelEvent::malformed,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::malformed,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::established,    TunnelEvent::malformed,         {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    {TunnelState::wait_ctl_reply, TunnelEvent::establish_timeout, {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},
    {TunnelState::wait_ctl_conn,  TunnelEvent::establish_timeout, {TunnelDo::send_stopccn, TunnelDo::go_down},   TunnelState::closing},

    // §7.2.1 has StopCCN in every state.
    {TunnelState::wait_ctl_reply, TunnelEvent::stopccn,           {TunnelDo::go_down, TunnelDo::keep_acknowledging, TunnelDo::forget}, TunnelState::idle},
    {TunnelState::wait_ctl_conn,  TunnelEvent::stopccn,           {TunnelDo::go_down, TunnelDo::keep_acknowledging, TunnelDo::forget}, TunnelState::idle},
    {TunnelState::established,    TunnelEvent::stopccn,           {TunnelDo::go_down, TunnelDo::keep_acknowledging, TunnelDo::forget}, TunnelState::idle},
    {TunnelState::closing,        TunnelEvent::stopccn,           {TunnelDo::keep_acknowledging, TunnelDo::forget},                    TunnelState::idle},

    // Nothing is sent: the peer would take it for a message of the new tunnel.
    {TunnelState::wait_ctl_conn,  TunnelEvent::superseded,        {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::established,    TunnelEvent::superseded,        {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::closing,        TunnelEvent::superseded,        {TunnelDo::forget},                            TunnelState::idle},

    {TunnelState::wait_ctl_reply, TunnelEvent::peer_silent,       {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::wait_ctl_conn,  TunnelEvent::peer_silent,       {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::established,    TunnelEvent::peer_silent,       {TunnelDo::go_down, TunnelDo::forget},         TunnelState::idle},
    {TunnelState::closing,        TunnelEvent::peer_silent,       {TunnelDo::forget},                            TunnelState::idle},

    {TunnelState::closing,        TunnelEvent::closed,            {TunnelDo::forget},                            TunnelState::idle},
    // clang-format on
};
static_assert(deterministic(tunnel_rows), "two rows answer the same (state, event)");

/// Every pair without a row is ignored: there is nothing to do for it, and the message was acknowledged by the channel
/// already.
[[nodiscard]] constexpr const TunnelRow* tunnel_transition(TunnelState from, TunnelEvent on) noexcept {
  return find_row(tunnel_rows, from, on);
}

[[nodiscard]] std::string_view name(TunnelState state) noexcept;
[[nodiscard]] std::string_view name(TunnelEvent event) noexcept;
[[nodiscard]] std::string_view name(TunnelDo step) noexcept;

} // namespace openl2tp::protocol
