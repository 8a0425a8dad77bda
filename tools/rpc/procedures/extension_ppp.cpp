// EXT_SESSION_PPP, EXT_USER_LIST: what plugins told of PPP, which the messages of OpenL2TP have no place for.
#include <array>
#include <cerrno>
#include <cstdlib>

#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

using runtime::PppPhase;

l2tp_ext_ppp_phase phase_to_wire(PppPhase phase) noexcept {
  switch (phase) {
  case PppPhase::none: return L2TP_EXT_PPP_NONE;
  case PppPhase::starting: return L2TP_EXT_PPP_STARTING;
  case PppPhase::lcp: return L2TP_EXT_PPP_LCP;
  case PppPhase::authenticating: return L2TP_EXT_PPP_AUTHENTICATING;
  case PppPhase::network: return L2TP_EXT_PPP_NETWORK;
  case PppPhase::up: return L2TP_EXT_PPP_UP;
  case PppPhase::terminating: return L2TP_EXT_PPP_TERMINATING;
  case PppPhase::ended: return L2TP_EXT_PPP_ENDED;
  }
  return L2TP_EXT_PPP_NONE;
}

char* text(std::string_view from) { return copy_string(from.substr(0, L2TP_MAX_STRING)); }

char* text(const std::optional<runtime::IpAddress>& address) {
  return copy_string(address ? to_string(*address) : std::string());
}

/// Every string of `to` is there afterwards, as XDR wants it.
void fill(l2tp_ext_ppp& to, const runtime::PppReport& from) {
  to.phase = phase_to_wire(from.phase);
  to.up_at = static_cast<std::uint64_t>(from.up_at);
  to.plugin = text(from.plugin);
  to.data_path = text(from.data_path);
  to.interface_name = text(from.interface_name);
  to.user_name = text(from.user_name);
  to.auth_method = text(from.auth_method);
  to.local_ipv4 = text(from.local_ipv4);
  to.peer_ipv4 = text(from.peer_ipv4);
  to.local_ipv6 = text(from.local_ipv6);
  to.peer_ipv6 = text(from.peer_ipv6);
  to.end_reason = text(from.end_reason);
  to.mtu = from.mtu;
  to.mru = from.mru;
  to.unit = from.unit ? static_cast<int>(*from.unit) : -1;
  to.process = from.process.value_or(0);
}

Value<l2tp_ext_session_ppp_reply> session_ppp(runtime::Control& control, const Caller&,
                                              const l2tp_ext_session_ppp_1_argument& argument) {
  Value<l2tp_ext_session_ppp_reply> reply;
  runtime::PppReport ppp;
  const auto name = session_name(argument.tunnel_id, argument.tunnel_name, argument.session_id, argument.session_name);
  if (!name) {
    reply->result = refused("EXT_SESSION_PPP", name.error());
  } else if (auto report = control.session_get(*name); !report) {
    reply->result = error_number(report.error());
  } else {
    ppp = std::move(report->ppp);
  }
  fill(reply->ppp, ppp);
  return reply;
}

Value<l2tp_ext_user_list_reply> user_list(runtime::Control& control, const Caller&,
                                          const l2tp_ext_user_list_1_argument& argument) {
  Value<l2tp_ext_user_list_reply> reply;
  const auto page = control.users_after(argument.after_tunnel_id, argument.after_session_id, L2TP_EXT_MAX_USERS);
  if (!page) {
    reply->result = refused("EXT_USER_LIST", page.error());
    return reply;
  }
  reply->more = page->more;
  if (page->users.empty()) return reply;
  reply->users.users_val = static_cast<l2tp_ext_user*>(std::calloc(page->users.size(), sizeof(l2tp_ext_user)));
  if (reply->users.users_val == nullptr) {
    reply->result = -ENOMEM;
    return reply;
  }
  reply->users.users_len = static_cast<u_int>(page->users.size());
  for (std::size_t i = 0; i < page->users.size(); ++i) {
    const runtime::UserDetail& from = page->users[i];
    l2tp_ext_user& to = reply->users.users_val[i];
    to.user_name = text(from.user.user_name);
    to.tunnel_id = from.user.tunnel_id;
    to.session_id = from.user.session_id;
    to.created_by_admin = from.user.created_by_admin;
    to.created_at = static_cast<std::uint64_t>(from.user.created_at);
    fill(to.ppp, from.ppp);
    to.data_rx_packets = from.statistics.received_packets;
    to.data_rx_bytes = from.statistics.received_octets;
    to.data_tx_packets = from.statistics.sent_packets;
    to.data_tx_bytes = from.statistics.sent_octets;
  }
  return reply;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_EXT_SESSION_PPP, "EXT_SESSION_PPP", Access::read, &Typed<&session_ppp>::run},
    Procedure{L2TP_EXT_USER_LIST, "EXT_USER_LIST", Access::read, &Typed<&user_list>::run},
};

} // namespace

std::span<const Procedure> extension_ppp_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
