// A shard's thread: start, the pump's place in the loop, graceful end.
#include "runtime/shard/shard.hpp"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "runtime/descriptors.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/plugin/host_services.hpp"
#include "runtime/ring/uring_ring.hpp"

namespace openl2tp::runtime {

MakeRing uring(const Features& features) {
  return [features]() -> tl::expected<std::unique_ptr<Ring>, std::string> {
    auto ring = UringRing::create({.features = features});
    if (!ring) return tl::unexpected(ring.error().text);
    return std::move(*ring);
  };
}

Shard::Shard(ShardOptions options)
    : options_(std::move(options)), random_(*options_.environment), faults_(random_, options_.group->fault_fired),
      book_(options_.index, options_.count, options_.group->counts, options_.group->ports_apart) {}

Shard::~Shard() { OPENL2TP_ASSERT(!thread_.joinable()); }

Future<std::string> Shard::start() {
  auto [promise, future] = make_reply<std::string>();
  thread_ = std::thread([this](Promise<std::string> started) { run(std::move(started)); }, std::move(promise));
  return std::move(future);
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

void Shard::request_shutdown(protocol::Duration patience) {
  // Refused only by a shard that has ended already.
  static_cast<void>(post([this, patience] {
    shutdown_request_.patience = patience;
    admission_->close();
    shutdown_.set();
  }));
}

void Shard::run(Promise<std::string> started) {
  pthread_setname_np(pthread_self(), ("shard " + std::to_string(options_.index)).substr(0, 15).c_str());
  mark_.store(CallMark::lasting_here());
  if (std::string failure = begin(); !failure.empty()) return started.set(std::move(failure));
  started.set({});
  while (!finished())
    turn(true);
  end();
}

std::string Shard::begin() {
  if (std::string failure = prepare(); !failure.empty()) {
    if (loop_ && plugins_) loop_->run(end_plugins());
    plugins_.reset();
    spawner_.reset();
    workers_.reset();
    trace_.reset();
    loop_.reset();
    return failure;
  }
  mailbox_.store(&loop_->mailbox());
  main_.emplace(main_task());
  loop_->begin(*main_);
  return {};
}

// @return empty, or one line saying what failed.
std::string Shard::prepare() {
  auto ring = options_.make_ring();
  if (!ring) return ring.error();
  // The loop's mailbox takes one descriptor and cannot do without. Shards start one after the other, so nobody takes it
  // away between this look and that.
  if (const UniqueFd probe(::eventfd(0, EFD_CLOEXEC)); !probe) return "no mailbox: " + error_text(errno);
  loop_ = std::make_unique<Loop>(std::move(*ring));
  trace_ = std::make_unique<TraceWriter>(*options_.log, [this] { return loop_->now(); });
  plugins_ = std::make_unique<PluginHost>(*options_.plugins, *this, options_.index, options_.count);
  workers_ = std::make_unique<LoopWorkers>(*options_.workers, *loop_);
  if (options_.spawner_channel)
    spawner_ = std::make_unique<SpawnerClient>(*loop_, std::move(options_.spawner_channel), options_.spawner_process,
                                               *options_.log);
  auto made = plugins_->start([this](const Plugin& plugin) {
    plugin_loops_.push_back(
        &make_plugin_loop({.loop = *loop_, .workers = *workers_, .spawner = spawner_.get(), .host = *plugin.host}));
    return plugin_loops_.back();
  });
  if (!made) return made.error();
  admission_ = std::make_unique<Admission>(options_.group->counts, *plugins_, options_.system, options_.profiles);
  engine_ = std::make_unique<protocol::Engine>(
      protocol::EngineSettings{.shard = options_.index, .shards = options_.count, .half_open = options_.half_open},
      random_, *this, trace_.get(), loop_->now());
  engine_->set_system_trace(admission_->system().trace);
  events_ = std::make_unique<EventBus>(EventBus::Sources{.loop = *loop_,
                                                         .environment = *options_.environment,
                                                         .engine = *engine_,
                                                         .plugins = *plugins_,
                                                         .log = *options_.log,
                                                         .monitor = options_.group->events});
  if (options_.plugins->has_vendor_avps()) {
    vendor_avps_ = std::make_unique<PluginVendorAvps>(*options_.plugins, *plugins_);
    engine_->set_vendor_avp_owner(vendor_avps_.get());
  }
  pool_ = std::make_unique<UdpPool>(*loop_, options_.udp);
  if (options_.kernel != nullptr)
    kernel_path_ = std::make_unique<KernelPath>(*loop_, *pool_, *workers_, *options_.kernel, *this);
  frames_path_ = std::make_unique<FramesPath>(*loop_, FramesLimits{});
  sockets_ = std::make_unique<TunnelSockets>(*loop_, *pool_, *this);
  for (UdpSocket& socket : options_.sockets)
    sockets_->listen(std::move(socket));
  ppp_ = std::make_unique<PppSetUp>(PppSetUp::Parts{.loop = *loop_,
                                                    .engine = *engine_,
                                                    .plugins = *plugins_,
                                                    .frames = *frames_path_,
                                                    .kernel = kernel_path_.get(),
                                                    .sockets = *sockets_,
                                                    .admission = *admission_,
                                                    .events = *events_},
                                    *options_.plugins, options_.ppp_setups, options_.count, *this);
  loop_->add_hook(*this);
  return {};
}

// Everything goes in the thread that made it: a ring listens to no other.
void Shard::end() {
  main_.reset();
  mailbox_.store(nullptr);
  while (posting_.load() != 0)
    std::this_thread::yield(); // somebody is putting a message in: a few instructions
  loop_->mailbox().close();
  loop_->remove_hook(*this);
  plugins_->stop();
  for (const protocol::TunnelId id : engine_->tunnels()) {
    const protocol::Tunnel* tunnel = engine_->find(id);
    TunnelRecord& record = *TunnelRecord::of(tunnel->user());
    for (const auto& [session_id, session] : tunnel->sessions())
      book_.forget(id, session_id, &record, *SessionRecord::of(session->user()));
    book_.forget(id, record);
  }
  while (!book_.waiting().empty())
    book_.forget(book_.waiting().begin()->first, *book_.waiting().begin()->second);
  ppp_.reset();
  events_.reset();
  engine_.reset();
  kernel_path_.reset();
  frames_path_.reset();
  admission_.reset();
  plugins_.reset();
  spawner_.reset();
  workers_.reset();
  sockets_.reset();
  pool_.reset();
  trace_.reset();
  loop_.reset();
}

Task<int> Shard::main_task() {
  scope_ = std::make_unique<TaskScope>(*loop_, co_await this_stop());
  scope_->spawn(tell_suppressed());
  const bool asked = co_await shutdown_.wait();
  if (asked) co_await close_all_tunnels(shutdown_request_.patience);
  co_await end_plugins().with_stop(StopToken{}); // they may have last frames to send
  co_await sockets_->close_all();
  co_await ppp_->close();
  scope_->request_stop();
  co_await scope_->join();
  co_await workers_->drained();
  scope_.reset();
  co_return 0;
}

// Sessions are closed: what the plugins still have on the loop comes to its end, then their instances, then what they
// forgot.
Task<void> Shard::end_plugins() {
  plugins_->close_all();
  if (kernel_path_) co_await kernel_path_->close_all();
  for (openl2tp_loop* loop : plugin_loops_)
    co_await loop->drain();
  tell_end();
  plugins_->stop();
  for (openl2tp_loop* loop : plugin_loops_)
    loop->close(); // all of them before anything is awaited: nothing calls a plugin after its shard_stop
  for (openl2tp_loop* loop : plugin_loops_)
    co_await loop->end();
  plugin_loops_.clear();
  if (spawner_) co_await spawner_->close();
}

// §7.6 and the operator's patience: every tunnel hears StopCCN "shutting down"; those whose acknowledgement does not
// come in time are left.
Task<void> Shard::close_all_tunnels(protocol::Duration patience) {
  const protocol::TimePoint deadline = loop_->now() + patience;
  const protocol::Reason reason = protocol::make_reason(protocol::StopResult::shutting_down);
  const std::vector<protocol::TunnelId> ids = engine_->tunnels();
  constexpr std::size_t at_once = 256; // a turn's worth: what it sends fits into the send slots
  for (std::size_t i = 0; i < ids.size(); ++i) {
    static_cast<void>(engine_->close_tunnel(ids[i], reason, loop_->now()));
    if ((i + 1) % at_once != 0) continue;
    pump();
    const bool elapsed = co_await sleep_for(protocol::Duration{4});
    static_cast<void>(elapsed);
  }
  pump();
  while (loop_->now() < deadline) {
    const std::vector<protocol::TunnelId> left = engine_->tunnels();
    const bool waiting = std::any_of(left.begin(), left.end(), [this](protocol::TunnelId id) {
      const protocol::Tunnel* tunnel = engine_->find(id);
      return tunnel != nullptr && tunnel->state() == protocol::TunnelState::closing;
    });
    if (!waiting) break;
    const bool elapsed = co_await sleep_for(protocol::Duration{20});
    static_cast<void>(elapsed);
  }
  engine_->end_turn(loop_->now()); // acknowledges the peers' own last messages
  pump();
}

Task<void> Shard::tell_suppressed() {
  bool going = true;
  while (going) {
    const bool elapsed = co_await sleep_for(protocol::Duration{1000});
    trace_->tick();
    ppp_->pass_slow();
    tell_losses();
    events_->log_held_back();
    going = elapsed;
  }
}

void Shard::on_datagrams(UdpEndpoint& endpoint, std::span<const Datagram> batch) noexcept {
  const std::optional<std::uint32_t> number = sockets_->number_of(endpoint);
  if (!number) return; // it was released, and is closing
  for (const Datagram& datagram : batch)
    take_datagram(datagram.octets, protocol::Route{datagram.path, *number}, datagram.truncated);
  frames_path_->flush();
  pump();
}

void Shard::on_refused(UdpEndpoint&, std::uint32_t tag, std::span<const std::byte> octets) noexcept {
  engine_->note_send_failure(protocol::TunnelId{static_cast<std::uint16_t>(tag)}, octets);
}

void Shard::on_trouble(UdpEndpoint&, const protocol::Endpoint& peer, const Trouble& trouble) noexcept {
  on_tunnel_trouble(peer, trouble);
}

void Shard::on_tunnel_trouble(const protocol::Endpoint& peer, const Trouble& trouble) noexcept {
  if (troubles_.note(peer.address, trouble, loop_->now()))
    events_->report(MonitorEvent::Kind::peer_trouble, {}, {},
                    "peer " + protocol::to_string(peer) + " is not reached: " + to_string(trouble, peer.address));
}

std::string Shard::trouble_of(const protocol::IpAddress& peer) const {
  constexpr protocol::Duration lately{60'000}; // longer than the retransmission of one message lasts
  const PeerTroubles::Entry* entry = troubles_.find(peer);
  return entry != nullptr && loop_->now() - entry->at < lately ? to_string(entry->trouble, peer) : std::string();
}

void Shard::tell_losses() {
  const UdpLosses& udp = pool_->losses();
  const FramesCounters& frames = frames_path_->counters();
  for (const std::string& line : losses_told_.take({
           {"datagrams that the kernel dropped: a receive buffer was full (--receive-buffer)",
            sockets_->kernel_drops()},
           {"datagrams that came without a usable address", udp.invalid},
           {"datagrams that came and did not fit into a buffer", udp.truncated},
           {"failures to receive", udp.receive_errors},
           {"datagrams that were not sent: too many wait to be sent", udp.send_dropped},
           {"data messages of a session from another address than its peer's", frames.foreign},
           {"data messages that did not fit into a buffer", frames.truncated},
       }))
    options_.log->warning(line);
}

void Shard::lose_ties(const protocol::IpAddress& peer, const protocol::TieBreaker& winner) {
  engine_->lose_ties(peer, winner, loop_->now());
  pump();
}

void Shard::probe_tunnel(protocol::TunnelId tunnel, Verdict verdict) {
  if (scope_)
    scope_->spawn(probe(tunnel, std::move(verdict))); // else the shard has ended, and whoever waits finds that out
}

Task<void> Shard::probe(protocol::TunnelId tunnel, Verdict verdict) {
  const protocol::TimePoint deadline = loop_->now() + probe_patience;
  engine_->probe_tunnel(tunnel, loop_->now());
  pump();
  bool waiting = true;
  while (waiting) {
    const protocol::Tunnel* found = engine_->find(tunnel);
    if (found == nullptr || found->state() != protocol::TunnelState::established) break;
    if (found->channel().all_acknowledged()) {
      *verdict = Life::alive;
      co_return;
    }
    if (loop_->now() >= deadline) {
      const auto reason = protocol::make_reason(protocol::StopResult::general_error, protocol::GeneralError::none,
                                                "no answer, and another tunnel has the same addresses and ports");
      static_cast<void>(engine_->close_tunnel(tunnel, reason, loop_->now()));
      pump();
      break;
    }
    waiting = co_await sleep_for(probe_look);
  }
  *verdict = Life::gone;
}

void Shard::take_over(std::span<const std::byte> octets, const protocol::Route& route) {
  engine_->handle_datagram(octets, route, loop_->now());
  pump();
}

void Shard::before_wait(protocol::TimePoint now) noexcept {
  const auto deadline = engine_->next_deadline();
  if (deadline && *deadline <= now) engine_->handle_timeout(now);
  pump(); // what it sends carries acknowledgements
  engine_->end_turn(now);
  pump();
}

std::optional<protocol::TimePoint> Shard::next_deadline() const noexcept { return engine_->next_deadline(); }

} // namespace openl2tp::runtime
