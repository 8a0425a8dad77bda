#include "tests/daemon_sim/kernel_path_calls.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace openl2tp::daemon_sim {

using ppp_kernel::Descriptor;
using ppp_kernel::Line;
using ppp_kernel::NetworkPlan;
using runtime::KernelError;
using runtime::KernelOperation;
using runtime::KernelResult;
using runtime::UniqueFd;

namespace {

constexpr unsigned link_protocols = 0xC000; // from here on they are the link's

std::array<int, 2> make_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) < 0) std::abort();
  return ends;
}

ino_t inode(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

unsigned get16(std::span<const std::byte> octets, std::size_t at) {
  return at + 2 > octets.size()
             ? 0U
             : std::to_integer<unsigned>(octets[at]) << 8 | std::to_integer<unsigned>(octets[at + 1]);
}

std::uint64_t local_of(const NetworkPlan& plan) {
  return plan.network == ppp::Network::ipv4 ? plan.local_address.value : plan.local_interface_id;
}

} // namespace

std::optional<KernelError> SimKernelPath::failed(KernelOperation operation, std::uint16_t tunnel,
                                                 std::uint16_t session) {
  if (process_.ended) return KernelError{operation, ENODEV, tunnel, session};
  if (const auto error = process_.kernel.error()) return KernelError{operation, *error, tunnel, session};
  return std::nullopt;
}

// ---- tunnels

KernelResult<UniqueFd> SimKernelPath::open_udp(const runtime::KernelTunnel& tunnel) {
  const std::uint16_t id = tunnel.tunnel.value;
  if (auto error = failed(KernelOperation::bind_socket, id)) return tl::unexpected(*error);
  if (kind_.mixes_ports)
    for (const auto& [other, has] : tunnels_)
      if (has.path == tunnel.route.path)
        return tl::unexpected(KernelError{KernelOperation::claim_ports, EADDRINUSE, id, 0, other});
  UniqueFd fd = network_.open_connected_udp(
      tunnel.route.path,
      [this, id](const protocol::Path&, std::span<const std::byte> octets) { return take(id, octets); });
  tunnels_[id] = {.path = tunnel.route.path, .peer = tunnel.peer_tunnel.value, .udp = fd.get()};
  return fd;
}

KernelResult<void> SimKernelPath::create_tunnel(const runtime::KernelTunnel& tunnel, int) {
  const std::uint16_t id = tunnel.tunnel.value;
  if (auto error = failed(KernelOperation::create_tunnel, id)) return tl::unexpected(*error);
  if (const int error = process_.kernel.add_tunnel(id, process_.number); error != 0)
    return tl::unexpected(KernelError{KernelOperation::create_tunnel, error, id});
  return {};
}

KernelResult<void> SimKernelPath::delete_tunnel(protocol::TunnelId tunnel) {
  if (process_.ended) return {};
  if (const int error = process_.kernel.remove_tunnel(tunnel.value); error != 0)
    return tl::unexpected(KernelError{KernelOperation::delete_tunnel, error, tunnel.value});
  return {};
}

KernelResult<UniqueFd> SimKernelPath::connect_tunnel(const runtime::KernelTunnel& tunnel, int udp) {
  if (!kind_.netlink) {
    if (auto made = create_tunnel(tunnel, udp); !made) return tl::unexpected(made.error());
  } else if (auto error = failed(KernelOperation::create_tunnel, tunnel.tunnel.value)) {
    return tl::unexpected(*error);
  }
  return UniqueFd(::eventfd(0, EFD_CLOEXEC));
}

void SimKernelPath::release_ports(protocol::TunnelId tunnel) noexcept {
  const auto found = tunnels_.find(tunnel.value);
  if (found == tunnels_.end()) return;
  network_.close_udp(found->second.udp);
  tunnels_.erase(found);
  if (!kind_.netlink && !process_.ended) static_cast<void>(process_.kernel.remove_tunnel(tunnel.value));
}

// ---- sessions

KernelResult<void> SimKernelPath::create_session(protocol::TunnelId tunnel, const runtime::KernelSession& session) {
  if (auto error = failed(KernelOperation::create_session, tunnel.value, session.session.value))
    return tl::unexpected(*error);
  if (const int error = process_.kernel.add_session(tunnel.value, session.session.value); error != 0)
    return tl::unexpected(KernelError{KernelOperation::create_session, error, tunnel.value, session.session.value});
  return {};
}

