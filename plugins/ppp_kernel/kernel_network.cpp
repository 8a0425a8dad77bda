// The kernel's side of network.hpp: /dev/net/tun and rtnetlink.
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/route/link/inet6.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "plugins/descriptors.hpp"
#include "plugins/ppp_kernel/ip_packet.hpp"
#include "plugins/ppp_kernel/netlink.hpp"
#include "plugins/ppp_kernel/network.hpp"
#include "plugins/ppp_kernel/offload.hpp"
#include "plugins/ppp_kernel/route_lookup.hpp"

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
  if (plugins::is_reserved(fd.get())) {
    fd = Descriptor();
    errno = EMFILE;
  }
  if (fd.get() < 0) return system_fault("/dev/net/tun");
  ifreq request{};
  if (device.name.size() >= sizeof(request.ifr_name)) return "the interface's name is too long";
  std::memcpy(request.ifr_name, device.name.data(), device.name.size());
  const auto offloads = make_interface(fd.get(), request);
  if (!offloads) return system_fault("making the interface");
  device.name = request.ifr_name;
  // Of a socket that there is: if_nametoindex() makes one, and loses the reason when it cannot.
  if (ioctl(nl_socket_get_fd(socket), SIOCGIFINDEX, &request) < 0) return system_fault("the interface's index");
  device.index = request.ifr_ifindex;
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

/// A route to `to` alone, as the way there was.
int change_host_route(nl_sock* socket, ppp::Ipv4 to, const Way& way, bool add) {
  const Route route(rtnl_route_alloc());
  const Address there = make_address(to, 32), gateway = make_address(way.gateway, 32);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (route == nullptr || there == nullptr || gateway == nullptr || hop == nullptr) {
    if (hop != nullptr) rtnl_route_nh_free(hop);
    return -NLE_NOMEM;
  }
  rtnl_route_nh_set_ifindex(hop, way.index);
  if (!way.gateway.empty()) rtnl_route_nh_set_gateway(hop, gateway.get());
  rtnl_route_add_nexthop(route.get(), hop); // its owner now
  rtnl_route_set_family(route.get(), AF_INET);
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_scope(route.get(), way.gateway.empty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_route_set_protocol(route.get(), route_protocol);
  rtnl_route_set_dst(route.get(), there.get());
  return add ? rtnl_route_add(socket, route.get(), NLM_F_EXCL) : rtnl_route_delete(socket, route.get(), 0);
}

/// Routes to the far ends of tunnels, by the gateway of before, while sessions of ours are the way to everywhere. Of
/// all shards; the kernel is asked under the lock, so that no two make or take one at a time. [worker]
class EndpointRoutes {
 public:
  /// @return empty, or why the way there would lead into the tunnel
  [[nodiscard]] std::string take(nl_sock* socket, ppp::Ipv4 to, const Device& user) {
    const std::scoped_lock lock(mutex_);
    auto [place, fresh] = routes_.try_emplace(to.value);
    place->second.users.insert(&user);
    if (!fresh) return {};
    auto way = find_way(to, true);
    if (way && way->prefix == 32 && way->protocol == route_protocol) { // of a daemon that could not take it away
      (void)change_host_route(socket, to, *way, false);
      way = find_way(to, true);
    }
    if (!way || way->prefix != 0) return {}; // something more exact than any default route leads there
    const std::string what = "the route to the tunnel's peer " + to.text();
    if (!way->direct && way->gateway.empty()) {
      routes_.erase(place);
      return what + ": its gateway is of IPv6";
    }
    if (const int code = change_host_route(socket, to, *way, true); code < 0) {
      routes_.erase(place);
      return netlink_fault(what.c_str(), code);
    }
    place->second.way = *way;
    return {};
  }
  void release(nl_sock* socket, ppp::Ipv4 to, const Device& user) {
    const std::scoped_lock lock(mutex_);
    const auto place = routes_.find(to.value);
    if (place == routes_.end() || place->second.users.erase(&user) == 0 || !place->second.users.empty()) return;
    if (place->second.way) (void)change_host_route(socket, to, *place->second.way, false);
    routes_.erase(place);
  }

 private:
  struct Entry {
    std::set<const Device*> users;
    std::optional<Way> way; // of the route that was made
  };
  std::mutex mutex_;
  std::map<std::uint32_t, Entry> routes_;
};

/// Empty, or that the device would swallow the way to the tunnel that carries it.
std::string self_carried(const Request& request) {
  if (request.endpoint.empty() || request.peer.empty() || request.peer.network != ppp::Network::ipv4) return {};
  const auto way = find_way(request.endpoint);
  if (!way || way->gateway.value != request.peer.value) return {};
  return "the address " + request.peer.text() + " is the next hop to the tunnel's peer " + request.endpoint.text() +
         ": the tunnel would carry itself";
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
  // A route to everywhere stands in front of one that is there; nothing is done to that.
  if (add)
    return netlink_fault("the route", rtnl_route_add(socket, route.get(), request.peer.empty() ? 0 : NLM_F_EXCL));
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
    const bool takes_back = request.kind == Kind::remove_route && !request.endpoint.empty();
    if (request.kind != Kind::open_device && device.fd.get() < 0 && !takes_back) return "there is no interface";
    const Socket socket(nl_socket_alloc());
    if (socket == nullptr) return out_of_memory;
    if (const int code = nl_connect(socket.get(), NETLINK_ROUTE); code < 0) return connect_fault(code);
    switch (request.kind) {
    case Kind::open_device: return open_device(socket.get(), device);
    case Kind::close_device: return {};
    case Kind::add_address:
      if (std::string fault = self_carried(request); !fault.empty()) return fault;
      return change_address(socket.get(), request, true);
    case Kind::remove_address: return change_address(socket.get(), request, false);
    case Kind::add_route: return add_route(socket.get(), request);
    case Kind::remove_route: return remove_route(socket.get(), request);
    }
    return {};
  }

 private:
  std::string add_route(nl_sock* socket, const Request& request) {
    if (std::string fault = self_carried(request); !fault.empty()) return fault;
    const bool everywhere = request.peer.empty() && !request.endpoint.empty();
    if (everywhere)
      if (std::string fault = endpoints_.take(socket, request.endpoint, *request.device); !fault.empty()) return fault;
    std::string fault = change_route(socket, request, true);
    if (everywhere && !fault.empty()) endpoints_.release(socket, request.endpoint, *request.device);
    return fault;
  }
  std::string remove_route(nl_sock* socket, const Request& request) {
    std::string fault = change_route(socket, request, false);
    if (request.peer.empty() && !request.endpoint.empty())
      endpoints_.release(socket, request.endpoint, *request.device);
    return fault;
  }

  EndpointRoutes endpoints_;
};

} // namespace

Network& kernel_network() noexcept {
  static KernelNetwork network;
  return network;
}

} // namespace openl2tp::ppp_kernel
