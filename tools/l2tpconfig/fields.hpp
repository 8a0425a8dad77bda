// The rows of every message that has parameters, in the order in which saved configurations list them.
#pragma once

#include "tools/l2tpconfig/field.hpp"

namespace openl2tp::cli {

[[nodiscard]] std::span<const Field<l2tp_api_system_config>> system_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_tunnel_msg_data>> tunnel_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_session_msg_data>> session_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_peer_profile_msg_data>> peer_profile_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_tunnel_profile_msg_data>> tunnel_profile_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_session_profile_msg_data>> session_profile_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_ppp_profile_msg_data>> ppp_profile_fields() noexcept;
[[nodiscard]] std::span<const Field<l2tp_api_test_msg_data>> test_fields() noexcept;

} // namespace openl2tp::cli
