// The kernel's side of network.hpp: /dev/net/tun and rtnetlink.
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/route/link/inet6.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "plugins/ppp_kernel/ip_packet.hpp"
#include "plugins/ppp_kernel/netlink.hpp"
#include "plugins/ppp_kernel/network.hpp"
#include "plugins/ppp_kernel/offload.hpp"

namespace openl2tp::ppp_kernel {

namespace {

/// What stands in our routes as their maker (`ip route`: proto 108), so that they can be told from an operator's.
constexpr std::uint8_t route_protocol = 108;

using namespace netlink;

Address make_address(IpAddress address, int prefix) {
  const bool v4 = address.network == ppp::Network::ipv4;
  const std::uint32_t octets4 = htonl(static_cast<std::uint32_t>(address.value));
  const std::array<std::uint64_t, 2> octets6{htobe64(link_local_prefix), htobe64(address.value)};
  Address made(v4 ? nl_addr_build(AF_INET, &octets4, sizeof octets4)
                  : nl_addr_build(AF_INET6, &octets6, sizeof octets6));
  if (made != nullptr) nl_addr_set_prefixlen(made.get(), prefix);
  return made;
}

/// Without link-local addresses of the kernel's own making: the sessions have theirs. Nothing to say where there is no
/// IPv6.
void make_no_addresses(nl_sock* socket, const Device& device) {
  const Link which(rtnl_link_alloc()), change(rtnl_link_alloc());
  if (which == nullptr || change == nullptr) return;
  rtnl_link_set_ifindex(which.get(), device.index);
  if (rtnl_link_inet6_set_addr_gen_mode(change.get(), rtnl_link_inet6_str2addrgenmode("none")) < 0) return;
  (void)rtnl_link_change(socket, which.get(), change.get(), 0);
}

std::string take_up(nl_sock* socket, const Device& device) {
  const Link which(rtnl_link_alloc()), change(rtnl_link_alloc());
  if (which == nullptr || change == nullptr) return out_of_memory;
  rtnl_link_set_ifindex(which.get(), device.index);
  rtnl_link_set_mtu(change.get(), device.mtu);
  rtnl_link_set_flags(change.get(), IFF_UP);
  return netlink_fault("taking the interface up", rtnl_link_change(socket, which.get(), change.get(), 0));
}

/// Makes the interface of `request`. @return whether its packets have an OffloadHeader; nullopt: errno says why not
std::optional<bool> make_interface(int fd, ifreq& request) {
  const int flags = IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL;
  request.ifr_flags = static_cast<short>(flags | IFF_VNET_HDR);
  if (ioctl(fd, TUNSETIFF, &request) < 0) {
    if (errno != EINVAL) return std::nullopt;
    request.ifr_flags = static_cast<short>(flags); // a kernel that knows no offloads
    if (ioctl(fd, TUNSETIFF, &request) < 0) return std::nullopt;
    return false;
  }
  // What is refused is not done: the kernel cuts packets and makes checksums itself, then.
  if (ioctl(fd, TUNSETOFFLOAD, offload_tcp | offload_udp) < 0) (void)ioctl(fd, TUNSETOFFLOAD, offload_tcp);
  return true;
}

std::string open_device(nl_sock* socket, Device& device) {
  Descriptor fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) return system_fault("/dev/net/tun");
  ifreq request{};
  if (device.name.size() >= sizeof(request.ifr_name)) return "the interface's name is too long";
  std::memcpy(request.ifr_name, device.name.data(), device.name.size());
  const auto offloads = make_interface(fd.get(), request);
  if (!offloads) return system_fault("making the interface");
  const auto index = if_nametoindex(request.ifr_name);
  if (index == 0) return system_fault("the interface's index");
  device.name = request.ifr_name;
  device.index = static_cast<int>(index);
  device.offloads = *offloads;
  make_no_addresses(socket, device);
  if (std::string fault = take_up(socket, device); !fault.empty()) return fault;
  device.fd = std::move(fd);
  return {};
}

/// IPv6: with fe80::/64 behind it where there is nobody else, else alone.
int prefix_of(const Request& request) {
  if (request.local.network == ppp::Network::ipv4) return 32;
  return request.peer.empty() ? 128 : 64;
}

std::string change_address(nl_sock* socket, const Request& request, bool add) {
  const InterfaceAddress change(rtnl_addr_alloc());
  const bool v4 = request.local.network == ppp::Network::ipv4;
  const Address local = make_address(request.local, prefix_of(request)), peer = make_address(request.peer, 32);
  if (change == nullptr || local == nullptr || peer == nullptr) return out_of_memory;
  rtnl_addr_set_ifindex(change.get(), request.device->index);
  if (const int code = rtnl_addr_set_local(change.get(), local.get()); code < 0)
    return netlink_fault("the interface's address", code);
  if (v4 && !request.peer.empty()) rtnl_addr_set_peer(change.get(), peer.get());
  if (!v4) rtnl_addr_set_flags(change.get(), IFA_F_NODAD); // IPV6CP has seen to it that there are no two
  return add ? netlink_fault("the interface's address", rtnl_addr_add(socket, change.get(), 0))
             : netlink_fault("taking the address away", rtnl_addr_delete(socket, change.get(), 0));
}

/// A route to a caller that another shard has not taken away yet: the caller has another session since. Only one of
/// ours, and not of IPv6, where two callers may well have one address.
int remove_route_left_behind(nl_sock* socket, const Request& request) {
  const Route route(rtnl_route_alloc());
  const Address to = make_address(request.peer, 32);
  if (route == nullptr || to == nullptr) return -NLE_NOMEM;
  rtnl_route_set_family(route.get(), AF_INET);
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
  rtnl_route_set_protocol(route.get(), route_protocol);
  rtnl_route_set_dst(route.get(), to.get());
  return rtnl_route_delete(socket, route.get(), 0);
}

std::string change_route(nl_sock* socket, const Request& request, bool add) {
  const Route route(rtnl_route_alloc());
  const bool v4 = request.local.network == ppp::Network::ipv4;
  const Address to = make_address(request.peer, request.peer.empty() ? 0
                                                : v4                 ? 32
                                                                     : 128),
                from = make_address(request.local, v4 ? 32 : 128);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (hop != nullptr) rtnl_route_nh_set_ifindex(hop, request.device->index);
  if (route == nullptr || to == nullptr || from == nullptr || hop == nullptr) {
    if (hop != nullptr) rtnl_route_nh_free(hop);
    return out_of_memory;
  }
  rtnl_route_add_nexthop(route.get(), hop); // its owner now
  rtnl_route_set_family(route.get(), v4 ? AF_INET : AF_INET6);
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
  rtnl_route_set_protocol(route.get(), route_protocol);
  rtnl_route_set_dst(route.get(), to.get());
  if (!request.local.empty()) rtnl_route_set_pref_src(route.get(), from.get());
  if (request.mtu != 0) rtnl_route_set_metric(route.get(), RTAX_MTU, request.mtu);
  if (add) {
    int code = rtnl_route_add(socket, route.get(), NLM_F_EXCL);
    if (code == -NLE_EXIST && v4 && !request.peer.empty() && remove_route_left_behind(socket, request) == 0)
      code = rtnl_route_add(socket, route.get(), NLM_F_EXCL);
    return netlink_fault("the route", code);
  }
  const int code = rtnl_route_delete(socket, route.get(), 0);
  return code == -NLE_OBJ_NOTFOUND ? std::string() : netlink_fault("taking the route away", code);
}

class KernelNetwork final : public Network {
 public:
  std::string run(const Request& request) override {
    using Kind = Request::Kind;
    Device& device = *request.device;
    if (request.kind == Kind::close_device) {
      device.fd = Descriptor();
      return {};
    }
    if (request.kind != Kind::open_device && device.fd.get() < 0) return "there is no interface";
    const Socket socket(nl_socket_alloc());
    if (socket == nullptr) return out_of_memory;
    if (const int code = nl_connect(socket.get(), NETLINK_ROUTE); code < 0) return netlink_fault("rtnetlink", code);
    switch (request.kind) {
    case Kind::open_device: return open_device(socket.get(), device);
    case Kind::close_device: return {};
    case Kind::add_address: return change_address(socket.get(), request, true);
    case Kind::remove_address: return change_address(socket.get(), request, false);
    case Kind::add_route: return change_route(socket.get(), request, true);
    case Kind::remove_route: return change_route(socket.get(), request, false);
    }
    return {};
  }
};

} // namespace

Network& kernel_network() noexcept {
  static KernelNetwork network;
  return network;
}

} // namespace openl2tp::ppp_kernel
