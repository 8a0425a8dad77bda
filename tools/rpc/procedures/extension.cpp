// Our own procedures, from 200 on: events, addresses as text so that IPv6 fits, and the words of a refusal.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "runtime/profiles/profile_store.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

using runtime::ControlError;
using runtime::ControlFault;
using runtime::IpAddress;

Value<int> number(int value) {
  Value<int> result;
  *result = value;
  return result;
}

/// An address in text; absent or empty is no address.
runtime::ControlResult<std::optional<IpAddress>> address_in(const char* parameter, const optstring& text) {
  const std::string_view view = string_of(text).value_or(std::string_view());
  if (view.empty()) return std::optional<IpAddress>{};
  const auto address = protocol::parse_ip_address(view);
  if (!address) {
    return tl::unexpected(
        ControlError{ControlFault::invalid_argument, std::string(parameter) + ": not an IPv4 or IPv6 address"});
  }
  return address;
}

/// The service makes the call wait; here it is answered with what there is.
Outcome monitor_next(Request& request) {
  if (request.kept.events == nullptr) return Outcome::unavailable;
  if (!decode<l2tp_ext_monitor_request>(request.arguments)) return Outcome::garbage_arguments;
  Value<l2tp_ext_monitor_reply> reply;
  reply->lost = request.kept.events->take_lost();
  const auto events = request.kept.events->take(L2TP_EXT_MAX_EVENTS);
  if (!events.empty()) {
    reply->events.events_val = static_cast<l2tp_ext_event*>(std::calloc(events.size(), sizeof(l2tp_ext_event)));
    if (reply->events.events_val == nullptr) return Outcome::system_error;
    reply->events.events_len = static_cast<u_int>(events.size());
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    l2tp_ext_event& to = reply->events.events_val[i];
    to.kind = static_cast<l2tp_ext_event_kind>(events[i].kind);
    to.at_ms = static_cast<std::uint64_t>(events[i].at);
    to.tunnel_id = events[i].tunnel_id;
    to.session_id = events[i].session_id;
    to.peer_tunnel_id = events[i].peer_tunnel_id;
    to.peer_session_id = events[i].peer_session_id;
    to.text = copy_string(std::string_view(events[i].text).substr(0, L2TP_MAX_STRING));
  }
  return encode(request.reply, *reply) ? Outcome::success : Outcome::system_error;
}

Value<int> tunnel_create(runtime::Control& control, const Caller&, const l2tp_ext_tunnel_create_1_argument& argument) {
  constexpr const char* kName = "EXT_TUNNEL_CREATE";
  auto parameters = tunnel_parameters(argument.params, false);
  if (!parameters) return number(refused(kName, parameters.error()));
  const auto ours = address_in("src_ipaddr", argument.our_addr);
  if (!ours) return number(refused(kName, ours.error()));
  const auto peers = address_in("dest_ipaddr", argument.peer_addr);
  if (!peers) return number(refused(kName, peers.error()));
  if (*ours) parameters->our_addr = *ours;
  if (*peers) parameters->peer_addr = *peers;
  const auto id = control.tunnel_create(*parameters);
  return number(id ? *id : refused(kName, id.error()));
}

Value<l2tp_ext_addresses_reply> addresses(int result, const std::string& first = {}, const std::string& second = {}) {
  Value<l2tp_ext_addresses_reply> reply;
  reply->result = result;
  reply->first = copy_string(first);
  reply->second = copy_string(second);
  return reply;
}

Value<l2tp_ext_addresses_reply> tunnel_addresses(runtime::Control& control, const Caller&,
                                                 const l2tp_ext_tunnel_addresses_1_argument& argument) {
  const auto name = tunnel_name(argument.tunnel_id, argument.tunnel_name);
  if (!name) return addresses(refused("EXT_TUNNEL_ADDRESSES", name.error()));
  const auto report = control.tunnel_get(*name);
  if (!report) return addresses(error_number(report.error()));
  return addresses(0, to_string(report->local.address), to_string(report->peer_endpoint.address));
}