KernelResult<void> SimKernelPath::delete_session(protocol::TunnelId tunnel, protocol::SessionId session) {
  if (process_.ended) return {};
  if (const int error = process_.kernel.remove_session(tunnel.value, session.value); error != 0)
    return tl::unexpected(KernelError{KernelOperation::delete_session, error, tunnel.value, session.value});
  return {};
}

KernelResult<UniqueFd> SimKernelPath::connect_session(const runtime::KernelTunnel& tunnel,
                                                      const runtime::KernelSession& session, int) {
  const Ids ids{tunnel.tunnel.value, session.session.value};
  if (!kind_.netlink) {
    if (auto made = create_session(tunnel.tunnel, session); !made) return tl::unexpected(made.error());
  } else if (auto error = failed(KernelOperation::connect_session, ids.first, ids.second)) {
    return tl::unexpected(*error);
  }
  const auto ends = make_pair();
  sessions_[ids] = {.peer = session.peer_session.value, .socket = inode(ends[0]), .outer = Descriptor(ends[1])};
  return UniqueFd(ends[0]);
}

// A copy: the one that is given may lie in what is erased.
void SimKernelPath::forget_session(Ids ids) noexcept {
  if (sessions_.erase(ids) != 0 && !process_.ended)
    static_cast<void>(process_.kernel.remove_session(ids.first, ids.second));
}

void SimKernelPath::close(UniqueFd socket) noexcept {
  const ino_t number = inode(socket.get());
  network_.close_udp(socket.get());
  for (const auto& [ids, session] : sessions_)
    if (session.socket == number) return forget_session(ids);
}

KernelResult<void> SimKernelPath::set_role(int, const runtime::KernelSession& session) noexcept {
  if (auto error = failed(KernelOperation::set_session_option, 0, session.session.value)) return tl::unexpected(*error);
  return {};
}

KernelResult<void> SimKernelPath::set_sequencing(int, const runtime::KernelSessionChange&) noexcept { return {}; }

KernelResult<runtime::SessionStatistics> SimKernelPath::read_statistics(int, protocol::SessionId) noexcept {
  return runtime::SessionStatistics{};
}

KernelResult<void> SimKernelPath::set_checksums(int, bool) noexcept { return {}; }

// ---- data

// A data message of the tunnel's socket (RFC 2661 section 3.1).
bool SimKernelPath::take(std::uint16_t tunnel, std::span<const std::byte> octets) {
  const unsigned flags = get16(octets, 0);
  if ((flags & 0x8000U) != 0) return false; // a control message
  std::size_t at = (flags & 0x4000U) != 0 ? 4 : 2;
  const Ids ids{tunnel, static_cast<std::uint16_t>(get16(octets, at + 2))};
  if (get16(octets, at) != tunnel) return false;
  at += 4;
  if ((flags & 0x0800U) != 0) at += 4;
  if ((flags & 0x0200U) != 0) at += 2 + get16(octets, at);
  const auto found = sessions_.find(ids);
  if (found == sessions_.end()) return false;
  if (get16(octets, at) == 0xff03) at += 2;
  if (at + 2 > octets.size()) return true;
  const Session& session = found->second;
  const Descriptor& to = session.unit.get() >= 0 && get16(octets, at) < link_protocols ? session.unit : session.channel;
  // What comes before there is a channel is lost here; the kernel would keep some of it.
  if (to.get() >= 0)
    static_cast<void>(!::send(to.get(), octets.data() + at, octets.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT));
  return true;
}

bool SimKernelPath::carry(const Tunnel& tunnel, const Session& session, const Descriptor& from) {
  if (from.get() < 0) return false;
  bool any = false;
  std::array<std::byte, 4096> octets{};
  constexpr std::size_t header = 8;
  for (;;) {
    const ssize_t got = ::recv(from.get(), octets.data() + header, octets.size() - header, MSG_DONTWAIT);
    if (got <= 0) return any;
    any = true;
    const std::array<unsigned, 4> words{0x0002, tunnel.peer, session.peer, 0xff03};
    for (std::size_t i = 0; i < words.size(); ++i) {
      octets[2 * i] = static_cast<std::byte>(words[i] >> 8);
      octets[2 * i + 1] = static_cast<std::byte>(words[i]);
    }
    network_.send(tunnel.path, std::span(octets).first(header + static_cast<std::size_t>(got)));
  }
}

bool SimKernelPath::carry() {
  if (process_.ended) return false;
  bool any = false;
  for (const auto& [ids, session] : sessions_) {
    const auto tunnel = tunnels_.find(ids.first);
    if (tunnel == tunnels_.end()) continue;
    any = carry(tunnel->second, session, session.channel) || any;
    any = carry(tunnel->second, session, session.unit) || any;
  }
  return any;
}

