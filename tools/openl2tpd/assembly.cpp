#include "tools/openl2tpd/assembly.hpp"

#include <algorithm>
#include <thread>

#include "protocol/trace.hpp"
#include "runtime/service.hpp"
#include "tools/rpc/service.hpp"

namespace openl2tp::daemon {

namespace {

class Daemon final : public Assembly {
 public:
  Daemon(runtime::ServiceOptions options, const runtime::PluginSet& plugins, runtime::Log& log)
      : service_(std::move(options), plugins, log) {}

  tl::expected<void, std::string> start(const rpc::ServiceOptions& options) {
    if (auto started = service_.start(); !started) return started;
    rpc_ = std::make_unique<rpc::Service>(service_.control(), options);
    return rpc_->start();
  }

  // The management goes first: no call is under way while the shards end.
  void stop(std::chrono::milliseconds deadline) override {
    rpc_.reset();
    service_.stop(deadline);
  }

 private:
  runtime::Service service_;
  std::unique_ptr<rpc::Service> rpc_;
};

} // namespace

tl::expected<std::unique_ptr<Assembly>, std::string> assemble(const Options& options, const runtime::Features& features,
                                                              const runtime::PluginSet& plugins, runtime::Log& log) {
  runtime::ServiceOptions service{.shards = options.threads != 0
                                                ? options.threads
                                                : std::clamp(std::thread::hardware_concurrency(), 1U, threads_max),
                                  .listen = options.listen,
                                  .udp_port = options.udp_port,
                                  .trace = options.trace,
                                  .trace_new_objects = options.debug ? protocol::trace::all : 0,
                                  .features = features};
  auto daemon = std::make_unique<Daemon>(std::move(service), plugins, log);
  if (auto started = daemon->start({.remote = options.remote_management, .ports_file = {}}); !started)
    return tl::unexpected(started.error());
  return daemon;
}

} // namespace openl2tp::daemon
