// peer show and peer list.
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

/// Pairs of addresses as text.
struct Peer {
  std::string local, peer;
  int tunnels = 0;
};

/// All of them. A daemon without our own procedures lists those of IPv4, without their tunnels.
tl::expected<std::vector<Peer>, std::string> all_peers(Context& context, int& refusal) {
  std::vector<Peer> peers;
  const auto found = context.stub.call<l2tp_ext_peer_list_reply>(L2TP_EXT_PEER_LIST, rpc::Nothing{});
  if (!found && !rpc::is_unknown_procedure(found.error())) return tl::unexpected(found.error());
  if (found) {
    refusal = (*found)->result;
    for (u_int i = 0; i < (*found)->peers.count; ++i) {
      const l2tp_ext_peer_list_entry& entry = (*found)->peers.entries[i];
      peers.push_back({printable(entry.local_addr), printable(entry.peer_addr), entry.num_tunnels});
    }
    return peers;
  }
  const auto old = context.stub.call<l2tp_api_peer_list_msg_data>(L2TP_PEER_LIST, rpc::Nothing{});
  if (!old) return tl::unexpected(old.error());
  refusal = (*old)->result;
  for (u_int i = 0; i < (*old)->peers.count; ++i) {
    const l2tp_api_peer_list_entry& entry = (*old)->peers.entries[i];
    // The interface closes the list with an entry of nothing.
    if (entry.local_addr.s_addr == 0 && entry.peer_addr.s_addr == 0) continue;
    peers.push_back({address_text(entry.local_addr), address_text(entry.peer_addr), 0});
  }
  return peers;
}

/// `local` is empty for any.
Status print_peer(Context& context, const std::string& local, const std::string& peer, int tunnels) {
  if (context.json) {
    print_json(
        context,
        {{"peer_ipaddr", peer}, {"local_ipaddr", local.empty() ? address_text({}) : local}, {"num_tunnels", tunnels}});
  } else {
    context.out << peer_text(local, peer, tunnels);
  }
  return Status::done;
}

/// The procedure of the interface knows IPv4 alone.
Status show_ipv6(Context& context, const ArgumentValue& peer, const ArgumentValue* local) {
  int refusal = 0;
  const auto peers = all_peers(context, refusal);
  if (!peers) return unanswered(context, peers.error());
  if (refusal < 0) return refused(context, "show", refusal);
  const std::string wanted = to_string(peer.address);
  const Peer* first = nullptr;
  int tunnels = 0;
  for (const Peer& one : *peers) {
    if (one.peer != wanted || (local != nullptr && one.local != to_string(local->address))) continue;
    if (first == nullptr) first = &one;
    tunnels += one.tunnels;
  }
  if (first == nullptr) return refused(context, "show", -L2TP_ERR_PEER_NOT_FOUND);
  return print_peer(context, first->local, first->peer, tunnels);
}

Status show(Context& context, const Arguments& arguments) {
  const ArgumentValue* peer = arguments.find("peer_ipaddr");
  if (peer == nullptr) return complain(context, "show", "Required peer_ipaddr argument missing", Status::usage);
  const ArgumentValue* local = arguments.find("local_ipaddr");
  if (peer->address.family == 6) return show_ipv6(context, *peer, local);
  rpc::Value<l2tp_peer_get_1_argument> argument;
  argument->peer_addr = detail::to_address(*peer);
  if (local != nullptr) argument->local_addr = detail::to_address(*local);
  const auto found = context.stub.call<l2tp_api_peer_msg_data>(L2TP_PEER_GET, *argument);
  if (!found) return unanswered(context, found.error());
  if ((*found)->result_code < 0) return refused(context, "show", (*found)->result_code);
  const l2tp_api_ip_addr ours = (*found)->local_addr;
  return print_peer(context, ours.s_addr == 0 ? std::string() : address_text(ours), address_text((*found)->peer_addr),
                    (*found)->num_tunnels);
}

Status list(Context& context, const Arguments&) {
  int refusal = 0;
  const auto peers = all_peers(context, refusal);
  if (!peers) return unanswered(context, peers.error());
  if (refusal < 0) return refused(context, "list", refusal);
  JsonList json(context);
  if (!context.json && !peers->empty()) context.out << peer_list_header();
  for (const Peer& one : *peers) {
    if (is_stopped(context)) break;
    if (context.json)
      json.add({{"local_ipaddr", one.local}, {"peer_ipaddr", one.peer}});
    else
      context.out << peer_list_row(one.local, one.peer);
  }
  json.close();
  return Status::done;
}

} // namespace

std::span<const Command> peer_commands() {
  static constexpr std::array shown = {Parameter{"peer_ipaddr", Type::address, "Address of the peer"},
                                       Parameter{"local_ipaddr", Type::address, "Our address"}};
  static constexpr std::array rows = {
      Command{{"peer", "show"}, Access::read, "Show a peer", shown, &show},
      Command{{"peer", "list"}, Access::read, "List peers", {}, &list},
  };
  return rows;
}

} // namespace openl2tp::cli
