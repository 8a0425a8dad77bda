// Addresses that the wire's messages cannot hold: those of IPv6, which procedures of our own carry as text. What does
// not live here: IPv4, which messages carry, and parsing (values.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/field.hpp"

namespace openl2tp::cli {

/// The two parameters of an object that hold its addresses, in the order of l2tp_ext_addresses_reply.
struct AddressParameters {
  std::string_view first, second;
};
inline constexpr AddressParameters kTunnelAddresses{"src_ipaddr", "dest_ipaddr"};
inline constexpr AddressParameters kPeerProfileAddresses{"peer_ipaddr", "netmask"};

/// Addresses of one object, where its message does not tell them; both are empty where it does.
class Addresses {
 public:
  Addresses() = default;
  Addresses(AddressParameters parameters, std::string first, std::string second)
      : parameters_(parameters), first_(std::move(first)), second_(std::move(second)) {}

  /// What stands in place of the message's address of this parameter; null: nothing does.
  [[nodiscard]] const std::string* find(std::string_view parameter) const noexcept {
    const std::string* text = parameter == parameters_.first    ? &first_
                              : parameter == parameters_.second ? &second_
                                                                : nullptr;
    return text == nullptr || text->empty() ? nullptr : text;
  }

 private:
  AddressParameters parameters_;
  std::string first_, second_;
};

/// A parameter's value, whether the message carries it or not.
template <typename Message>
[[nodiscard]] FieldValue value_of(const Field<Message>& field, const Message& message, const Addresses& addresses) {
  const std::string* text = addresses.find(field.parameter.name);
  return text == nullptr ? field.get(message) : FieldValue(*text);
}
/// The text of an address, as above.
[[nodiscard]] std::string address_text(l2tp_api_ip_addr address, std::string_view parameter,
                                       const Addresses& addresses);

/// True when an address among the arguments fits no message.
[[nodiscard]] bool has_ipv6(const Arguments& arguments, AddressParameters parameters) noexcept;

/// Asks for the addresses of a tunnel or profile whose message came without some. A daemon without our own procedures
/// knows of no IPv6: nothing is found. The message's strings are read during the call.
[[nodiscard]] Addresses addresses_of(Context& context, const l2tp_api_tunnel_msg_data& tunnel);
[[nodiscard]] Addresses addresses_of(Context& context, const l2tp_api_peer_profile_msg_data& profile);
[[nodiscard]] Addresses addresses_of(Context& context, const l2tp_api_tunnel_profile_msg_data& profile);
/// Other objects have none.
template <typename Message>
[[nodiscard]] Addresses addresses_of(Context&, const Message&) {
  return {};
}

/// TUNNEL_CREATE with the addresses of the arguments as text.
[[nodiscard]] tl::expected<rpc::Value<int>, std::string>
create_tunnel_with_text(Context& context, const l2tp_api_tunnel_msg_data& tunnel, const Arguments& arguments);

/// Gives a profile those addresses that are among the arguments.
[[nodiscard]] tl::expected<rpc::Value<int>, std::string>
set_profile_addresses(Context& context, l2tp_ext_profile_kind kind, const ArgumentValue& profile,
                      const Arguments& arguments, AddressParameters parameters);

} // namespace openl2tp::cli
