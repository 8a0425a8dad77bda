// PEER_GET, PEER_LIST, USER_LIST.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

Value<l2tp_api_peer_msg_data> peer_get(runtime::Control& control, const Caller&,
                                       const l2tp_peer_get_1_argument& argument) {
  Value<l2tp_api_peer_msg_data> message;
  const auto peers = control.peer_list();
  if (!peers) {
    message->result_code = refused("PEER_GET", peers.error());
    return message;
  }
  const auto local = address_from_wire(argument.local_addr), peer = address_from_wire(argument.peer_addr);
  // A local address that is not given is any: the tunnels of all of them count.
  const runtime::PeerReport* found = nullptr;
  int tunnels = 0;
  for (const runtime::PeerReport& one : *peers) {
    if (one.peer != peer || peer.family == 0 || (local.family != 0 && one.local != local)) continue;
    if (found == nullptr) found = &one;
    tunnels += static_cast<int>(one.tunnels);
  }
  if (found == nullptr) {
    message->result_code = -L2TP_ERR_PEER_NOT_FOUND;
    return message;
  }
  message->peer_addr = address_to_wire(found->peer);
  message->local_addr = address_to_wire(found->local);
  message->num_tunnels = tunnels;
  return message;
}

Value<l2tp_api_peer_list_msg_data> peer_list(runtime::Control& control, const Caller&, const Nothing&) {
  Value<l2tp_api_peer_list_msg_data> message;
  auto listed = control.peer_list();
  if (!listed) message->result = refused("PEER_LIST", listed.error());
  std::vector<runtime::PeerReport> peers = std::move(listed).value_or(std::vector<runtime::PeerReport>());
  // IPv6 has no place in these entries and an all-zero one ends the list; EXT_PEER_LIST shows all.
  std::erase_if(peers, [](const runtime::PeerReport& peer) { return peer.peer.family != 4; });
  // The last entry stays all zero: clients look at an entry before they look for its end.
  if (!allocate_entries(message->peers, peers.size() + 1)) {
    message->result = -ENOMEM;
    return message;
  }
  for (std::size_t i = 0; i < peers.size(); ++i) {
    message->peers.entries[i] = {.peer_addr = address_to_wire(peers[i].peer),
                                 .local_addr = address_to_wire(peers[i].local)};
  }
  return message;
}

Value<l2tp_api_user_list_msg_data> user_list(runtime::Control& control, const Caller&, const Nothing&) {
  Value<l2tp_api_user_list_msg_data> message;
  const auto users = control.user_list();
  if (!users) message->result = refused("USER_LIST", users.error());
  const std::size_t count = users ? users->size() : 0;
  if (!allocate_entries(message->users, count + 1)) {
    message->result = -ENOMEM;
    return message;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const runtime::UserReport& user = (*users)[i];
    l2tp_api_user_list_entry& entry = message->users.entries[i];
    entry.user_name = copy_string(std::string_view(user.user_name).substr(0, L2TP_MAX_STRING));
    entry.create_time = copy_string(time_text(user.created_at));
    entry.created_by_admin = user.created_by_admin;
    entry.tunnel_id = user.tunnel_id;
    entry.session_id = user.session_id;
  }
  message->users.entries[count].user_name = copy_string("");
  message->users.entries[count].create_time = copy_string("");
  message->num_users = static_cast<int>(count);
  return message;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_PEER_GET, "PEER_GET", Access::read, &Typed<&peer_get>::run, Weight::large},
    Procedure{L2TP_PEER_LIST, "PEER_LIST", Access::read, &Typed<&peer_list>::run, Weight::large},
    Procedure{L2TP_USER_LIST, "USER_LIST", Access::read, &Typed<&user_list>::run, Weight::large},
};

} // namespace

std::span<const Procedure> peer_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
