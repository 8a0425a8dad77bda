// Between the structures of the wire and the plain values of the management API. Every id, enum, range of an integer
// and length of a string that the API does not check itself is checked here: arguments are as hostile as packets. What
// does not live here: XDR coding (xdr_value.hpp) and the calls (procedures/).
//
// Wire facts: a bit of a flags word says "supplied" on the way in and "explicitly set" on the way out; s_addr holds the
// network-order word read by a little-endian host; only IPv4 fits, so an IPv6 address travels as 0 (not set).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "runtime/control.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {

/// The negative number that a reply carries for `error`: -500 to -527, else a negated errno.
[[nodiscard]] int error_number(const runtime::ControlError& error) noexcept;

[[nodiscard]] runtime::IpAddress address_from_wire(l2tp_api_ip_addr address) noexcept;
/// 0 for no address and for IPv6.
[[nodiscard]] l2tp_api_ip_addr address_to_wire(const runtime::IpAddress& address) noexcept;

/// @error invalid_argument with the parameter, the value seen and the values allowed; so all below.
[[nodiscard]] runtime::ControlResult<runtime::SystemChange> system_change(const l2tp_api_system_config& config);
[[nodiscard]] Value<l2tp_api_system_msg_data> system_message(const runtime::SystemReport& report);

[[nodiscard]] runtime::ControlResult<runtime::TunnelName> tunnel_name(std::uint16_t id, const optstring& name);
/// `identified_by_name`: the message's tunnel_id and tunnel_name say which tunnel is meant (modify), so they are no
/// parameters.
[[nodiscard]] runtime::ControlResult<runtime::TunnelParameters>
tunnel_parameters(const l2tp_api_tunnel_msg_data& message, bool identifies);
/// `with_secrets`: the caller may read the shared secret; otherwise it is left out.
[[nodiscard]] Value<l2tp_api_tunnel_msg_data> tunnel_message(const runtime::TunnelReport& report, bool with_secrets);

[[nodiscard]] runtime::ControlResult<runtime::SessionName>
session_name(std::uint16_t tunnel_id, const optstring& tunnel, std::uint16_t session_id, const optstring& session);
[[nodiscard]] runtime::ControlResult<runtime::SessionParameters>
session_parameters(const l2tp_api_session_msg_data& message, bool identifies);
[[nodiscard]] Value<l2tp_api_session_msg_data> session_message(const runtime::SessionReport& report, bool with_secrets);

/// Room for `count` zeroed entries in a list of the interface, which XDR frees. @return false: out of memory.
template <class List>
[[nodiscard]] bool allocate_entries(List& list, std::size_t count) {
  using Entry = std::remove_pointer_t<decltype(list.entries)>;
  list.entries = static_cast<Entry*>(std::calloc(count, sizeof(Entry)));
  list.count = list.entries == nullptr ? 0 : static_cast<u_int>(count);
  return list.entries != nullptr;
}

/// The text of a delete's reason; empty when absent. At most 255 octets, what a Result Code AVP of ours carries.
[[nodiscard]] runtime::ControlResult<std::string> reason_text(const optstring& reason);

/// Local time as user lists spell it: "Sun Nov 22 07:01:15 2026\n".
[[nodiscard]] std::string time_text(std::int64_t seconds);
/// Local time as tunnels and sessions spell it: " Nov 22 07:01:15 2026\n", without the weekday.
[[nodiscard]] std::string creation_text(std::int64_t seconds);

} // namespace openl2tp::rpc
