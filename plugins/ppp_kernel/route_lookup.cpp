#include "plugins/ppp_kernel/route_lookup.hpp"

#include <array>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "plugins/ppp_kernel/netlink.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using namespace netlink;

struct Reply {
  rtmsg route{};
  int index = 0;
  ppp::Ipv4 gateway;
  bool direct = true, there = false;
};

int read_reply(nl_msg* message, void* user) {
  auto& reply = *static_cast<Reply*>(user);
  std::array<nlattr*, RTA_MAX + 1> attributes{};
  if (nlmsg_parse(nlmsg_hdr(message), sizeof(rtmsg), attributes.data(), RTA_MAX, nullptr) < 0) return NL_SKIP;
  reply.there = true;
  reply.route = *static_cast<const rtmsg*>(nlmsg_data(nlmsg_hdr(message)));
  if (attributes[RTA_OIF] != nullptr) reply.index = static_cast<int>(nla_get_u32(attributes[RTA_OIF]));
  if (attributes[RTA_GATEWAY] != nullptr) reply.gateway = ppp::Ipv4{ntohl(nla_get_u32(attributes[RTA_GATEWAY]))};
  reply.direct = attributes[RTA_GATEWAY] == nullptr && attributes[RTA_VIA] == nullptr;
  return NL_OK;
}

/// `match`: the route as it stands in the table; else what comes of it for this address.
std::optional<Reply> ask(ppp::Ipv4 to, bool match) {
  const Socket socket(nl_socket_alloc()); // of its own: the reply's place is in its call-backs
  Message message(nlmsg_alloc_simple(RTM_GETROUTE, 0));
  if (socket == nullptr || message == nullptr || nl_connect(socket.get(), NETLINK_ROUTE) < 0) return std::nullopt;
  const std::uint32_t octets = htonl(to.value);
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_flags = match ? RTM_F_FIB_MATCH : 0;
  if (nlmsg_append(message.get(), &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
      nla_put(message.get(), RTA_DST, sizeof(octets), &octets) < 0)
    return std::nullopt;
  Reply reply;
  nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, read_reply, &reply);
  if (nl_send_sync(socket.get(), message.release()) < 0 || !reply.there) return std::nullopt;
  return reply;
}

} // namespace

std::optional<Way> find_way(ppp::Ipv4 to, bool with_route) {
  const auto resolved = ask(to, false), matched = with_route ? ask(to, true) : std::nullopt;
  if (!resolved) return std::nullopt;
  Way way{.index = resolved->index, .gateway = resolved->gateway, .direct = resolved->direct};
  if (matched) {
    way.prefix = matched->route.rtm_dst_len;
    way.protocol = matched->route.rtm_protocol;
  }
  return way;
}

} // namespace openl2tp::ppp_kernel
