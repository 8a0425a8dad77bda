// The layouts of show and list: wire structures to text, every line as management scripts know it.
// What does not live here: calls and complaints (commands/).
#pragma once

#include <string>

#include "tools/l2tpconfig/addresses.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::cli {

[[nodiscard]] std::string system_version_text(const l2tp_api_app_msg_data& message);
[[nodiscard]] std::string system_configuration_text(const l2tp_api_system_config& config);
[[nodiscard]] std::string system_status_text(const l2tp_api_system_status& status);
[[nodiscard]] std::string system_statistics_text(const l2tp_api_system_stats& stats);

struct TunnelParts {
  bool config = true;
  bool transport = true;
};
/// `secrets`: print them; else only that they are set. `addresses`: those that the message does not tell; so below.
[[nodiscard]] std::string tunnel_text(const l2tp_api_tunnel_msg_data& tunnel, TunnelParts parts, bool secrets,
                                      const Addresses& addresses);
[[nodiscard]] std::string tunnel_list_header();
/// One line of the list; a leading * marks a tunnel that a peer opened.
[[nodiscard]] std::string tunnel_list_row(const l2tp_api_tunnel_msg_data& tunnel, const Addresses& addresses);

/// `ppp`: null where the daemon does not tell; nothing is said of PPP that does not run.
[[nodiscard]] std::string session_text(const l2tp_api_session_msg_data& session, const l2tp_ext_ppp* ppp, bool secrets);

[[nodiscard]] std::string peer_profile_text(const l2tp_api_peer_profile_msg_data& profile, bool secrets,
                                            const Addresses& addresses);
[[nodiscard]] std::string tunnel_profile_text(const l2tp_api_tunnel_profile_msg_data& profile, bool secrets,
                                              const Addresses& addresses);
[[nodiscard]] std::string session_profile_text(const l2tp_api_session_profile_msg_data& profile, bool secrets,
                                               const Addresses& addresses);
[[nodiscard]] std::string ppp_profile_text(const l2tp_api_ppp_profile_msg_data& profile, bool secrets,
                                           const Addresses& addresses);

[[nodiscard]] std::string peer_list_header();
/// Addresses as text; an empty `local` is any.
[[nodiscard]] std::string peer_list_row(std::string_view local, std::string_view peer);
[[nodiscard]] std::string peer_text(std::string_view local, std::string_view peer, int tunnels);
[[nodiscard]] std::string user_list_header();
[[nodiscard]] std::string user_list_row(const l2tp_api_user_list_entry& entry);
/// The same lines with columns for PPP behind them.
[[nodiscard]] std::string user_list_ppp_header();
[[nodiscard]] std::string user_list_row(const l2tp_ext_user& user, bool with_ppp);
[[nodiscard]] std::string test_text(const l2tp_api_test_msg_data& test);

/// "LAC", "LNS" or "LAC/LNS".
[[nodiscard]] const char* tunnel_mode_text(l2tp_api_tunnel_mode mode) noexcept;
/// "SCCRQ" for 1; as statistics spell them.
[[nodiscard]] std::string_view message_name(std::size_t type) noexcept;

/// "192.0.2.1" from the wire's word.
[[nodiscard]] std::string address_text(l2tp_api_ip_addr address);

} // namespace openl2tp::cli
