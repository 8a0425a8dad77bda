// An address that fits no message is 0 there, so only those objects are asked about once more.
#include "tools/l2tpconfig/addresses.hpp"

#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using Reply = tl::expected<rpc::Value<l2tp_ext_addresses_reply>, std::string>;

Addresses found(const Reply& reply, AddressParameters parameters) {
  if (!reply || (*reply)->result < 0) return {};
  const auto ipv6 = [](const char* text) { // IPv4 is in the message; it keeps the form that it has there
    return std::string_view(text).find(':') == std::string_view::npos ? std::string() : printable(text);
  };
  return {parameters, ipv6((*reply)->first), ipv6((*reply)->second)};
}

Addresses ask_profile(Context& context, l2tp_ext_profile_kind kind, const char* name, AddressParameters parameters) {
  rpc::Value<l2tp_ext_profile_addresses_1_argument> argument;
  argument->kind = kind;
  argument->name = rpc::copy_string(name);
  return found(context.stub.call<l2tp_ext_addresses_reply>(L2TP_EXT_PROFILE_ADDRESSES, *argument), parameters);
}

bool is_missing(std::uint32_t flags, std::uint32_t flag, l2tp_api_ip_addr address) noexcept {
  return (flags & flag) != 0 && address.s_addr == 0;
}

void set_address(optstring& target, const Arguments& arguments, std::string_view parameter) {
  if (const ArgumentValue* value = arguments.find(parameter)) rpc::set_string(target, to_string(value->address));
}

} // namespace

std::string address_text(l2tp_api_ip_addr address, std::string_view parameter, const Addresses& addresses) {
  const std::string* text = addresses.find(parameter);
  return text == nullptr ? address_text(address) : *text;
}

bool has_ipv6(const Arguments& arguments, AddressParameters parameters) noexcept {
  for (const std::string_view name : {parameters.first, parameters.second}) {
    const ArgumentValue* value = arguments.find(name);
    if (value != nullptr && value->address.family == 6) return true;
  }
  return false;
}

Addresses addresses_of(Context& context, const l2tp_api_tunnel_msg_data& tunnel) {
  if (tunnel.peer_addr.s_addr != 0) return {}; // every tunnel has a peer, and both addresses are of one family
  rpc::Value<l2tp_ext_tunnel_addresses_1_argument> argument;
  argument->tunnel_id = tunnel.tunnel_id;
  return found(context.stub.call<l2tp_ext_addresses_reply>(L2TP_EXT_TUNNEL_ADDRESSES, *argument), kTunnelAddresses);
}

Addresses addresses_of(Context& context, const l2tp_api_peer_profile_msg_data& profile) {
  if (!is_missing(profile.flags, L2TP_API_PEER_PROFILE_FLAG_PEER_IPADDR, profile.peer_addr) &&
      !is_missing(profile.flags, L2TP_API_PEER_PROFILE_FLAG_NETMASK, profile.netmask)) {
    return {};
  }
  return ask_profile(context, L2TP_EXT_PEER_PROFILE, profile.profile_name, kPeerProfileAddresses);
}

Addresses addresses_of(Context& context, const l2tp_api_tunnel_profile_msg_data& profile) {
  if (!is_missing(profile.flags, L2TP_API_TUNNEL_PROFILE_FLAG_OUR_ADDR, profile.our_addr) &&
      !is_missing(profile.flags, L2TP_API_TUNNEL_PROFILE_FLAG_PEER_ADDR, profile.peer_addr)) {
    return {};
  }
  return ask_profile(context, L2TP_EXT_TUNNEL_PROFILE, profile.profile_name, kTunnelAddresses);
}

tl::expected<rpc::Value<int>, std::string>
create_tunnel_with_text(Context& context, const l2tp_api_tunnel_msg_data& tunnel, const Arguments& arguments) {
  // The message is only read; its strings stay its owner's.
  l2tp_ext_tunnel_create_1_argument argument{};
  argument.params = tunnel;
  rpc::Value<optstring> ours, peers;
  set_address(*ours, arguments, kTunnelAddresses.first);
  set_address(*peers, arguments, kTunnelAddresses.second);
  argument.our_addr = *ours;
  argument.peer_addr = *peers;
  return context.stub.call<int>(L2TP_EXT_TUNNEL_CREATE, argument);
}

tl::expected<rpc::Value<int>, std::string> set_profile_addresses(Context& context, l2tp_ext_profile_kind kind,
                                                                 const ArgumentValue& profile,
                                                                 const Arguments& arguments,
                                                                 AddressParameters parameters) {
  rpc::Value<l2tp_ext_profile_set_addresses_1_argument> argument;
  argument->kind = kind;
  argument->name = rpc::copy_string(profile.text);
  set_address(argument->first, arguments, parameters.first);
  set_address(argument->second, arguments, parameters.second);
  return context.stub.call<int>(L2TP_EXT_PROFILE_SET_ADDRESSES, *argument);
}

} // namespace openl2tp::cli
