#include "tools/openl2tpd/assembly.hpp"

namespace openl2tp::daemon {

namespace {

/// Stands where the shards and the RPC service will be joined.
class Nothing final : public Assembly {
 public:
  void stop(std::chrono::milliseconds) override {}
};

} // namespace

tl::expected<std::unique_ptr<Assembly>, std::string> assemble(const Options&, const runtime::Features&,
                                                              const runtime::PluginSet&, runtime::Log& log) {
  log.warning("this build serves no tunnels: the shards are not joined yet");
  return std::make_unique<Nothing>();
}

} // namespace openl2tp::daemon
