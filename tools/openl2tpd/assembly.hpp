// Puts the running daemon together from its parts: shards, management, RPC. main knows the order of starting and
// stopping; what the parts do is theirs.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "runtime/plugin/loader.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/options.hpp"

namespace openl2tp::daemon {

class Assembly {
 public:
  virtual ~Assembly() = default;
  /// StopCCN (shutting down) to every tunnel, then the end of every thread; waits for acknowledgements until the
  /// deadline. Once.
  virtual void stop(std::chrono::milliseconds deadline) = 0;
};

/// Starts everything. `plugins` and `log` outlive the result. @error one line; nothing runs then.
[[nodiscard]] tl::expected<std::unique_ptr<Assembly>, std::string> assemble(const Options& options,
                                                                            const runtime::Features& features,
                                                                            const runtime::PluginSet& plugins,
                                                                            runtime::Log& log);

} // namespace openl2tp::daemon
