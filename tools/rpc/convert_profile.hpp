// Profiles between the wire and the model: one row a parameter, so that create, modify, get and unset cannot differ in
// what they know. What does not live here: the calls (procedures/profile.cpp) and the ranges (runtime/profiles).
#pragma once

#include <string_view>
#include <vector>

#include "runtime/control.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {

/// What a create or modify call gives. @error invalid_argument with the parameter, the value seen and those allowed.
[[nodiscard]] runtime::ControlResult<runtime::PeerProfileParameters>
profile_parameters(const l2tp_api_peer_profile_msg_data& message);
[[nodiscard]] runtime::ControlResult<runtime::TunnelProfileParameters>
profile_parameters(const l2tp_api_tunnel_profile_msg_data& message);
[[nodiscard]] runtime::ControlResult<runtime::SessionProfileParameters>
profile_parameters(const l2tp_api_session_profile_msg_data& message);
[[nodiscard]] runtime::ControlResult<runtime::PppProfileParameters>
profile_parameters(const l2tp_api_ppp_profile_msg_data& message);

/// The answer of a get call. `with_secrets`: the caller may read a tunnel profile's shared secret.
[[nodiscard]] Value<l2tp_api_peer_profile_msg_data>
profile_message(const runtime::ProfileReport<runtime::PeerProfileParameters>& report, bool with_secrets);
[[nodiscard]] Value<l2tp_api_tunnel_profile_msg_data>
profile_message(const runtime::ProfileReport<runtime::TunnelProfileParameters>& report, bool with_secrets);
[[nodiscard]] Value<l2tp_api_session_profile_msg_data>
profile_message(const runtime::ProfileReport<runtime::SessionProfileParameters>& report, bool with_secrets);
[[nodiscard]] Value<l2tp_api_ppp_profile_msg_data>
profile_message(const runtime::ProfileReport<runtime::PppProfileParameters>& report, bool with_secrets);

/// The names, as parameter_table() spells them, of what an unset call's flags words mark. Unknown bits mark nothing.
[[nodiscard]] std::vector<std::string_view> unset_names(const l2tp_api_peer_profile_unset_msg_data& message);
[[nodiscard]] std::vector<std::string_view> unset_names(const l2tp_api_tunnel_profile_unset_msg_data& message);
[[nodiscard]] std::vector<std::string_view> unset_names(const l2tp_api_session_profile_unset_msg_data& message);
[[nodiscard]] std::vector<std::string_view> unset_names(const l2tp_api_ppp_profile_unset_msg_data& message);

} // namespace openl2tp::rpc
