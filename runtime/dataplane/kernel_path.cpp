// One entry for each tunnel and session that the kernel has, is about to have, or has not quite lost yet. Opening is
// the caller's task; every ending is a task of the path's own scope, so it outlives whoever asked for it.
#include "runtime/dataplane/kernel_path.hpp"

#include <cerrno>
#include <utility>
#include <vector>

#include "runtime/loop/sleep.hpp"

namespace openl2tp::runtime {

namespace {

constexpr int kAttemptsForAnId = 10;
constexpr protocol::Duration kPauseForAnId{30};
constexpr protocol::Duration kRetryPause{10}; // after the workers' queue was full

bool is_taken(const KernelError& error) {
  return error.error == EEXIST || error.operation == KernelOperation::claim_ports;
}
KernelError error_of(KernelOperation operation, int error, const KernelTunnel& tunnel, const KernelSession& session) {
  return {.operation = operation, .error = error, .tunnel = tunnel.tunnel.value, .session = session.session.value};
}

} // namespace

struct KernelPath::Session {
  explicit Session(const KernelSession& asked) : facts(asked) {}

  KernelSession facts;
  UniqueFd socket;                           // once it is open, and until it closes
  bool closing = false;                      // on its way out, or as soon as it is open
  std::optional<KernelSessionChange> change; // asked for while it was being opened
  Event gone;
};

struct KernelPath::Tunnel final : DatagramSink {
  Tunnel(KernelPath& owner, const KernelTunnel& asked) : path(owner), facts(asked) {}

  void on_datagrams(UdpEndpoint& endpoint, std::span<const Datagram> batch) noexcept override;
  void on_trouble(UdpEndpoint& /*endpoint*/, const protocol::Endpoint& peer, const Trouble& trouble) noexcept override {
    path.sink_.on_tunnel_trouble(peer, trouble);
  }

