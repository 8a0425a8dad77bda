#include "runtime/net/listening.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <thread>

#include "runtime/net/port_holders.hpp"

namespace openl2tp::runtime {

namespace {

constexpr std::chrono::milliseconds kLook{50};          // between two attempts
constexpr std::chrono::milliseconds kOursPatience{500}; // for sockets that this process closed just now

bool covers(const protocol::IpAddress& wide, const protocol::IpAddress& narrow) {
  return wide.family == narrow.family && (wide.is_unspecified() || wide == narrow);
}

bool has_no_ipv6(int error) {
  return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT || error == ENODEV;
}

// The kernel reserves twice what it is asked for, and reports that.
void note_buffers(ListeningSockets& all, int asked) {
  std::size_t count = 0;
  int least = std::numeric_limits<int>::max();
  for (const auto& group : all.groups)
    for (const UdpSocket& socket : group) {
      int octets = 0;
      socklen_t length = sizeof octets;
      if (::getsockopt(socket.fd.get(), SOL_SOCKET, SO_RCVBUF, &octets, &length) != 0) continue;
      least = std::min(least, octets / 2);
      ++count;
    }
  if (count == 0) return;
  const std::string got =
      std::to_string(count) + " sockets have receive buffers of " + std::to_string(least / 1024) + " KiB";
  if (least >= asked)
    all.notes.push_back(got);
  else
    all.warnings.push_back(
        got + ", not of the " + std::to_string(asked / 1024) +
        " KiB that --receive-buffer asks for: peers that come all at once are answered late; raise sysctl "
        "net.core.rmem_max, or give the daemon CAP_NET_ADMIN");
}

SocketError in_use(const protocol::Endpoint& local, const std::vector<PortHolder>& holders) {
  const std::string who = to_string(holders);
  return {.error = EADDRINUSE,
          .text =
              "cannot listen on " + protocol::to_string(local) + ": it is in use" + (who.empty() ? "" : " by " + who)};
}

} // namespace

tl::expected<ListeningSockets, std::string> open_listening_sockets(const ListeningOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  std::vector<protocol::IpAddress> addresses;
  for (const protocol::IpAddress& address : options.addresses) // each once
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  const bool defaults = addresses.empty();
  if (defaults) addresses = {protocol::IpAddress::any_v4(), protocol::IpAddress::any_v6()};

  // Those of any address first: one that is claimed covers the particular addresses of its family.
  std::vector<std::size_t> order;
  for (const bool any : {true, false})
    for (std::size_t i = 0; i < addresses.size(); ++i)
      if (addresses[i].is_unspecified() == any) order.push_back(i);

  ListeningSockets all;
  all.groups.resize(addresses.size());
  std::vector<protocol::IpAddress> claimed;
  for (const std::size_t i : order) {
    const protocol::Endpoint local{.address = addresses[i], .port = options.port};
    SocketOptions how{.receive_octets = options.receive_octets};
    how.share_port = std::any_of(claimed.begin(), claimed.end(),
                                 [&](const protocol::IpAddress& wide) { return covers(wide, addresses[i]); });
    auto opened = open_endpoint_group(local, options.shards, how);
    while (!opened && opened.error().error == EADDRINUSE) {
      const auto holders = find_port_holders(local);
      const bool somebody =
          std::any_of(holders.begin(), holders.end(), [](const auto& one) { return one.process != 0; });
      if (somebody || std::chrono::steady_clock::now() >= deadline) return tl::unexpected(in_use(local, holders).text);
      std::this_thread::sleep_for(kLook);
      opened = open_endpoint_group(local, options.shards, how);
    }
    if (!opened) {
      if (!defaults || local.address.family != 6 || !has_no_ipv6(opened.error().error))
        return tl::unexpected(opened.error().text);
      all.notes.push_back("no IPv6: " + opened.error().text);
      continue;
    }
    claimed.push_back(addresses[i]);
    all.groups[i] = std::move(*opened);
  }
  std::erase_if(all.groups, [](const auto& group) { return group.empty(); });
  note_buffers(all, options.receive_octets);
  return all;
}

tl::expected<UdpSocket, SocketError> open_tunnel_socket(const protocol::Endpoint& local, const SocketOptions& options) {
  SocketOptions alone = options;
  alone.share_port = false;
  SocketOptions shared = options;
  shared.share_port = true;
  const auto deadline = std::chrono::steady_clock::now() + kOursPatience;
  while (true) {
    auto opened = open_udp_socket(local, alone);
    if (opened || opened.error().error != EADDRINUSE) return opened;
    if (are_ours(find_port_sockets(local))) return open_udp_socket(local, shared);
    if (std::chrono::steady_clock::now() >= deadline) return tl::unexpected(in_use(local, find_port_holders(local)));
    std::this_thread::sleep_for(kLook);
  }
}

} // namespace openl2tp::runtime
