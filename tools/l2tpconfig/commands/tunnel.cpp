// tunnel create, delete, modify, show and list.
#include <fmt/format.h>

#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/list_filter.hpp"
#include "tools/l2tpconfig/output.hpp"
#include "tools/rpc/errors.hpp"

namespace openl2tp::cli {
namespace {

using Tunnel = l2tp_api_tunnel_msg_data;

constexpr Parameter kId{"tunnel_id", Type::uint16, "Id of the tunnel"};
constexpr Parameter kName{"tunnel_name", Type::text, "Administrative name of the tunnel"};

bool names_tunnel(const Arguments& arguments) { return arguments.has("tunnel_id") || arguments.has("tunnel_name"); }

Status name_missing(Context& context, std::string_view verb) {
  return complain(context, verb, "Required tunnel_id or tunnel_name argument is missing", Status::usage);
}

tl::expected<rpc::Value<Tunnel>, std::string> get_tunnel(Context& context, wire_u16 id, const ArgumentValue* name) {
  rpc::Value<l2tp_tunnel_get_1_argument> argument;
  argument->tunnel_id = id;
  set_text(argument->tunnel_name, name);
  return context.stub.call<Tunnel>(L2TP_TUNNEL_GET, *argument);
}

/// Of the fields, those that a living tunnel lets change.
std::vector<Field<Tunnel>> live_fields() {
  std::vector<Field<Tunnel>> live;
  for (const Field<Tunnel>& field : tunnel_fields()) {
    if (field.use == Use::modify) live.push_back(field);
  }
  return live;
}

Status modify(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "modify");
  rpc::Value<Tunnel> message;
  // A name wins over an id that a script brought from an earlier life of the tunnel.
  if (!context.restoring || !arguments.has("tunnel_name")) message->tunnel_id = id_of(arguments, "tunnel_id");
  set_text(message->tunnel_name, arguments.find("tunnel_name"));
  const std::vector<Field<Tunnel>> live = live_fields();
  apply(std::span<const Field<Tunnel>>(live), arguments, *message);
  return conclude(context, context.stub.call<int>(L2TP_TUNNEL_MODIFY, *message), "modify",
                  "Modified tunnel " + given_name(arguments, "tunnel_name", "tunnel_id"));
}

Status create(Context& context, const Arguments& arguments) {
  rpc::Value<Tunnel> message;
  apply(tunnel_fields(), arguments, *message);
  if (arguments.has("tunnel_id")) {
    message->tunnel_id = id_of(arguments, "tunnel_id");
    message->flags |= L2TP_API_TUNNEL_FLAG_TUNNEL_ID;
  }
  if (const ArgumentValue* name = arguments.find("tunnel_name")) {
    set_text(message->tunnel_name, name);
    message->flags |= L2TP_API_TUNNEL_FLAG_TUNNEL_NAME;
  }
  const auto result = has_ipv6(arguments, kTunnelAddresses) ? create_tunnel_with_text(context, *message, arguments)
                                                            : context.stub.call<int>(L2TP_TUNNEL_CREATE, *message);
  if (result && **result == -L2TP_ERR_TUNNEL_ALREADY_EXISTS && context.restoring && names_tunnel(arguments)) {
    return modify(context, arguments);
  }
  return conclude(context, result, "create", result ? fmt::format("Created tunnel {}", **result) : "");
}

Status remove(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "delete");
  rpc::Value<l2tp_tunnel_delete_1_argument> argument;
  argument->tunnel_id = id_of(arguments, "tunnel_id");
  set_text(argument->tunnel_name, arguments.find("tunnel_name"));
  return conclude(context, context.stub.call<int>(L2TP_TUNNEL_DELETE, *argument), "delete",
                  "Deleted tunnel " + given_name(arguments, "tunnel_name", "tunnel_id"));
}