Value<l2tp_ext_peer_list_reply> peer_list(runtime::Control& control, const Caller&, const Nothing&) {
  Value<l2tp_ext_peer_list_reply> reply;
  const auto peers = control.peer_list();
  if (!peers) {
    reply->result = refused("EXT_PEER_LIST", peers.error());
    return reply;
  }
  if (peers->empty()) return reply;
  if (!allocate_entries(reply->peers, peers->size())) {
    reply->result = -ENOMEM;
    return reply;
  }
  for (std::size_t i = 0; i < peers->size(); ++i) {
    l2tp_ext_peer_list_entry& entry = reply->peers.entries[i];
    entry.local_addr = copy_string(to_string((*peers)[i].local));
    entry.peer_addr = copy_string(to_string((*peers)[i].peer));
    entry.num_tunnels = static_cast<int>((*peers)[i].tunnels);
  }
  return reply;
}

std::string text_of(const std::optional<IpAddress>& address) { return address ? to_string(*address) : std::string(); }

Value<l2tp_ext_addresses_reply> profile_addresses(runtime::Control& control, const Caller&,
                                                  const l2tp_ext_profile_addresses_1_argument& argument) {
  if (number_of(argument.kind) == L2TP_EXT_PEER_PROFILE) {
    const auto report = control.profiles().get<runtime::PeerProfileParameters>(argument.name);
    if (!report) return addresses(error_number(report.error()));
    return addresses(0, text_of(report->in_force.peer_addr), text_of(report->in_force.netmask));
  }
  if (number_of(argument.kind) == L2TP_EXT_TUNNEL_PROFILE) {
    const auto report = control.profiles().get<runtime::TunnelProfileParameters>(argument.name);
    if (!report) return addresses(error_number(report.error()));
    return addresses(0, text_of(report->in_force.our_addr), text_of(report->in_force.peer_addr));
  }
  return addresses(-EINVAL);
}

Value<int> profile_set_addresses(runtime::Control& control, const Caller&,
                                 const l2tp_ext_profile_set_addresses_1_argument& argument) {
  constexpr const char* kName = "EXT_PROFILE_SET_ADDRESSES";
  note_object("profile", argument.name);
  const auto first = address_in("first address", argument.first);
  if (!first) return number(refused(kName, first.error()));
  const auto second = address_in("second address", argument.second);
  if (!second) return number(refused(kName, second.error()));
  runtime::ControlResult<void> done = tl::unexpected(ControlError{ControlFault::invalid_argument, "kind of profile"});
  if (number_of(argument.kind) == L2TP_EXT_PEER_PROFILE) {
    runtime::PeerProfileParameters change;
    change.peer_addr = *first;
    change.netmask = *second;
    done = control.profiles().modify(std::string(argument.name), change);
  } else if (number_of(argument.kind) == L2TP_EXT_TUNNEL_PROFILE) {
    runtime::TunnelProfileParameters change;
    change.our_addr = *first;
    change.peer_addr = *second;
    done = control.profiles().modify(std::string(argument.name), change);
  }
  return number(done ? 0 : refused(kName, done.error()));
}

Value<l2tp_ext_error_detail_reply> error_detail(const Request& request, const Nothing&) {
  Value<l2tp_ext_error_detail_reply> reply;
  if (request.kept.refusal == nullptr) reply->result = -EOPNOTSUPP;
  reply->text = copy_string(request.kept.refusal == nullptr ? "" : *request.kept.refusal);
  return reply;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_EXT_MONITOR_NEXT, "EXT_MONITOR_NEXT", Access::read, &monitor_next},
    Procedure{L2TP_EXT_TUNNEL_CREATE, "EXT_TUNNEL_CREATE", Access::change, &Typed<&tunnel_create>::run},
    Procedure{L2TP_EXT_TUNNEL_ADDRESSES, "EXT_TUNNEL_ADDRESSES", Access::read, &Typed<&tunnel_addresses>::run},
    Procedure{L2TP_EXT_PEER_LIST, "EXT_PEER_LIST", Access::read, &Typed<&peer_list>::run, Weight::large},
    Procedure{L2TP_EXT_PROFILE_ADDRESSES, "EXT_PROFILE_ADDRESSES", Access::read, &Typed<&profile_addresses>::run},
    Procedure{L2TP_EXT_PROFILE_SET_ADDRESSES, "EXT_PROFILE_SET_ADDRESSES", Access::change,
              &Typed<&profile_set_addresses>::run},
    Procedure{L2TP_EXT_ERROR_DETAIL, "EXT_ERROR_DETAIL", Access::read, &WithRequest<&error_detail>::run},
};

} // namespace

std::span<const Procedure> extension_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
