// One poll loop over an eventfd, the hub of events, the listeners and the connections.
#include "tools/rpc/service.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <limits>
#include <system_error>

#include <spdlog/spdlog.h>

#include "tools/rpc/client.hpp"

namespace openl2tp::rpc {
namespace {

constexpr int kTickMs = 1000;
constexpr int kDatagramsPerTurn = 64;
constexpr int kAcceptsPerTurn = 64;
/// Calls are below this; what does not fit is no call.
constexpr std::size_t kDatagramMax = 65536;

/// Ports are ephemeral and the same at every address; one that is taken at another address is given up for the next.
constexpr int kPortAttempts = 16;

/// True when a management daemon answers at a port of this host.
bool answers(Protocol protocol, std::uint16_t port) {
  if (port == 0) return false;
  auto client = Client::connect_to_port({.host = "localhost", .protocol = protocol, .timeout_s = 1}, port);
  return client && client->call<Nothing>(0, Nothing{}).has_value();
}

} // namespace

Service::Service(runtime::Control& control, ServiceOptions options)
    : options_(std::move(options)),
      dispatcher_(control, DispatcherOptions{.test = options_.test, .audit = true, .trace = options_.trace_calls}),
      large_(dispatcher_, [this] { wake(); }) {}

Service::~Service() { stop(); }

tl::expected<std::vector<Service::Place>, ListenFailure>
Service::open_places(const std::vector<std::optional<protocol::IpAddress>>& addresses) const {
  std::vector<Place> places;
  std::uint16_t udp_port = 0, tcp_port = 0;
  for (const auto& address : addresses) {
    auto udp = open_listener(SOCK_DGRAM, address, udp_port);
    if (!udp) return tl::unexpected(std::move(udp.error()));
    auto tcp = open_listener(SOCK_STREAM, address, tcp_port);
    if (!tcp) return tl::unexpected(std::move(tcp.error()));
    udp_port = udp->port;
    tcp_port = tcp->port;
    places.push_back({std::move(*udp), std::move(*tcp)});
  }
  return places;
}

tl::expected<void, std::string> Service::open_listeners() {
  std::vector<std::optional<protocol::IpAddress>> addresses{protocol::IpAddress::v4(127, 0, 0, 1)};
  protocol::IpAddress loopback_v6 = protocol::IpAddress::any_v6();
  loopback_v6.octets.back() = 1;
  // A host without IPv6, or a namespace whose loopback has none, is no failure.
  if (open_listener(SOCK_DGRAM, loopback_v6, 0)) addresses.emplace_back(loopback_v6);
  if (options_.remote) {
    if (options_.addresses.empty()) addresses = {std::nullopt};
    for (const protocol::IpAddress& address : options_.addresses) {
      if (address.is_unspecified() && address.family != 0) {
        addresses = {std::nullopt}; // every address of one family is served as every address
        break;
      }
      if (std::ranges::find(addresses, std::optional(address)) == addresses.end()) addresses.emplace_back(address);
    }
  }
  ListenFailure failure;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    auto places = open_places(addresses);
    if (places) {
      listeners_ = std::move(*places);
      return {};
    }
    failure = std::move(places.error());
    if (!failure.in_use) break;
  }
  return tl::unexpected("management service: " + failure.text);
}

tl::expected<void, std::string> Service::start() {
  if (!is_instance_name(options_.instance)) {
    return tl::unexpected(
        std::string("management service: instance name: expected at most 32 letters, digits, '.', '_' or '-'"));
  }
  if (auto opened = open_listeners(); !opened) return opened;
  wake_ = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_) return tl::unexpected(std::string("management service: eventfd failed"));
  if (options_.ports_file.empty()) options_.ports_file = ports_file_path(options_.instance);
  if (options_.remote) {
    spdlog::warn("management: -R lets {} that reaches this one change the daemon's state",
                 options_.allow.empty() ? "any host" : "any allowed host");
  }
  announce();
  try {
    large_.start();
    if (options_.register_with_rpcbind) registrar_.start(ports(), options_.register_interval);
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    registrar_.stop();
    large_.stop();
    withdraw();
    return tl::unexpected(std::string("management service: no thread: ") + error.what());
  }
  return {};
}

void Service::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

void Service::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  wake();
  registrar_.stop();
  thread_.join();
  large_.stop();
  withdraw();
  connections_.clear();
}

