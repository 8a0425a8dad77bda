// The rows of sessions and session profiles.
#include <array>

#include "tools/l2tpconfig/fields.hpp"

namespace openl2tp::cli {
namespace {

namespace session {
using M = l2tp_api_session_msg_data;
constexpr std::array kFields = {
    text_field<&M::profile_name>("profile_name", L2TP_API_SESSION_FLAG_PROFILE_NAME, "Name of the profile")
        .during(Use::create),
    text_field<&M::user_name>("user_name", L2TP_API_SESSION_FLAG_USER_NAME, "User of the session").during(Use::create),
    text_field<&M::user_password>("user_password", L2TP_API_SESSION_FLAG_USER_PASSWORD, "Password of the user")
        .secret()
        .during(Use::create),
    text_field<&M::priv_group_id>("priv_group_id", L2TP_API_SESSION_FLAG_PRIV_GROUP_ID, "Private group of the call")
        .during(Use::create),
    text_field<&M::interface_name>("interface_name", L2TP_API_SESSION_FLAG_INTERFACE_NAME,
                                   "Name of the network interface")
        .during(Use::create),
    // The words begin with the type of value 1; 0 is "unspecified", which is not asked for.
    choice_field<&M::session_type, "laic|laoc|lnic|lnoc", 1>("session_type", L2TP_API_SESSION_FLAG_SESSION_TYPE,
                                                             "Kind of call")
        .during(Use::create),
    pair_field<&M::framing_type_sync, &M::framing_type_async, "none|sync|async|any">(
        "framing_type", L2TP_API_SESSION_FLAG_FRAMING_TYPE, "Framing of the call")
        .during(Use::create),
    pair_field<&M::bearer_type_digital, &M::bearer_type_analog, "none|digital|analog|any">(
        "bearer_type", L2TP_API_SESSION_FLAG_BEARER_TYPE, "Bearer of the call")
        .during(Use::create),
    number_field<&M::minimum_bps>("minimum_bps", Type::uint32, L2TP_API_SESSION_FLAG_MINIMUM_BPS,
                                  "Lowest acceptable speed in bits a second")
        .during(Use::create),
    number_field<&M::maximum_bps>("maximum_bps", Type::uint32, L2TP_API_SESSION_FLAG_MAXIMUM_BPS,
                                  "Highest acceptable speed in bits a second")
        .during(Use::create),
    speed_field<M>(L2TP_API_SESSION_FLAG_CONNECT_SPEED).during(Use::create),
    trace_field<M>(L2TP_API_SESSION_FLAG_TRACE_FLAGS),
    boolean_field<&M::sequencing_required>("sequencing_required", L2TP_API_SESSION_FLAG_SEQUENCING_REQUIRED,
                                           "Require sequence numbers in data"),
    boolean_field<&M::use_sequence_numbers>("use_sequence_numbers", L2TP_API_SESSION_FLAG_USE_SEQUENCE_NUMBERS,
                                            "Send sequence numbers in data"),
    number_field<&M::reorder_timeout>("reorder_timeout", Type::uint32, L2TP_API_SESSION_FLAG_REORDER_TIMEOUT,
                                      "Milliseconds to wait for data out of order; 0 is not at all"),
    boolean_field<&M::no_ppp>("no_ppp", L2TP_API_SESSION_FLAG_NO_PPP, "Run no PPP on the session").during(Use::create),
    text_field<&M::ppp_profile_name>("ppp_profile_name", L2TP_API_SESSION_FLAG_PPP_PROFILE_NAME, "PPP profile")
        .during(Use::create),
    boolean_field<&M::use_ppp_proxy>("use_ppp_proxy", L2TP_API_SESSION_FLAG_USE_PPP_PROXY, "Send proxy PPP to the peer")
        .during(Use::create),
    choice_field<&M::proxy_auth_type, "text|chap|pap|none|mschap", L2TP_API_SESSION_PROXY_AUTH_TYPE_PLAIN_TEXT>(
        "proxy_auth_type", L2TP_API_SESSION_FLAG_PROXY_AUTH_TYPE, "Proxy authentication type, also 1 to 5")
        .called("auth type")
        .numbered(L2TP_API_SESSION_PROXY_AUTH_TYPE_PLAIN_TEXT)
        .during(Use::create),
    text_field<&M::proxy_auth_name>("proxy_auth_name", L2TP_API_SESSION_FLAG_PROXY_AUTH_NAME,
                                    "Proxy authentication name")
        .during(Use::create),
    octets_field<&M::proxy_auth_challenge>("proxy_auth_challenge", L2TP_API_SESSION_FLAG_PROXY_AUTH_CHALLENGE,
                                           "Proxy authentication challenge")
        .during(Use::create),
    octets_field<&M::proxy_auth_response>("proxy_auth_response", L2TP_API_SESSION_FLAG_PROXY_AUTH_RESPONSE,
                                          "Proxy authentication response")
        .secret()
        .during(Use::create),
    text_field<&M::calling_number>("calling_number", L2TP_API_SESSION_FLAG_CALLING_NUMBER, "Calling number")
        .during(Use::create),
    text_field<&M::called_number>("called_number", L2TP_API_SESSION_FLAG_CALLED_NUMBER, "Called number")
        .during(Use::create),
    text_field<&M::sub_address>("sub_address", L2TP_API_SESSION_FLAG_SUB_ADDRESS, "Sub-address").during(Use::create),
    octets_field<&M::initial_rcvd_lcp_confreq>("initial_rcvd_lcp_confreq",
                                               L2TP_API_SESSION_FLAG_INITIAL_RCVD_LCP_CONFREQ,
                                               "First LCP CONFREQ received from the PPP peer")
        .during(Use::create),
    octets_field<&M::last_sent_lcp_confreq>("last_sent_lcp_confreq", L2TP_API_SESSION_FLAG_LAST_SENT_LCP_CONFREQ,
                                            "Last LCP CONFREQ sent to the PPP peer")
        .during(Use::create),
    octets_field<&M::last_rcvd_lcp_confreq>("last_rcvd_lcp_confreq", L2TP_API_SESSION_FLAG_LAST_RCVD_LCP_CONFREQ,
                                            "Last LCP CONFREQ received from the PPP peer")
        .during(Use::create),
};
} // namespace session

namespace profile {
using M = l2tp_api_session_profile_msg_data;
constexpr std::array kFields = {
    trace_field<M>(L2TP_API_SESSION_PROFILE_FLAG_TRACE_FLAGS),
    boolean_field<&M::sequencing_required>("sequencing_required", L2TP_API_SESSION_PROFILE_FLAG_SEQUENCING_REQUIRED,
                                           "Require sequence numbers in data"),
    text_field<&M::ppp_profile_name>("ppp_profile_name", L2TP_API_SESSION_PROFILE_FLAG_PPP_PROFILE_NAME, "PPP profile"),
    // The words begin with the type of value 1; 0 is "unspecified", which is not asked for.
    choice_field<&M::session_type, "laic|laoc|lnic|lnoc", 1>("session_type", L2TP_API_SESSION_PROFILE_FLAG_SESSION_TYPE,
                                                             "Kind of call"),
    text_field<&M::priv_group_id>("priv_group_id", L2TP_API_SESSION_PROFILE_FLAG_PRIV_GROUP_ID,
                                  "Private group of the call"),
    pair_field<&M::framing_type_sync, &M::framing_type_async, "none|sync|async|any">(
        "framing_type", L2TP_API_SESSION_PROFILE_FLAG_FRAMING_TYPE, "Framing of the call"),
    pair_field<&M::bearer_type_digital, &M::bearer_type_analog, "none|digital|analog|any">(
        "bearer_type", L2TP_API_SESSION_PROFILE_FLAG_BEARER_TYPE, "Bearer of the call"),
    number_field<&M::minimum_bps>("minimum_bps", Type::uint32, L2TP_API_SESSION_PROFILE_FLAG_MINIMUM_BPS,
                                  "Lowest acceptable speed in bits a second"),
    number_field<&M::maximum_bps>("maximum_bps", Type::uint32, L2TP_API_SESSION_PROFILE_FLAG_MAXIMUM_BPS,
                                  "Highest acceptable speed in bits a second"),
    speed_field<M>(L2TP_API_SESSION_PROFILE_FLAG_CONNECT_SPEED),
    boolean_field<&M::use_sequence_numbers>("use_sequence_numbers", L2TP_API_SESSION_PROFILE_FLAG_USE_SEQUENCE_NUMBERS,
                                            "Send sequence numbers in data"),
    number_field<&M::reorder_timeout>("reorder_timeout", Type::uint32, L2TP_API_SESSION_PROFILE_FLAG_REORDER_TIMEOUT,
                                      "Milliseconds to wait for data out of order; 0 is not at all"),
    boolean_field<&M::no_ppp>("no_ppp", L2TP_API_SESSION_PROFILE_FLAG_NO_PPP, "Run no PPP on the session"),
};
} // namespace profile

} // namespace

std::span<const Field<l2tp_api_session_msg_data>> session_fields() noexcept { return session::kFields; }
std::span<const Field<l2tp_api_session_profile_msg_data>> session_profile_fields() noexcept { return profile::kFields; }

} // namespace openl2tp::cli
