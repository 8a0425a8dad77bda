#include "runtime/net/listening.hpp"

#include <algorithm>
#include <cerrno>
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
    SocketOptions how = options.socket;
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
