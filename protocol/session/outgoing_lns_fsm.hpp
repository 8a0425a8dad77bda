// Outgoing call at the LNS: we send OCRQ. RFC 2661 §7.5.2, row for row; pairs that are not here are ignored.
#pragma once

#include "protocol/session/session_fsm.hpp"

namespace openl2tp::protocol {

inline constexpr SessionRow outgoing_lns_rows[] = {
    // clang-format off
    // from                          event                             do                                                            to
    {SessionState::idle,             SessionEvent::open_request,       {},                                                           SessionState::wait_tunnel},
    {SessionState::idle,             SessionEvent::ocrp_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::ocrp_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::occn_ok,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::occn_bad,           {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::idle,             SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_tunnel,      SessionEvent::tunnel_open,        {SessionDo::send_ocrq},                                       SessionState::wait_reply},
    {SessionState::wait_tunnel,      SessionEvent::close_request,      {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::ocrp_ok,            {},                                                           SessionState::wait_connect},
    {SessionState::wait_reply,       SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::occn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::occn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::ocrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::occn_ok,            {SessionDo::come_up},                                         SessionState::established},
    {SessionState::wait_connect,     SessionEvent::occn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::ocrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::ocrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrq_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrq_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrp_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::ocrp_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::occn_ok,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::occn_bad,           {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::cdn,                {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::established,      SessionEvent::close_request,      {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // Beyond the RFC's table, as at the LAC's incoming calls.
    {SessionState::wait_reply,       SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::established,      SessionEvent::malformed,          {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_tunnel,      SessionEvent::timeout,            {SessionDo::clean_up},                                        SessionState::idle},
    {SessionState::wait_reply,       SessionEvent::timeout,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    {SessionState::wait_connect,     SessionEvent::timeout,            {SessionDo::send_cdn, SessionDo::clean_up},                   SessionState::idle},
    // clang-format on
};
static_assert(deterministic(outgoing_lns_rows), "two rows answer the same (state, event)");

} // namespace openl2tp::protocol
