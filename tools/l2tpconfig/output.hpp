// The layouts of show and list: wire structures to text, every line as management scripts know it.
// What does not live here: calls and complaints (commands/).
#pragma once

#include <string>

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
[[nodiscard]] std::string tunnel_text(const l2tp_api_tunnel_msg_data& tunnel, TunnelParts parts);
[[nodiscard]] std::string tunnel_list_header();
/// One line of the list; a leading * marks a tunnel that a peer opened.
[[nodiscard]] std::string tunnel_list_row(const l2tp_api_tunnel_msg_data& tunnel);

[[nodiscard]] std::string session_text(const l2tp_api_session_msg_data& session);

/// "192.0.2.1" from the wire's word.
[[nodiscard]] std::string address_text(l2tp_api_ip_addr address);

} // namespace openl2tp::cli
