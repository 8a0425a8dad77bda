// The kernel's side of kernel_ppp.hpp: /dev/ppp and rtnetlink.
#include "plugins/ppp_kernel/kernel_ppp.hpp"
#include "plugins/descriptors.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/ppp-ioctl.h>
#include <linux/ppp_defs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/ppp_kernel/netlink.hpp"
#include "plugins/ppp_kernel/route_lookup.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using namespace netlink;

/// Frames that wait in a socket: more than a peer says before we have answered.
constexpr int early_max = 32;
/// Deleting a group is one wait for all of it; below this, closing them is as quick.
constexpr std::size_t group_least = 2;
/// Where the numbers of those groups begin: operators use small ones, and 0 is everybody's.
constexpr std::uint32_t group_base = 0x40000000;

int protocol_of(ppp::Network network) noexcept { return network == ppp::Network::ipv4 ? PPP_IP : PPP_IPV6; }

std::string connect(Socket& socket) {
  socket.reset(nl_socket_alloc());
  if (socket == nullptr) return out_of_memory;
  return connect_fault(nl_connect(socket.get(), NETLINK_ROUTE));
}

/// What is there before PPP is attached is lost to it: read first.
void read_early(Line& line) {
  std::array<std::byte, 4'096> frame;
  for (int i = 0; i < early_max; ++i) {
    const ssize_t got = recv(line.socket.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    line.early.emplace_back(frame.begin(), frame.begin() + got);
  }
}

Descriptor open_ppp() {
  Descriptor fd(open("/dev/ppp", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (plugins::is_reserved(fd.get())) {
    fd = Descriptor();
    errno = EMFILE;
  }
  return fd;
}

std::string take_up(const Device& device, const std::string& wanted) {
  Socket socket;
  if (std::string fault = connect(socket); !fault.empty()) return fault;
  const Link which(rtnl_link_alloc()), change(rtnl_link_alloc());
  if (which == nullptr || change == nullptr) return out_of_memory;
  rtnl_link_set_ifindex(which.get(), device.index);
  if (!wanted.empty()) rtnl_link_set_name(change.get(), wanted.c_str());
  rtnl_link_set_mtu(change.get(), device.mtu);
  rtnl_link_set_flags(change.get(), IFF_UP);
  const int code = rtnl_link_change(socket.get(), which.get(), change.get(), 0);
  return netlink_fault(wanted.empty() ? "taking the interface up" : ("naming the interface " + wanted).c_str(), code);
}

/// What another LCP agreed on.
std::string resize(Line& line, const NetworkPlan& plan) {
  int receive = plan.mru;
  if (ioctl(line.unit->fd.get(), PPPIOCSMRU, &receive) < 0) return system_fault("the interface's MRU");
  if (std::exchange(line.unit->mtu, std::uint32_t{plan.mtu}) == plan.mtu) return {};
  return take_up(*line.unit, {});
}

std::string interface_index(Device& device) {
  ifreq request{};
  std::memcpy(request.ifr_name, device.name.data(), std::min(device.name.size(), sizeof(request.ifr_name) - 1));
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0 || ioctl(socket.get(), SIOCGIFINDEX, &request) < 0) return system_fault("the interface's index");
  device.index = request.ifr_ifindex;
  return {};
}

// ---- addresses

/// A request about our address, with the peer's at the other end.
Request address(const Line& line, const NetworkPlan& plan, Request::Kind kind) {
  if (plan.network == ppp::Network::ipv4)
    return {.kind = kind,
            .device = line.unit,
            .local = plan.local_address,
            .peer = plan.peer_address,
            .endpoint = plan.endpoint};
  return {.kind = kind,
          .device = line.unit,
          .local = {plan.network, plan.local_interface_id},
          .peer = {plan.network, plan.peer_interface_id}};
}

/// A request about a route to everywhere.
Request default_route(const Line& line, const NetworkPlan& plan, Request::Kind kind) {
  return {.kind = kind, .device = line.unit, .local = plan.local_address, .endpoint = plan.endpoint};
}

// ---- proxy ARP

/// The interface whose network the address is of; 0: none.
int network_of(ppp::Ipv4 address) {
  const auto way = find_way(address);
  return way && way->direct ? way->index : 0;
}

std::string change_proxy(nl_sock* socket, const Line::Proxy& proxy, bool add) {
  const Neighbour entry(rtnl_neigh_alloc());
  const std::uint32_t octets = htonl(proxy.address.value);
  const Address address(nl_addr_build(AF_INET, &octets, sizeof(octets)));
  if (entry == nullptr || address == nullptr) return out_of_memory;
  rtnl_neigh_set_ifindex(entry.get(), proxy.index);
  rtnl_neigh_set_flags(entry.get(), NTF_PROXY);
  if (const int code = rtnl_neigh_set_dst(entry.get(), address.get()); code < 0)
    return netlink_fault("proxy ARP", code);
  return add ? netlink_fault("proxy ARP", rtnl_neigh_add(socket, entry.get(), NLM_F_CREATE))
             : netlink_fault("proxy ARP", rtnl_neigh_delete(socket, entry.get(), 0));
}

void remove_proxy(Line& line) {
  if (!line.proxy) return;
  Socket socket;
  if (connect(socket).empty()) static_cast<void>(change_proxy(socket.get(), *line.proxy, false));
  line.proxy.reset();
}

/// With what it needed beside: that is not on the line's interface, and does not go with it.
void remove_default_route(Line& line) {
  if (!line.default_route) return;
  static_cast<void>(kernel_network().run(default_route(line, *line.default_route, Request::Kind::remove_route)));
  line.default_route.reset();
}

// ---- all of many sessions

std::uint32_t random_group() noexcept {
  std::uint32_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) number = static_cast<std::uint32_t>(getpid());
  return group_base + (number % group_base);
}

/// Interfaces go together when they have a group of their own.
void delete_units(std::span<const std::shared_ptr<Line>> lines) {
  Socket socket;
  if (!connect(socket).empty()) return;
  const std::uint32_t group = random_group();
  std::size_t members = 0;
  for (const auto& line : lines) {
    if (!line->has_unit()) continue;
    const Link which(rtnl_link_alloc()), change(rtnl_link_alloc());
    if (which == nullptr || change == nullptr) break;
    rtnl_link_set_ifindex(which.get(), line->unit->index);
    rtnl_link_set_group(change.get(), group);
    if (rtnl_link_change(socket.get(), which.get(), change.get(), 0) == 0) ++members;
  }
  if (members == 0) return;
  Message message(nlmsg_alloc_simple(RTM_DELLINK, 0));
  ifinfomsg nobody{};
  if (message == nullptr || nlmsg_append(message.get(), &nobody, sizeof(nobody), NLMSG_ALIGNTO) < 0 ||
      nla_put_u32(message.get(), IFLA_GROUP, group) < 0)
    return;
  // Without it they go one after the other, as their descriptors close.
  static_cast<void>(nl_send_sync(socket.get(), message.release()));
}

// ---- the calls

class KernelPppCalls final : public KernelPpp {
 public:
  std::string attach(Line& line) override {
    read_early(line);
    int number = -1;
    if (ioctl(line.socket.get(), PPPIOCGCHAN, &number) < 0) return system_fault("the session's PPP channel");
    Descriptor channel = open_ppp();
    if (channel.get() < 0) return system_fault("/dev/ppp");
    if (ioctl(channel.get(), PPPIOCATTCHAN, &number) < 0) return system_fault("attaching PPP");
    line.channel = std::move(channel);
    line.socket = Descriptor();
    return {};
  }

  std::string make_unit(Line& line, std::uint16_t mru) override {
    Device& device = *line.unit;
    if (device.name.size() >= IFNAMSIZ) return "the interface's name is too long";
    Descriptor fd = open_ppp();
    if (fd.get() < 0) return system_fault("/dev/ppp");
    int number = -1, receive = mru;
    if (ioctl(fd.get(), PPPIOCNEWUNIT, &number) < 0) return system_fault("making the interface");
    for (const int protocol : {PPP_IP, PPP_IPV6}) { // a new unit passes everything
      npioctl mode{.protocol = protocol, .mode = NPMODE_DROP};
      if (ioctl(fd.get(), PPPIOCSNPMODE, &mode) < 0) return system_fault("holding packets back");
    }
    if (ioctl(fd.get(), PPPIOCSMRU, &receive) < 0) return system_fault("the interface's MRU");
    if (ioctl(line.channel.get(), PPPIOCCONNECT, &number) < 0) return system_fault("joining interface and session");
    const std::string wanted = std::exchange(device.name, "ppp" + std::to_string(number));
    std::string fault = interface_index(device);
    if (fault.empty()) fault = take_up(device, wanted);
    if (!wanted.empty()) device.name = wanted;
    line.number = static_cast<std::uint32_t>(number);
    device.fd = std::move(fd); // also where it could not be taken up: it goes with the others
    return fault;
  }

  std::string add_network(Line& line, const NetworkPlan& plan) override {
    using Kind = Request::Kind;
    if (std::string fault = resize(line, plan); !fault.empty()) return fault;
    Socket socket;
    int neighbours = 0;
    if (plan.proxy_arp && plan.network == ppp::Network::ipv4) // asked before there is a route to the session itself
      neighbours = network_of(plan.peer_address);
    Network& network = kernel_network();
    if (std::string fault = network.run(address(line, plan, Kind::add_address)); !fault.empty()) return fault;
    if (plan.network == ppp::Network::ipv6) return {};
    if (plan.default_route) {
      line.default_route = plan;
      line.default_route->address.reset(); // the line has it
      if (const std::string fault = network.run(default_route(line, plan, Kind::add_route)); !fault.empty())
        line.remark = no_default_route(fault);
    }
    if (neighbours == 0) return {};
    line.proxy = {.index = neighbours, .address = plan.peer_address};
    if (std::string fault = connect(socket); !fault.empty()) return fault;
    return change_proxy(socket.get(), *line.proxy, true);
  }

  void remove_network(Line& line, const NetworkPlan& plan) override {
    using Kind = Request::Kind;
    const bool v4 = plan.network == ppp::Network::ipv4;
    if (v4) remove_proxy(line);
    // Some of it may never have been there.
    if (v4) remove_default_route(line);
    static_cast<void>(kernel_network().run(address(line, plan, Kind::remove_address)));
  }

  void remove(std::span<const std::shared_ptr<Line>> lines) override {
    for (const auto& line : lines)
      remove_default_route(*line);
    const auto units = std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line->has_unit(); });
    if (static_cast<std::size_t>(units) >= group_least) delete_units(lines);
    for (const auto& line : lines) {
      remove_proxy(*line);
      line->unit->fd = Descriptor();
      line->channel = Descriptor();
      line->socket = Descriptor();
    }
  }

  std::string let_pass(const Line& line, ppp::Network network, bool pass) override {
    npioctl mode{.protocol = protocol_of(network), .mode = pass ? NPMODE_PASS : NPMODE_DROP};
    return ioctl(line.unit->fd.get(), PPPIOCSNPMODE, &mode) < 0 ? system_fault("letting packets pass") : std::string();
  }

  std::optional<ppp::Duration> idle(const Line& line) override {
    ppp_idle since{};
    if (ioctl(line.unit->fd.get(), PPPIOCGIDLE, &since) < 0) return std::nullopt;
    return ppp::Duration{std::int64_t{std::min(since.xmit_idle, since.recv_idle)} * 1'000};
  }
};

} // namespace

KernelPpp& kernel_ppp() noexcept {
  static KernelPppCalls calls;
  return calls;
}

} // namespace openl2tp::ppp_kernel