void Service::announce() {
  // Another daemon of this namespace keeps what it has: ports file, UNIX socket and registration alike.
  const auto other = read_ports_file(options_.ports_file);
  if (other && (answers(Protocol::udp, other->udp) || answers(Protocol::tcp, other->tcp))) {
    spdlog::warn("management: {} belongs to another daemon that answers; it is left alone (an instance name tells "
                 "daemons apart)",
                 options_.ports_file);
  } else if (const auto written = write_ports_file(options_.ports_file, ports()); !written) {
    spdlog::warn("management: ports file not written, local clients depend on rpcbind: {}", written.error());
  } else {
    ports_file_written_ = true;
    const std::string path = socket_path(options_.ports_file);
    if (auto opened = open_unix_listener(path)) {
      unix_ = std::move(*opened);
      socket_file_ = path;
    } else {
      spdlog::warn("management: no UNIX socket: {}", opened.error());
    }
  }
  spdlog::info("management: RPC on UDP port {}, TCP port {}{}{}", ports().udp, ports().tcp,
               options_.remote ? "" : ", loopback only", socket_file_.empty() ? "" : ", UNIX socket " + socket_file_);
}

void Service::withdraw() {
  // As long as the ports file is ours the socket beside it is, too.
  if (ports_file_written_ && !socket_file_.empty() && read_ports_file(options_.ports_file) == ports()) {
    std::error_code ignored;
    std::filesystem::remove(socket_file_, ignored);
  }
  if (ports_file_written_) remove_ports_file(options_.ports_file, ports());
}

int Service::poll_timeout(Clock::time_point now) const {
  int timeout = connections_.empty() && !accept_paused_ ? -1 : kTickMs;
  for (const Connection& connection : connections_) {
    if (connection.wants_turn(now)) return 0;
    if (const auto deadline = connection.deadline()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
      timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, timeout)); // there is a connection: not negative
    }
  }
  return timeout;
}

void Service::run() {
  // Signals are for the daemon's own threads.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  std::vector<pollfd> polled;
  while (!stopping_.load()) {
    watch_events();
    polled.clear();
    polled.push_back({wake_.get(), POLLIN, 0});
    polled.push_back({listening_ ? options_.events->wake_fd() : -1, POLLIN, 0});
    polled.push_back({accept_paused_ ? -1 : unix_.get(), POLLIN, 0});
    for (const Place& place : listeners_) {
      polled.push_back({place.udp.socket.get(), POLLIN, 0});
      polled.push_back({accept_paused_ ? -1 : place.tcp.socket.get(), POLLIN, 0});
    }
    const std::size_t first = polled.size();
    for (const Connection& connection : connections_)
      polled.push_back({connection.fd(), connection.poll_events(), 0});
    const int ready = poll(polled.data(), polled.size(), poll_timeout(Clock::now()));
    if (ready < 0 && errno != EINTR) {
      spdlog::error("management: poll failed, the service ends: errno {}", errno);
      break;
    }
    if (ready <= 0)
      for (pollfd& one : polled)
        one.revents = 0;
    accept_paused_ = false;
    std::uint64_t count = 0;
    if (polled[0].revents != 0) (void)!read(wake_.get(), &count, sizeof count);
    if (polled[1].revents != 0 && read(options_.events->wake_fd(), &count, sizeof count) > 0) {
      options_.events->dispatch();
    }
    const auto now = Clock::now();
    serve_connections(std::span(polled).subspan(first), now);
    send_answered(now);
    hand_over_large_calls();
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (polled[3 + 2 * i].revents != 0) serve_datagrams(listeners_[i].udp.socket.get());
      if (polled[4 + 2 * i].revents != 0) accept_connections(listeners_[i].tcp.socket.get(), false);
    }
    if (polled[2].revents != 0) accept_connections(unix_.get(), true);
    limit_unsent();
  }
  if (listening_) options_.events->listen({});
}

void Service::serve_connections(std::span<const pollfd> polled, Clock::time_point now) {
  std::size_t at = 0;
  for (auto it = connections_.begin(); it != connections_.end(); ++at) {
    const short happened = polled[at].revents;
    bool keep = !it->is_stalled(now, options_.stall_max);
    if (keep && (happened & POLLOUT) != 0) keep = it->handle_writable(dispatcher_, now);
    if (keep && (happened & POLLIN) != 0) keep = it->handle_readable(dispatcher_, now);
    if (keep && it->wants_turn(now)) keep = it->handle_turn(dispatcher_, now);
    if ((happened & (POLLERR | POLLHUP | POLLNVAL | POLLRDHUP)) != 0 && (happened & POLLIN) == 0) keep = false;
    it = keep ? std::next(it) : connections_.erase(it);
  }
}

void Service::hand_over_large_calls() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    bool keep = true;
    if (auto call = it->take_large_call()) {
      keep = large_.post({.connection = it->serial(),
                          .call = std::move(*call),
                          .caller = it->caller(),
                          .reply_max = std::numeric_limits<std::int32_t>::max()});
    }
    it = keep ? std::next(it) : connections_.erase(it);
  }
}

void Service::send_answered(Clock::time_point now) {
  for (LargeCalls::Job& job : large_.take_answered()) {
    if (job.connection == 0) {
      if (job.reply) answer_datagram(job.socket, job.call, *job.reply, job.path);
      continue;
    }
    const auto it = std::ranges::find(connections_, job.connection, &Connection::serial);
    if (it != connections_.end() && !it->complete(dispatcher_, std::move(job.reply), std::move(job.refusal), now)) {
      connections_.erase(it);
    }
  }
}

