#include "tests/daemon_sim/daemon.hpp"

#include <algorithm>

#include "plugins/ppp_kernel/session.hpp"
#include "runtime/profiles/profile_store.hpp"
#include "tests/daemon_sim/moody_plugin.hpp"

namespace openl2tp::daemon_sim {

namespace {

SimDaemon* starting_daemon = nullptr;

/// The plugin's shard in the surroundings of the daemon that starts it.
class SimShard final : public ppp_kernel::Shard {
 public:
  SimShard(openl2tp::Host, openl2tp_loop* loop, std::uint32_t index, std::uint32_t shards)
      : Shard(SimDaemon::starting().plugin_host(), loop, index, shards, SimDaemon::starting().surroundings()) {}
};

class SimMoodyShard final : public MoodyShard {
 public:
  SimMoodyShard(openl2tp::Host, openl2tp_loop* loop, std::uint32_t, std::uint32_t)
      : MoodyShard(SimDaemon::starting().moody_host(), loop) {}
};

} // namespace

SimDaemon& SimDaemon::starting() noexcept { return *starting_daemon; }

const openl2tp_plugin_ops* SimDaemon::plugin_entry(openl2tp_host* host, const openl2tp_host_ops* ops) {
  starting().plugin_host_ = openl2tp::Host(host, ops);
  return openl2tp::detail::plugin_table<SimShard, openl2tp::Ppp<SimShard, ppp_kernel::Session>>(host, ops, "ppp_kernel",
                                                                                                "simulated");
}

const openl2tp_plugin_ops* SimDaemon::moody_entry(openl2tp_host* host, const openl2tp_host_ops* ops) {
  starting().moody_host_ = openl2tp::Host(host, ops);
  return openl2tp::detail::plugin_table<SimMoodyShard, openl2tp::Ppp<SimMoodyShard, MoodySession>>(
      host, ops, moody_name, "simulated");
}

SimDaemon::SimDaemon(const Shared& shared, const Host& host, KernelModel& kernel, ProcessNumber process)
    : shared_(shared), host_(host), process_{kernel, process, shared.story}, tun_(process_),
      kernel_path_(process_, shared.network, host.kernel_path.value_or(SimKernelPath::Kind{})),
      workers_(shared.network, shared.dice),
      configuration_(host.lns ? shared.configuration_file : std::string(), false, {}),
      surroundings_{.network = tun_,
                    .configuration = configuration_,
                    .secrets = {.chap = shared.secrets_file, .pap = shared.secrets_file},
                    .host_name = host.lns ? "lns" : "lac",
                    .ppp = &kernel_path_},
      plugins_(shared.log, shared.environment) {}

SimDaemon::~SimDaemon() { control_.reset(); }

std::unique_ptr<runtime::ProfileStore> SimDaemon::make_profiles() {
  auto store = std::make_unique<runtime::ProfileStore>(0, [this](const std::shared_ptr<const runtime::Profiles>& now) {
    for (std::size_t i = 0; i < group_.shards.size(); ++i)
      if (i < ended_.size() && !ended_[i]) group_.shards[i]->set_profiles(now);
  });
  runtime::PppProfileParameters ppp;
  if (host_.lns) {
    ppp.local_addr = protocol::IpAddress::v4(10, 64, 0, 1);
    ppp.ip_pool_name = "callers";
    ppp.auth_peer = true;
  }
  static_cast<void>(store->modify<runtime::PppProfileParameters>("default", ppp));
  static_cast<void>(store->create<runtime::PppProfileParameters>("moody", {}));
  return store;
}

std::string SimDaemon::start(std::function<bool()> drive) {
  starting_daemon = this;
  configuration_.look([](const std::string&) {});
  if (auto added = plugins_.add("ppp_kernel (linked)", &plugin_entry); !added) return added.error();
  if (auto added = plugins_.add("moody (linked)", &moody_entry); !added) return added.error();
  if (auto assigned = plugins_.assign("moody", moody_name); !assigned) return assigned.error();
  group_.drive = std::move(drive);
  group_.open_socket = [this](const protocol::Endpoint& local,
                              const runtime::SocketOptions&) -> tl::expected<runtime::UdpSocket, runtime::SocketError> {
    if (const auto error = process_.kernel.error())
      return tl::unexpected(runtime::SocketError{.error = *error, .text = "cannot open a socket"});
    protocol::Endpoint bound = local;
    if (bound.address.is_unspecified()) bound.address = host_.address;
    if (bound.port == 0) bound.port = next_port_++;
    return runtime::UdpSocket{.fd = shared_.network.open_udp(bound), .local = bound};
  };
  group_.ports_apart = host_.kernel_path && host_.kernel_path->mixes_ports;
  if (host_.shards > 1) group_.crossings = std::make_unique<runtime::Crossings>(host_.shards);
  runtime::SystemConfig system;
  auto profiles = make_profiles();
  for (std::uint32_t i = 0; i < host_.shards; ++i) {
    const protocol::Endpoint local{.address = host_.address, .port = system.udp_port};
    runtime::ShardOptions options{
        .index = i,
        .count = host_.shards,
        .make_ring = [&network = shared_.network] { return std::make_unique<runtime::FakeRing>(network); },
        .udp = {.receive_buffers = 64},
        .environment = &shared_.environment,
        .sockets = {},
        .plugins = &plugins_,
        .log = &shared_.log,
        .group = &group_,
        .workers = &workers_,
        .kernel = host_.kernel_path ? &kernel_path_ : nullptr,
        .spawner_channel = {},
        .spawner_process = 0,
        .ppp_setups = 0,
        .system = system,
        .profiles = profiles->current()};
    options.sockets.push_back({.fd = shared_.network.open_udp(local), .local = local});
    group_.shards.push_back(std::make_unique<runtime::Shard>(std::move(options)));
  }
  ended_.assign(host_.shards, false);
  for (const auto& shard : group_.shards)
    if (std::string fault = shard->begin(); !fault.empty()) return fault;
  control_ = std::make_unique<runtime::ShardedControl>(group_, system, std::move(profiles));
  return {};
}

bool SimDaemon::turn(std::size_t shard) {
  if (ended_[shard]) return false;
  openl2tp::detail::the_host() = moody_host_; // where exceptions are told: one a process, and daemons come and go here
  runtime::Shard& one = *group_.shards[shard];
  const bool busy = one.turn(false);
  if (one.finished()) {
    one.end();
    ended_[shard] = true;
  }
  return busy;
}

std::optional<protocol::TimePoint> SimDaemon::next_turn(std::size_t shard) const noexcept {
  if (ended_[shard]) return std::nullopt;
  return group_.shards[shard]->next_turn();
}

bool SimDaemon::finished() const noexcept { return std::ranges::all_of(ended_, std::identity{}); }

void SimDaemon::stop(protocol::Duration patience) {
  stopping_ = true;
  for (const auto& shard : group_.shards)
    shard->request_shutdown(patience);
}

void SimDaemon::kill() {
  shared_.network.close_all(host_.address);
  process_.kernel.end_process(process_.number);
  process_.ended = true;
  kernel_path_.end();
  stop(protocol::Duration{0});
}

} // namespace openl2tp::daemon_sim
