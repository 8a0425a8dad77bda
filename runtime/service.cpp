#include "runtime/service.hpp"

#include <algorithm>
#include <utility>

#include "runtime/dataplane/kernel_features.hpp"
#include "runtime/dataplane/kernel_journal.hpp"
#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/dataplane/kernel_ports.hpp"
#include "runtime/plugin/hung_calls.hpp"
#include "runtime/plugin/profile_observers.hpp"
#include "runtime/shard/pulse.hpp"
#include "runtime/shard/shard.hpp"
#include "runtime/sharded_control.hpp"

namespace openl2tp::runtime {

struct Service::Running {
  std::unique_ptr<WorkerPool> workers; // outlive the shards
  std::unique_ptr<KernelJournal> journal;
  std::unique_ptr<KernelPorts> ports; // null: this kernel needs no such care
  std::unique_ptr<KernelL2tp> kernel; // null: no kernel data path
  ShardGroup group;
  std::unique_ptr<Pulse> pulse;
  std::unique_ptr<ShardedControl> control;
};

namespace {

/// Every shard takes the new snapshot before the change is answered, so that whoever knows of the change sees it at
/// work. A shard that cannot is ending, and nothing new comes into being there.
void hand_out(ShardGroup& group, const std::shared_ptr<const Profiles>& snapshot) {
  std::vector<Future<bool>> taken;
  for (const auto& shard : group.shards) {
    auto [promise, future] = make_reply<bool>();
    const bool posted = shard->post([one = shard.get(), copy = snapshot, reply = std::move(promise)]() mutable {
      one->set_profiles(std::move(copy));
      reply.set(true);
    });
    if (posted) taken.push_back(std::move(future));
  }
  const auto deadline = std::chrono::steady_clock::now() + ShardedControl::patience;
  for (auto& future : taken)
    static_cast<void>(future.wait_until(deadline));
}

void tell_observers(const PluginSet& plugins, ProfileEvent event, ProfileKind kind, const std::string& name) {
  static constexpr std::uint32_t events[] = {OPENL2TP_EVENT_CREATED, OPENL2TP_EVENT_MODIFIED, OPENL2TP_EVENT_DELETED};
  static constexpr std::uint32_t kinds[] = {OPENL2TP_PROFILE_TUNNEL, OPENL2TP_PROFILE_SESSION, OPENL2TP_PROFILE_PPP,
                                            OPENL2TP_PROFILE_PEER};
  observe_profile(plugins, events[static_cast<std::size_t>(event)], kinds[static_cast<std::size_t>(kind)], name);
}

bool takes_kernel_path(const Plugin* provider) {
  const std::span paths(provider->ppp->data_paths, provider->ppp->data_path_count);
  return std::find(paths.begin(), paths.end(), OPENL2TP_DATA_PATH_KERNEL) != paths.end();
}

} // namespace

Service::Service(ServiceOptions options, const PluginSet& plugins, Log& log)
    : options_(std::move(options)), plugins_(plugins), log_(log) {}

Service::~Service() { stop(std::chrono::milliseconds{0}); }

tl::expected<void, std::string> Service::start() {
  auto running = std::make_unique<Running>();

  if (!options_.sockets) {
    auto opened =
        open_listening_sockets({.addresses = options_.listen, .port = options_.udp_port, .shards = options_.shards});
    if (!opened) return tl::unexpected(opened.error());
    options_.sockets = std::move(*opened);
  }
  ListeningSockets listening = std::move(*std::exchange(options_.sockets, std::nullopt));
  for (const std::string& note : listening.notes)
    log_.info(note);
  for (const std::string& warning : listening.warnings)
    log_.warning(warning);

  auto workers = WorkerPool::create();
  if (!workers) return tl::unexpected(workers.error());
  running->workers = std::move(*workers);

  find_kernel(*running);

  SystemConfig system;
  system.udp_port = options_.udp_port;
  system.trace = options_.trace;
  ShardGroup* group = &running->group;
  if (options_.shards > 1) group->crossings = std::make_unique<Crossings>(options_.shards);
  auto profiles = std::make_unique<ProfileStore>(
      options_.trace_new_objects,
      [group](const std::shared_ptr<const Profiles>& snapshot) { hand_out(*group, snapshot); });
  if (plugins_.has_observers())
    profiles->observe([this](ProfileEvent event, ProfileKind kind, const std::string& name) {
      tell_observers(plugins_, event, kind, name);
    });
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    ShardOptions shard{.index = i,
                       .count = options_.shards,
                       .make_ring = uring(options_.features),
                       .sockets = {},
                       .plugins = &plugins_,
                       .log = &log_,
                       .group = &running->group,
                       .workers = running->workers.get(),
                       .kernel = running->kernel.get(),
                       .spawner_channel = options_.spawner != nullptr ? options_.spawner->take_channel(i) : UniqueFd{},
                       .spawner_process = options_.spawner != nullptr ? options_.spawner->process() : 0,
                       .ppp_setups = options_.ppp_setups,
                       .half_open = options_.half_open,
                       .system = system,
                       .profiles = profiles->current()};
    for (auto& sockets : listening.groups)
      shard.sockets.push_back(std::move(sockets[i]));
    running->group.shards.push_back(std::make_unique<Shard>(std::move(shard)));
  }
  running_ = std::move(running);
  std::vector<Future<std::string>> starts;
  for (const auto& shard : running_->group.shards)
    starts.push_back(shard->start());
  std::string failure;
  for (std::size_t i = 0; i < starts.size() && failure.empty(); ++i) {
    const auto outcome = starts[i].wait_for(std::chrono::seconds(10));
    if (outcome) {
      failure = *outcome;
      continue;
    }
    const auto call = running_->group.shards[i]->plugin_call();
    if (call) {
      // Its thread cannot be ended, so all that it uses stays until the process ends.
      static_cast<void>(running_.release());
      return tl::unexpected("the start failed: " + describe(*call, system_environment().now()));
    }
    failure = "shard " + std::to_string(i) + " did not start in time";
  }
  if (!failure.empty()) {
    stop(std::chrono::milliseconds{0});
    running_.reset();
    return tl::unexpected(failure);
  }
  running_->pulse = std::make_unique<Pulse>(running_->group);
  running_->control = std::make_unique<ShardedControl>(running_->group, system, std::move(profiles));
  return {};
}

