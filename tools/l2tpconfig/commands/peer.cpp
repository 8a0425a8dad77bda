// peer show and peer list.
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

Status show(Context& context, const Arguments& arguments) {
  const ArgumentValue* peer = arguments.find("peer_ipaddr");
  if (peer == nullptr) return complain(context, "show", "Required peer_ipaddr argument missing", Status::usage);
  rpc::Value<l2tp_peer_get_1_argument> argument;
  argument->peer_addr = detail::to_address(*peer);
  if (const ArgumentValue* local = arguments.find("local_ipaddr")) argument->local_addr = detail::to_address(*local);
  const auto found = context.stub.call<l2tp_api_peer_msg_data>(L2TP_PEER_GET, *argument);
  if (!found) return unanswered(context, found.error());
  if ((*found)->result_code < 0) return refused(context, "show", (*found)->result_code);
  if (context.json) {
    print_json(context, {{"peer_ipaddr", address_text((*found)->peer_addr)},
                         {"local_ipaddr", address_text((*found)->local_addr)},
                         {"num_tunnels", (*found)->num_tunnels}});
  } else {
    context.out << peer_text(**found);
  }
  return Status::done;
}

Status list(Context& context, const Arguments&) {
  const auto found = context.stub.call<l2tp_api_peer_list_msg_data>(L2TP_PEER_LIST, rpc::Nothing{});
  if (!found) return unanswered(context, found.error());
  if ((*found)->result < 0) return refused(context, "list", (*found)->result);
  JsonList json(context);
  bool headed = false;
  const auto& peers = (*found)->peers;
  for (u_int i = 0; i < peers.count && !is_stopped(context); ++i) {
    const l2tp_api_peer_list_entry& entry = peers.entries[i];
    // The interface closes the list with an entry of nothing.
    if (entry.local_addr.s_addr == 0 && entry.peer_addr.s_addr == 0) continue;
    if (context.json) {
      json.add({{"local_ipaddr", address_text(entry.local_addr)}, {"peer_ipaddr", address_text(entry.peer_addr)}});
      continue;
    }
    if (!headed) context.out << peer_list_header();
    headed = true;
    context.out << peer_list_row(entry);
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