void SimKernelPath::end() {
  sessions_.clear();
  for (const auto& [id, tunnel] : tunnels_)
    network_.close_udp(tunnel.udp);
  tunnels_.clear();
}

// ---- PPP

std::string SimKernelPath::faulty(std::string_view what) {
  if (process_.ended) return "the process has ended";
  if (const auto error = process_.kernel.error())
    return fmt::format("{}: {}", what, std::strerror(*error)); // NOLINT(concurrency-mt-unsafe)
  return {};
}

SimKernelPath::Session* SimKernelPath::attached(const Line& line) noexcept {
  for (auto& [ids, session] : sessions_)
    if (session.line == &line) return &session;
  return nullptr;
}

std::string SimKernelPath::attach(Line& line) {
  if (std::string fault = faulty("attaching PPP"); !fault.empty()) return fault;
  const ino_t number = inode(line.socket.get());
  for (auto& [ids, session] : sessions_) {
    if (session.socket != number || session.line != nullptr) continue;
    const auto ends = make_pair();
    line.channel = Descriptor(ends[0]);
    line.socket = Descriptor();
    session.channel = Descriptor(ends[1]);
    session.line = &line;
    return {};
  }
  return "the session's PPP channel: Transport endpoint is not connected";
}

std::string SimKernelPath::make_unit(Line& line, std::uint16_t) {
  if (std::string fault = faulty("making the interface"); !fault.empty()) return fault;
  ppp_kernel::Device& device = *line.unit;
  int index = 0;
  const std::string name = device.name.empty() ? "ppp%d" : device.name;
  if (const int error = process_.kernel.add_interface(process_.number, name, index); error != 0)
    return "making the interface: it exists";
  const auto ends = make_pair();
  device.index = index;
  device.name = process_.kernel.name_of(index);
  device.fd = Descriptor(ends[0]);
  line.number = static_cast<std::uint32_t>(index);
  if (Session* const session = attached(line)) session->unit = Descriptor(ends[1]);
  process_.story.tell("kernel {}: unit {}", process_.number, device.name);
  return {};
}

std::string SimKernelPath::add_network(Line& line, const NetworkPlan& plan) {
  if (std::string fault = faulty("the interface's address"); !fault.empty()) return fault;
  KernelModel& kernel = process_.kernel;
  const int index = line.unit->index;
  if (kernel.add_address(index, local_of(plan)) != 0) return "the interface's address: it cannot be";
  if (plan.network == ppp::Network::ipv4) {
    if (!plan.peer_address.empty()) kernel.add_connected_route(plan.peer_address.value, index);
    if (plan.default_route) kernel.add_connected_route(0, index);
  }
  process_.story.tell("kernel {}: {} has {} to {}", process_.number, line.unit->name, plan.local_address.text(),
                      plan.peer_address.text());
  return {};
}

void SimKernelPath::remove_network(Line& line, const NetworkPlan& plan) {
  if (process_.ended) return;
  KernelModel& kernel = process_.kernel;
  const int index = line.unit->index;
  if (plan.network == ppp::Network::ipv4) {
    if (plan.default_route) static_cast<void>(kernel.remove_route(0, index));
    static_cast<void>(kernel.remove_route(plan.peer_address.value, index));
  }
  static_cast<void>(kernel.remove_address(index, local_of(plan)));
  process_.story.tell("kernel {}: {} has no {}", process_.number, line.unit->name, plan.local_address.text());
}

void SimKernelPath::remove(std::span<const std::shared_ptr<Line>> lines) {
  for (const auto& line : lines) {
    if (Session* const session = attached(*line)) {
      session->line = nullptr;
      session->channel = Descriptor();
      session->unit = Descriptor();
    }
    if (line->has_unit() && !process_.ended) process_.kernel.remove_interface(line->unit->index);
    process_.story.tell("kernel {}: {} goes", process_.number, line->unit->name);
    line->unit->fd = Descriptor();
    line->channel = Descriptor();
    line->socket = Descriptor();
  }
}

std::string SimKernelPath::let_pass(const Line& line, ppp::Network, bool) {
  return line.has_unit() ? std::string() : "letting packets pass: Bad file descriptor";
}

std::optional<ppp::Duration> SimKernelPath::idle(const Line&) { return std::nullopt; }

} // namespace openl2tp::daemon_sim
