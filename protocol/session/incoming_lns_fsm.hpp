// Incoming call at the LNS: we answer ICRQ. RFC 2661 §7.4.2, row for row; pairs that are not here are ignored.
#pragma once

#include "protocol/session/session_fsm.hpp"

namespace openl2tp::protocol {

inline constexpr SessionRow incoming_lns_rows[] = {
    // clang-format off
    // from                          event                             do                                                            to
    {SessionState::idle,             SessionEvent::icrq_ok,            {SessionDo::send_icrp},                                       SessionState::wait_connect},
    {SessionState::idle,             SessionEvent::icrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::icrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::icrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::iccn_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::iccn_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::iccn_ok,            {SessionDo::come_up},                                         SessionState::established},
    {SessionState::wait_connect,     SessionEvent::iccn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::icrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::icrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::icrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::icrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::icrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::iccn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::iccn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::established,      SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    // Beyond the RFC's table, as at the LAC.
    {SessionState::wait_connect,     SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::timeout,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // clang-format on
};
static_assert(deterministic(incoming_lns_rows), "two rows answer the same (state, event)");

} // namespace openl2tp::protocol