Status show(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "show");
  const auto tunnel = get_tunnel(context, id_of(arguments, "tunnel_id"), arguments.find("tunnel_name"));
  if (!tunnel) return unanswered(context, tunnel.error());
  if ((*tunnel)->result_code < 0) {
    // This complaint alone comes without the "Error at or near" line.
    context.err << "get tunnel failed: " << rpc::error_text((*tunnel)->result_code) << '\n';
    return Status::failed;
  }
  const Addresses addresses = addresses_of(context, **tunnel);
  if (context.json) {
    print_json(context, tunnel_json(**tunnel, context.secrets, addresses));
    return Status::done;
  }
  const bool config = arguments.has("config"), transport = arguments.has("transport");
  context.out << tunnel_text(**tunnel, {.config = config || !transport, .transport = transport || !config},
                             context.secrets, addresses);
  return Status::done;
}

Status list(Context& context, const Arguments& arguments) {
  const auto reply = context.stub.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, rpc::Nothing{});
  if (!reply) return unanswered(context, reply.error());
  if ((*reply)->result < 0) return refused(context, "list", (*reply)->result);
  const ListFilter filter(arguments);
  const ArgumentValue* peer = arguments.find("peer_ipaddr");
  JsonList json(context);
  std::size_t printed = 0;
  const auto& ids = (*reply)->tunnel_ids;
  for (u_int i = 0; i < ids.tunnel_ids_len && !filter.is_full(printed) && !is_stopped(context); ++i) {
    tell_list_progress(context, i, ids.tunnel_ids_len);
    if (!filter.admits_id(ids.tunnel_ids_val[i])) continue;
    const auto tunnel = get_tunnel(context, ids.tunnel_ids_val[i], nullptr);
    if (!tunnel) return unanswered(context, tunnel.error());
    if ((*tunnel)->result_code < 0) continue; // closed since the list was made
    if (!filter.admits(**tunnel)) continue;
    const Addresses addresses = addresses_of(context, **tunnel);
    if (peer != nullptr &&
        address_text((*tunnel)->peer_addr, kTunnelAddresses.second, addresses) != to_string(peer->address)) {
      continue;
    }
    if (context.json) {
      json.add(tunnel_json(**tunnel, context.secrets, addresses));
    } else if (filter.names()) {
      const auto name = rpc::string_of((*tunnel)->tunnel_name);
      if (!name || name->empty()) continue;
      context.out << '\t' << printable(*name) << '\n';
    } else if (filter.one_side()) {
      context.out << '\t' << (*tunnel)->tunnel_id << '\n';
    } else {
      if (printed == 0) context.out << tunnel_list_header();
      context.out << tunnel_list_row(**tunnel, addresses);
    }
    ++printed;
  }
  json.close();
  return Status::done;
}

} // namespace

std::span<const Command> tunnel_commands() {
  static constexpr std::array name = {kId, kName};
  static constexpr std::array shown = {kId, kName, Parameter{"config", Type::flag, "Show the configuration only"},
                                       Parameter{"transport", Type::flag, "Show the transport only"}};
  static constexpr std::array listed = {kListLocal,
                                        kListRemote,
                                        kListNames,
                                        kListState,
                                        Parameter{"peer_ipaddr", Type::address, "Only tunnels to this peer"},
                                        kListAfter,
                                        kListLimit};
  static const auto created = parameters_of(tunnel_fields(), Use::create, {kName, kId});
  static const auto modified = parameters_of(tunnel_fields(), Use::modify, {kId, kName});
  static const std::array rows = {
      Command{{"tunnel", "create"}, Access::change, "Open a tunnel", created, &create},
      Command{{"tunnel", "delete"}, Access::change, "Close a tunnel", name, &remove},
      Command{{"tunnel", "modify"}, Access::change, "Change a tunnel", modified, &modify},
      Command{{"tunnel", "show"}, Access::read, "Show a tunnel", shown, &show},
      Command{{"tunnel", "list"}, Access::read, "List tunnels", listed, &list},
  };
  return rows;
}

} // namespace openl2tp::cli
