#include "tools/openl2tpd/assembly.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "protocol/trace.hpp"
#include "runtime/service.hpp"
#include "tools/openl2tpd/config_reader.hpp"
#include "tools/openl2tpd/observed_control.hpp"
#include "tools/openl2tpd/status_files.hpp"
#include "tools/rpc/service.hpp"

namespace openl2tp::daemon {

namespace {

class Daemon final : public Assembly {
 public:
  Daemon(const Options& options, runtime::ServiceOptions service, const runtime::PluginSet& plugins, runtime::Log& log)
      : log_(log), system_(default_system(options)), status_(StatusOptions{.directory = options.status_directory}, log),
        service_(std::move(service), plugins, log) {}

  tl::expected<void, std::string> start(const Options& options, Configuration configuration) {
    if (auto started = service_.start(); !started) return started;
    observed_ = std::make_unique<ObservedControl>(service_.control(), status_.hub(), options.trace);
    if (options.status_files) {
      service_.events().also_to(status_.hub());
      if (auto started = status_.start(service_.control()); !started) return started;
    }
    reconciler_ = std::make_unique<Reconciler>(*observed_, system_,
                                               [&log = log_](const std::string& line) { log.warning(line); });
    const std::string file = configuration.file;
    if (const auto applied = reconciler_->apply(std::move(configuration)); !applied)
      return tl::unexpected(fault_text(file, applied.error()));
    rpc_ = std::make_unique<rpc::Service>(*observed_, rpc::ServiceOptions{.remote = options.remote_management,
                                                                          .addresses = options.remote_addresses,
                                                                          .allow = options.remote_allow,
                                                                          .instance = options.instance,
                                                                          .test = options.test,
                                                                          .trace_calls = &observed_->traces_calls(),
                                                                          .events = &service_.events()});
    return rpc_->start();
  }

  // The management goes first: no call is under way while the shards end.
  void stop(std::chrono::milliseconds deadline) override {
    rpc_.reset();
    status_.stop();
    service_.stop(deadline);
  }

  tl::expected<Applied, FileFault> apply(Configuration next) override { return reconciler_->apply(std::move(next)); }
  bool has_pending() const override { return reconciler_->has_pending(); }
  void retry() override { reconciler_->retry(); }
  void ask_shards() override { service_.ask_shards(); }
  std::vector<std::uint32_t> silent_shards() const override { return service_.silent_shards(); }
  std::string summary() const override {
    const auto counted = service_.counted();
    return fmt::format("{} tunnel{}, {} session{}", counted.tunnels, counted.tunnels == 1 ? "" : "s", counted.sessions,
                       counted.sessions == 1 ? "" : "s");
  }
  void trace_new_objects(runtime::TraceMask trace) override { observed_->profiles().set_trace(trace); }

 private:
  runtime::Log& log_;
  const runtime::SystemConfig system_;
  StatusFiles status_; // the shards publish to its hub, so it goes last
  runtime::Service service_;
  std::unique_ptr<ObservedControl> observed_;
  std::unique_ptr<Reconciler> reconciler_;
  std::unique_ptr<rpc::Service> rpc_;
};

} // namespace

runtime::SystemConfig default_system(const Options& options) {
  runtime::SystemConfig system;
  system.udp_port = options.udp_port;
  system.trace = options.trace;
  return system;
}

std::uint32_t shard_count(const Options& options) noexcept {
  return options.threads != 0 ? options.threads : std::clamp(std::thread::hardware_concurrency(), 1U, threads_max);
}

runtime::ListeningOptions listening_options(const Options& options) {
  return {.addresses = options.listen,
          .port = options.udp_port,
          .shards = shard_count(options),
          .receive_octets = options.receive_octets};
}

tl::expected<std::unique_ptr<Assembly>, std::string> assemble(const Options& options, Configuration configuration,
                                                              const runtime::Features& features,
                                                              const runtime::PluginSet& plugins, Inherited inherited,
                                                              runtime::Log& log) {
  runtime::ServiceOptions service{.shards = shard_count(options),
                                  .listen = options.listen,
                                  .udp_port = options.udp_port,
                                  .sockets = std::move(inherited.sockets),
                                  .trace = options.trace,
                                  .trace_new_objects = options.debug ? protocol::trace::all : 0,
                                  .features = features,
                                  .spawner = &inherited.spawner,
                                  .kernel = options.kernel_path,
                                  .state_folder = options.state_directory,
                                  .ppp_setups = options.ppp_setups,
                                  .half_open = options.half_open};
  auto daemon = std::make_unique<Daemon>(options, std::move(service), plugins, log);
  if (auto started = daemon->start(options, std::move(configuration)); !started) {
    daemon->stop(std::chrono::milliseconds{0});
    return tl::unexpected(started.error());
  }
  return daemon;
}

} // namespace openl2tp::daemon
