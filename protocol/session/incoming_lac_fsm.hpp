// Incoming call at the LAC: we send ICRQ and ICCN. RFC 2661 §7.4.1, row for row; pairs that are not here are ignored.
#pragma once

#include "protocol/session/session_fsm.hpp"

namespace openl2tp::protocol {

inline constexpr SessionRow incoming_lac_rows[] = {
    // clang-format off
    // from                          event                             do                                                            to
    {SessionState::idle,             SessionEvent::open_request,       {},                                                           SessionState::wait_tunnel},
    {SessionState::idle,             SessionEvent::icrp_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::icrp_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::iccn_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::iccn_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_tunnel,      SessionEvent::close_request,      {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_tunnel,      SessionEvent::tunnel_open,        {SessionDo::send_icrq},                                       SessionState::wait_reply},
    {SessionState::wait_reply,       SessionEvent::icrp_ok,            {SessionDo::send_iccn, SessionDo::come_up},                   SessionState::established},
    {SessionState::wait_reply,       SessionEvent::icrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::icrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::icrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::iccn_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::iccn_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::established,      SessionEvent::icrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::iccn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::iccn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // Beyond the RFC's table: a malformed message clears its call (§7.1), and so does the operator's time limit.
    {SessionState::wait_reply,       SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_tunnel,      SessionEvent::timeout,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::timeout,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // clang-format on
};
static_assert(deterministic(incoming_lac_rows), "two rows answer the same (state, event)");

} // namespace openl2tp::protocol