// What the kernel offers, in one line of the log; and what a daemon that was killed left there goes.
void Service::find_kernel(Running& running) {
  running.group.ports_apart = options_.keep_ports_apart;
  if (options_.kernel == KernelChoice::off) return;
  const KernelFeatures found = probe_kernel_features();
  const bool wanted = std::any_of(plugins_.ppp_providers().begin(), plugins_.ppp_providers().end(), takes_kernel_path);
  if (wanted && !found.usable())
    log_.warning(describe(found));
  else
    log_.info(describe(found));
  if (!found.usable()) return;
  if (!options_.state_folder.empty()) {
    if (auto journal = KernelJournal::open(options_.state_folder))
      running.journal = std::move(*journal);
    else
      log_.warning(journal.error() +
                   ": tunnels that stay in the kernel when this daemon is killed will not be removed");
  }
  if (found.mixes_ports) running.ports = std::make_unique<KernelPorts>();
  running.group.ports_apart |= found.mixes_ports && wanted;
  running.kernel = std::make_unique<KernelL2tp>(options_.kernel == KernelChoice::sockets, running.journal.get(),
                                                running.ports.get());
  if (!running.journal || !running.kernel->netlink()) return;
  if (const std::size_t removed = remove_leftovers(*running.kernel, *running.journal); removed != 0)
    log_.info("removed " + std::to_string(removed) + " tunnels that an earlier run had left in the kernel");
}

void Service::stop(std::chrono::milliseconds patience) {
  if (!running_) return;
  for (const auto& shard : running_->group.shards)
    shard->request_shutdown(patience);
  for (const auto& shard : running_->group.shards)
    shard->join();
}

void Service::ask_shards() { running_->pulse->ask(); }

std::vector<std::uint32_t> Service::silent_shards() const { return running_->pulse->silent(); }

Service::Counted Service::counted() const noexcept {
  const ObjectCounts& counts = running_->group.counts;
  return {.tunnels = counts.tunnels.load(), .sessions = counts.sessions.load()};
}

Control& Service::control() noexcept { return *running_->control; }

EventHub& Service::events() noexcept { return running_->group.events; }

} // namespace openl2tp::runtime