void Service::watch_events() {
  if (options_.events == nullptr) return;
  const bool wanted = std::ranges::any_of(connections_, [](const Connection& one) { return one.events() != nullptr; });
  if (wanted && !listening_) {
    events_dropped_ = options_.events->dropped();
    options_.events->listen([this](const runtime::MonitorEvent& event) {
      if (event.kind == runtime::MonitorEvent::Kind::session_changed) return;
      for (const Connection& connection : connections_)
        if (EventQueue* queue = connection.events()) queue->push(event);
    });
  }
  if (!wanted && listening_) options_.events->listen({});
  listening_ = wanted;
  if (!listening_) return;
  const std::uint64_t dropped = options_.events->dropped();
  if (dropped == events_dropped_) return;
  for (const Connection& connection : connections_)
    if (EventQueue* queue = connection.events()) queue->add_lost(dropped - events_dropped_);
  events_dropped_ = dropped;
}

void Service::limit_unsent() {
  std::size_t unsent = 0;
  for (const Connection& connection : connections_)
    unsent += connection.unsent();
  while (unsent > kUnsentMax) {
    auto slowest = connections_.end();
    for (auto it = connections_.begin(); it != connections_.end(); ++it) {
      if (!it->wants_to_write()) continue;
      if (slowest == connections_.end() || it->last_progress() < slowest->last_progress()) slowest = it;
    }
    if (slowest == connections_.end()) return;
    unsent -= slowest->unsent();
    connections_.erase(slowest);
  }
}

Caller Service::judged(Caller caller) const noexcept {
  caller.trusted = options_.remote && is_allowed(options_.allow, caller.address);
  return caller;
}

void Service::serve_datagrams(int socket) {
  static thread_local std::vector<std::byte> buffer(kDatagramMax);
  for (int i = 0; i < kDatagramsPerTurn; ++i) {
    DatagramPath path;
    const ssize_t got = receive_datagram(socket, buffer.data(), buffer.size(), path);
    if (got < 0) return;
    const auto call = std::span<const std::byte>(buffer.data(), static_cast<std::size_t>(got));
    const Caller caller = judged(caller_of(socket, path));
    const bool may_ask = caller.local || caller.trusted;
    const Judgement judgement = dispatcher_.judge(call);
    if (may_ask && judgement.changes) {
      const auto [verdict, before] = duplicates_.judge(call, path.peer, Clock::now());
      if (verdict == DuplicateCache::Verdict::answered) send_datagram(socket, before.data(), before.size(), path);
      if (verdict != DuplicateCache::Verdict::fresh) continue;
    }
    if (may_ask && judgement.kind == Kind::large) {
      const bool posted = large_.post({.connection = 0,
                                       .call = {call.begin(), call.end()},
                                       .caller = caller,
                                       .reply_max = kUdpReplyMax,
                                       .socket = socket,
                                       .path = path});
      // One too many is lost, as any datagram may be; clients ask again.
      if (!posted) duplicates_.forget(call, path.peer);
      continue;
    }
    const auto reply = dispatcher_.answer(call, caller, kUdpReplyMax);
    if (reply) answer_datagram(socket, call, *reply, path);
  }
}

void Service::answer_datagram(int socket, std::span<const std::byte> call, std::span<const std::byte> reply,
                              DatagramPath& path) {
  duplicates_.answered(call, path.peer, reply);
  send_datagram(socket, reply.data(), reply.size(), path);
}

bool Service::close_idlest(bool is_unix) {
  auto idlest = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (it->is_unix() != is_unix) continue;
    if (idlest == connections_.end() || it->last_progress() < idlest->last_progress()) idlest = it;
  }
  if (idlest == connections_.end()) return false;
  connections_.erase(idlest);
  return true;
}

void Service::accept_connections(int listener, bool is_unix) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Descriptor socket(accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory: the listener would stay readable and spin the loop.
      if (errno != EAGAIN) {
        (void)(close_idlest(false) || close_idlest(true));
        accept_paused_ = true;
      }
      return;
    }
    const Caller caller = is_unix ? caller_on_unix(socket.get()) : judged(caller_on(socket.get(), peer));
    // Who may not call at all does not keep a connection from those who may.
    if (!caller.local && !caller.trusted) continue;
    const auto open = std::ranges::count(connections_, is_unix, &Connection::is_unix);
    if (static_cast<std::size_t>(open) >= (is_unix ? kUnixConnectionsMax : kConnectionsMax)) close_idlest(is_unix);
    connections_.emplace_back(next_serial_++, std::move(socket), caller, is_unix, Clock::now());
  }
}

} // namespace openl2tp::rpc
