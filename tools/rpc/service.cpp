// One poll loop over an eventfd, two listeners and the TCP connections.
#include "tools/rpc/service.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <spdlog/spdlog.h>

#include "tools/rpc/client.hpp"
#include "tools/rpc/portmapper.hpp"

namespace openl2tp::rpc {
namespace {

using Clock = Connection::Clock;

constexpr int kTickMs = 1000;
constexpr int kDatagramsPerTurn = 64;
constexpr int kAcceptsPerTurn = 64;
/// Calls are below this; what does not fit is no call.
constexpr std::size_t kDatagramMax = 65536;

/// True when a management daemon answers at a port of this host.
bool answers(Protocol protocol, std::uint16_t port) {
  if (port == 0) return false;
  auto client = Client::connect_to_port({.host = "localhost", .protocol = protocol, .timeout_s = 1}, port);
  return client && client->call<Nothing>(0, Nothing{}).has_value();
}

/// Registers with rpcbind, which may be absent, slow, or hold another daemon's registration.
bool register_with_rpcbind(ServicePorts ports) {
  const auto present = registered_port(Protocol::udp);
  if (!present && present.error() == PortmapperError::unreachable) {
    spdlog::warn(
        "management: no rpcbind on this host; remote and stock clients cannot find the service, l2tpconfig can");
    return false;
  }
  if (present && answers(Protocol::udp, *present)) {
    spdlog::warn("management: rpcbind already names another daemon, at UDP port {}, which answers; not registered",
                 *present);
    return false;
  }
  (void)unregister_ports(); // of a daemon that died
  const bool done = register_port(Protocol::udp, ports.udp) && register_port(Protocol::tcp, ports.tcp);
  if (!done)
    spdlog::warn("management: rpcbind refused the registration (it wants root); l2tpconfig still works locally");
  return done;
}

} // namespace

Service::Service(runtime::Control& control, ServiceOptions options)
    : options_(std::move(options)), dispatcher_(control, DispatcherOptions{.remote = options_.remote}) {}

Service::~Service() { stop(); }

tl::expected<void, std::string> Service::start() {
  auto udp = open_listener(SOCK_DGRAM, options_.remote);
  if (!udp) return tl::unexpected("management service, UDP: " + udp.error());
  auto tcp = open_listener(SOCK_STREAM, options_.remote);
  if (!tcp) return tl::unexpected("management service, TCP: " + tcp.error());
  wake_ = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_) return tl::unexpected(std::string("management service: eventfd failed"));
  udp_ = std::move(*udp);
  tcp_ = std::move(*tcp);
  if (options_.ports_file.empty()) options_.ports_file = ports_file_path();
  if (options_.remote) {
    spdlog::warn("management: -R lets any host that reaches this one change the daemon's state");
  }
  announce();
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return tl::unexpected(std::string("management service: no thread: ") + error.what());
  }
  return {};
}

void Service::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
  thread_.join();
  withdraw();
  connections_.clear();
}

void Service::announce() {
  // Another daemon of this namespace keeps what it has: ports file and registration alike.
  const auto other = read_ports_file(options_.ports_file);
  if (other && (answers(Protocol::udp, other->udp) || answers(Protocol::tcp, other->tcp))) {
    spdlog::warn("management: {} belongs to another daemon that answers; it is left alone", options_.ports_file);
  } else if (const auto written = write_ports_file(options_.ports_file, ports()); !written) {
    spdlog::warn("management: ports file not written, local clients depend on rpcbind: {}", written.error());
  } else {
    ports_file_written_ = true;
  }
  spdlog::info("management: RPC on UDP port {}, TCP port {}{}", udp_.port, tcp_.port,
               options_.remote ? "" : ", loopback only");
}

void Service::withdraw() {
  if (registered_) (void)unregister_ports();
  if (ports_file_written_) remove_ports_file(options_.ports_file, ports());
}

void Service::run() {
  // Signals are for the daemon's own threads.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  if (options_.register_with_rpcbind) registered_ = register_with_rpcbind(ports());

  std::vector<pollfd> polled;
  for (;;) {
    polled.clear();
    polled.push_back({wake_.get(), POLLIN, 0});
    polled.push_back({udp_.socket.get(), POLLIN, 0});
    polled.push_back({accept_paused_ ? -1 : tcp_.socket.get(), POLLIN, 0});
    for (const Connection& connection : connections_) {
      polled.push_back({connection.fd(), static_cast<short>(connection.wants_to_write() ? POLLOUT : POLLIN), 0});
    }
    const bool quiet = connections_.empty() && !accept_paused_;
    const int ready = poll(polled.data(), polled.size(), quiet ? -1 : kTickMs);
    if (ready < 0 && errno != EINTR) {
      spdlog::error("management: poll failed, the service ends: errno {}", errno);
      return;
    }
    accept_paused_ = false;
    if (ready > 0 && polled[0].revents != 0) return;
    const auto now = Clock::now();
    std::size_t at = 3;
    for (auto it = connections_.begin(); it != connections_.end(); ++at) {
      const short happened = ready > 0 ? polled[at].revents : short{0};
      bool keep = !it->is_stalled(now, options_.stall_max);
      if (keep && (happened & POLLOUT) != 0) keep = it->handle_writable(dispatcher_, now);
      if (keep && (happened & POLLIN) != 0) keep = it->handle_readable(dispatcher_, now);
      if ((happened & (POLLERR | POLLHUP | POLLNVAL)) != 0 && (happened & POLLIN) == 0) keep = false;
      it = keep ? std::next(it) : connections_.erase(it);
    }
    if (ready > 0 && polled[1].revents != 0) serve_datagrams();
    if (ready > 0 && polled[2].revents != 0) accept_connections();
  }
}

void Service::serve_datagrams() {
  static thread_local std::vector<std::byte> buffer(kDatagramMax);
  for (int i = 0; i < kDatagramsPerTurn; ++i) {
    DatagramPath path;
    const ssize_t got = receive_datagram(udp_.socket.get(), buffer.data(), buffer.size(), path);
    if (got < 0) return;
    const auto call = std::span<const std::byte>(buffer.data(), static_cast<std::size_t>(got));
    const auto reply = dispatcher_.answer(call, caller_at(path.peer), kUdpReplyMax);
    if (reply) send_datagram(udp_.socket.get(), reply->data(), reply->size(), path);
  }
}

bool Service::close_idlest() {
  auto idlest = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (idlest == connections_.end() || it->last_progress() < idlest->last_progress()) idlest = it;
  }
  if (idlest == connections_.end()) return false;
  connections_.erase(idlest);
  return true;
}

void Service::accept_connections() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Descriptor socket(
        accept4(tcp_.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory: the listener would stay readable and spin the loop.
      if (errno != EAGAIN) {
        (void)close_idlest();
        accept_paused_ = true;
      }
      return;
    }
    if (connections_.size() >= kConnectionsMax) close_idlest();
    connections_.emplace_back(std::move(socket), caller_at(peer), Clock::now());
  }
}

} // namespace openl2tp::rpc