  KernelPath& path;
  KernelTunnel facts;
  std::unique_ptr<UdpEndpoint> endpoint; // once it is made
  UniqueFd management;
  std::optional<KernelError> failed;
  bool closing = false;
  Event made; // or failed
  Event empty;
  Event gone;
  std::unordered_map<protocol::SessionId, SessionPointer> sessions;
};

void KernelPath::Tunnel::on_datagrams(UdpEndpoint&, std::span<const Datagram> batch) noexcept {
  constexpr std::byte control_bit{0x80};
  for (const Datagram& datagram : batch) {
    const bool control = !datagram.octets.empty() && (datagram.octets.front() & control_bit) != std::byte{0};
    ++(control ? path.counters_.control_messages : path.counters_.data_messages);
    path.sink_.on_tunnel_datagram(datagram.octets, {datagram.path, facts.route.socket});
  }
  path.sink_.on_tunnel_datagrams_end();
}

KernelPath::KernelPath(Loop& loop, UdpPool& pool, LoopWorkers& workers, KernelCalls& calls, KernelPathSink& sink,
                       const KernelPathOptions& options)
    : loop_(loop), pool_(pool), workers_(workers), calls_(calls), sink_(sink), options_(options),
      set_ups_(options.set_ups_at_once), take_downs_(options.take_downs_at_once), endings_(loop) {}

KernelPath::~KernelPath() { OPENL2TP_ASSERT(tunnels_.empty() && counters_.set_ups_waiting == 0); }

// To be run without a stop token: what a worker has in hand comes home.
template <class Call>
Task<std::invoke_result_t<Call&>> KernelPath::run_on_worker(Call call) {
  auto invoke = [&call] { return call(); };
  auto answer = co_await run_on(workers_, invoke);
  while (!answer) {
    ++counters_.workers_full;
    const bool elapsed = co_await sleep_for(kRetryPause);
    static_cast<void>(elapsed);
    answer = co_await run_on(workers_, invoke);
  }
  co_return std::move(*answer);
}

// ---- opening --------------------------------------------------------------------------------------------------------

Task<KernelResult<OpenedSession>> KernelPath::open_session(KernelTunnel tunnel, KernelSession session) {
  KernelResult<OpenedSession> result =
      tl::unexpected(error_of(KernelOperation::queue, EBUSY, tunnel, session)); // where no other is put
  if (counters_.set_ups_waiting < options_.set_ups_waiting_max) {
    ++counters_.set_ups_waiting;
    auto attempt = open_when_free(tunnel, session);
    result = co_await std::move(attempt);
    --counters_.set_ups_waiting;
  }
  if (!result) ++counters_.failed[static_cast<std::size_t>(result.error().operation)];
  co_return result;
}

// The ids may still belong to something that is on its way out.
Task<KernelResult<OpenedSession>> KernelPath::open_when_free(KernelTunnel wanted, KernelSession asked) {
  const KernelError cancelled = error_of(KernelOperation::cancel, ECANCELED, wanted, asked);
  TunnelPointer tunnel;
  while (true) {
    if (closed_) co_return tl::unexpected(cancelled);
    tunnel = find(wanted.tunnel);
    bool left = true;
    if (tunnel == nullptr) {
      break;
    } else if (tunnel->closing) {
      left = co_await tunnel->gone.wait();
    } else {
      const auto it = tunnel->sessions.find(asked.session);
      if (it == tunnel->sessions.end()) break;
      const SessionPointer holder = it->second;
      if (!holder->closing) co_return tl::unexpected(error_of(KernelOperation::create_session, EEXIST, wanted, asked));
      left = co_await holder->gone.wait();
    }
    if (!left) co_return tl::unexpected(cancelled);
  }

  const auto session = std::make_shared<Session>(asked);
  const bool first = tunnel == nullptr;
  if (first) {
    tunnel = std::make_shared<Tunnel>(*this, wanted);
    tunnels_.emplace(wanted.tunnel, tunnel);
  }
  tunnel->sessions.emplace(asked.session, session);
  if (first) {
    auto making = make_tunnel(tunnel).with_stop(StopToken{});
    co_await std::move(making);
  } else {
    const bool made = co_await tunnel->made.wait();
    if (!made) session->closing = true;
  }
  auto opening = open_in(tunnel, session).with_stop(StopToken{});
  KernelResult<OpenedSession> opened = co_await std::move(opening);
  co_return opened;
}

Task<void> KernelPath::make_tunnel(TunnelPointer tunnel) {
  co_await set_ups_.acquire();
  if (tunnel->closing) {
    tunnel->failed = error_of(KernelOperation::cancel, ECANCELED, tunnel->facts, {});
  } else {
    auto call = [&calls = calls_, facts = tunnel->facts] { return set_up_tunnel(calls, facts); };
    auto working = run_on_worker(call);
    KernelResult<KernelTunnelSockets> sockets = co_await std::move(working);
    // The kernel takes its time to lose a tunnel that was deleted, and until then its id and its ports are taken.
    for (int again = 0; again < kAttemptsForAnId && !sockets && is_taken(sockets.error()); ++again) {
      const bool elapsed = co_await sleep_for(kPauseForAnId);
      static_cast<void>(elapsed);
      auto trying = run_on_worker(call);
      sockets = co_await std::move(trying);
    }
    if (sockets) {
      const protocol::Endpoint local = bound_to(sockets->udp.get(), tunnel->facts.route.path.local);
      tunnel->management = std::move(sockets->management);
      tunnel->endpoint =
          std::make_unique<UdpEndpoint>(loop_, pool_, std::move(sockets->udp),
                                        UdpOptions{.local = local, .connected = true, .registered = false}, *tunnel);
      tunnel->endpoint->start();
      ++counters_.tunnels;
      ++counters_.tunnels_opened;
    } else {
      tunnel->failed = sockets.error();
    }
  }
  set_ups_.release();
  if (tunnel->failed) forget(tunnel);
  tunnel->made.set();
}

Task<KernelResult<OpenedSession>> KernelPath::open_in(TunnelPointer tunnel, SessionPointer session) {
  KernelError error = error_of(KernelOperation::cancel, ECANCELED, tunnel->facts, session->facts);
  if (tunnel->failed) {
    error.operation = tunnel->failed->operation;
    error.error = tunnel->failed->error;
    error.other = tunnel->failed->other;
    session->closing = true;
  }
  if (!session->closing) {
    co_await set_ups_.acquire();
    if (!session->closing) {
      auto call = [&calls = calls_, facts = tunnel->facts, asked = session->facts, udp = tunnel->endpoint->fd()] {
        return set_up_session(calls, facts, asked, udp);
      };
      auto working = run_on_worker(call);
      KernelResult<UniqueFd> socket = co_await std::move(working);
      if (socket) {
        session->socket = std::move(*socket);
        ++counters_.sessions;
        ++counters_.sessions_opened;
      } else {
        error = socket.error();
      }
    }
    set_ups_.release();
  }
  if (!session->socket) {
    forget(tunnel, session);
    co_return tl::unexpected(error);
  }
  if (session->closing) { // asked for while the kernel was at it
    endings_.spawn(end_session(tunnel, session));
    co_return tl::unexpected(error);
  }
  if (session->change) (void)calls_.set_sequencing(session->socket.get(), *session->change);
  co_return OpenedSession{session->socket.get()};
}

// ---- closing --------------------------------------------------------------------------------------------------------

void KernelPath::close_session(protocol::TunnelId tunnel, protocol::SessionId session) noexcept {
  const TunnelPointer owner = find(tunnel);
  if (owner == nullptr) return;
  if (const auto it = owner->sessions.find(session); it != owner->sessions.end()) close_session(owner, it->second);
}

void KernelPath::close_session(const TunnelPointer& tunnel, const SessionPointer& session) noexcept {
  if (session->closing) return;
  session->closing = true;
  if (session->socket) endings_.spawn(end_session(tunnel, session)); // else open_in() sees it
}

void KernelPath::close_tunnel(protocol::TunnelId tunnel) noexcept {
  if (const TunnelPointer found = find(tunnel)) close_tunnel(found);
}

void KernelPath::close_tunnel(const TunnelPointer& tunnel) noexcept {
  if (tunnel->closing) return;
  tunnel->closing = true;
  for (const auto& [id, session] : tunnel->sessions)
    close_session(tunnel, session);
  if (tunnel->sessions.empty()) tunnel->empty.set();
  endings_.spawn(end_tunnel(tunnel));
}

Task<void> KernelPath::close_all() {
  closed_ = true;
  std::vector<TunnelPointer> all;
  all.reserve(tunnels_.size());
  for (const auto& [id, tunnel] : tunnels_)
    all.push_back(tunnel);
  for (const TunnelPointer& tunnel : all)
    close_tunnel(tunnel);
  all.clear();
  co_await endings_.join();
}

Task<void> KernelPath::end_session(TunnelPointer tunnel, SessionPointer session) {
  // From here on the socket is the worker's.
  UniqueFd socket = std::move(session->socket);
  co_await take_downs_.acquire();
  auto call = [&calls = calls_, facts = tunnel->facts, id = session->facts.session, &socket] {
    take_down_session(calls, facts, id, std::move(socket));
    return true;
  };
  auto working = run_on_worker(call);
  const bool taken = co_await std::move(working);
  static_cast<void>(taken);
  take_downs_.release();
  --counters_.sessions;
  ++counters_.sessions_closed;
  forget(tunnel, session);
}

Task<void> KernelPath::end_tunnel(TunnelPointer tunnel) {
  // Nobody stops a task of this scope, so that no wait ends early.
  const bool made = co_await tunnel->made.wait();
  if (tunnel->failed) co_return;
  const bool empty = co_await tunnel->empty.wait();
  tunnel->endpoint->close();
  const bool closed = co_await tunnel->endpoint->closed().wait();
  OPENL2TP_ASSERT(made && empty && closed);
  co_await take_downs_.acquire();
  auto call = [&calls = calls_, facts = tunnel->facts, &management = tunnel->management] {
    return take_down_tunnel(calls, facts, std::move(management));
  };
  auto working = run_on_worker(call);
  const KernelResult<void> taken = co_await std::move(working);
  take_downs_.release();
  if (!taken) ++counters_.close_failed;
  tunnel->endpoint.reset(); // and with its socket whatever the kernel still has of the tunnel
  --counters_.tunnels;
  ++counters_.tunnels_closed;
  forget(tunnel);
}

void KernelPath::forget(const TunnelPointer& tunnel, const SessionPointer& session) noexcept {
  tunnel->sessions.erase(session->facts.session);
  session->closing = true;
  session->gone.set();
  if (tunnel->closing && tunnel->sessions.empty()) tunnel->empty.set();
}

void KernelPath::forget(const TunnelPointer& tunnel) noexcept {
  tunnels_.erase(tunnel->facts.tunnel);
  tunnel->gone.set();
}

// ---- while it is open -----------------------------------------------------------------------------------------------

KernelResult<void> KernelPath::modify_session(protocol::TunnelId tunnel, protocol::SessionId session,
                                              const KernelSessionChange& change) noexcept {
  const TunnelPointer owner = find(tunnel);
  if (owner == nullptr) return {};
  const auto it = owner->sessions.find(session);
  if (it == owner->sessions.end() || it->second->closing) return {};
  it->second->change = change;
  if (!it->second->socket) return {};
  auto changed = calls_.set_sequencing(it->second->socket.get(), change);
  if (!changed) changed.error().tunnel = tunnel.value, changed.error().session = session.value;
  return changed;
}

KernelResult<void> KernelPath::modify_tunnel(protocol::TunnelId tunnel, bool udp_checksums) noexcept {
  const TunnelPointer found = find(tunnel);
  if (found == nullptr || found->closing) return {};
  found->facts.udp_checksums = udp_checksums;
  if (found->endpoint == nullptr) return {};
  auto changed = calls_.set_checksums(found->endpoint->fd(), udp_checksums);
  if (!changed) changed.error().tunnel = tunnel.value;
  return changed;
}

std::optional<SessionStatistics> KernelPath::statistics(protocol::TunnelId tunnel, protocol::SessionId session) {
  const TunnelPointer owner = find(tunnel);
  if (owner == nullptr || owner->closing || !owner->management) return std::nullopt;
  const auto it = owner->sessions.find(session);
  if (it == owner->sessions.end() || it->second->closing || !it->second->socket) return std::nullopt;
  const auto counted = calls_.read_statistics(owner->management.get(), session);
  if (!counted) return std::nullopt;
  return *counted;
}

void KernelPath::add_statistics(protocol::TunnelId tunnel, TunnelStatistics& into) {
  const TunnelPointer owner = find(tunnel);
  if (owner == nullptr || owner->closing || !owner->management) return; // closing, the socket is the worker's
  const auto counted = calls_.read_statistics(owner->management.get(), {});
  if (!counted) return;
  into.data_received_packets += counted->received_packets;
  into.data_received_octets += counted->received_octets;
  into.data_received_errors += counted->received_errors;
  into.data_received_out_of_sequence += counted->received_out_of_sequence;
  into.data_received_out_of_sequence_discards += counted->received_out_of_sequence_discards;
  into.data_sent_packets += counted->sent_packets;
  into.data_sent_octets += counted->sent_octets;
  into.data_sent_errors += counted->sent_errors;
}

KernelPath::TunnelPointer KernelPath::find(protocol::TunnelId tunnel) const noexcept {
  const auto it = tunnels_.find(tunnel);
  return it != tunnels_.end() ? it->second : nullptr;
}

} // namespace openl2tp::runtime
