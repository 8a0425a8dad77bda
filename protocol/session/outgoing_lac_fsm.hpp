// Outgoing call at the LAC: we answer OCRQ and place the call. RFC 2661 §7.5.1, row for row; pairs that are not here
// are ignored.
#pragma once

#include "protocol/session/session_fsm.hpp"

namespace openl2tp::protocol {

inline constexpr SessionRow outgoing_lac_rows[] = {
    // clang-format off
    // from                          event                             do                                                            to
    {SessionState::idle,             SessionEvent::ocrq_ok,            {SessionDo::send_ocrp, SessionDo::open_bearer},               SessionState::wait_cs_answer},
    {SessionState::idle,             SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::ocrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::idle,             SessionEvent::occn_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::occn_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::bearer_up,          {SessionDo::send_occn, SessionDo::come_up},                   SessionState::established},
    {SessionState::wait_cs_answer,   SessionEvent::bearer_failed,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::ocrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::ocrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::occn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::occn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::occn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::occn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::established,      SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::bearer_failed,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // Beyond the RFC's table, as at the LAC's incoming calls.
    {SessionState::wait_cs_answer,   SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_cs_answer,   SessionEvent::timeout,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // clang-format on
};
static_assert(deterministic(outgoing_lac_rows), "two rows answer the same (state, event)");

} // namespace openl2tp::protocol
