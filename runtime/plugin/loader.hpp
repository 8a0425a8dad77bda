// Finds, opens and judges plugins; a failure is one sentence that names the file and the reason. What a loaded plugin
// then does with sessions is host.hpp's business. Everything here is [load]: main thread, before any other thread of
// the daemon.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"
#include "runtime/plugin/host_services.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::runtime {

/// The file that `-p name` means: ".so" is added unless it is there; without a slash it lies in `plugin_directory`, a
/// relative path starts at `working_directory`. Does not touch the file system.
[[nodiscard]] std::string plugin_path(std::string_view name, std::string_view plugin_directory,
                                      std::string_view working_directory);

struct Plugin {
  std::string path;
  openl2tp_plugin_ops ops{};           // complete and checked; members that the plugin does not know are null
  std::unique_ptr<openl2tp_host> host; // what it calls us by

  [[nodiscard]] std::string_view name() const noexcept { return ops.name; }
  [[nodiscard]] bool provides_ppp() const noexcept { return (ops.provides & OPENL2TP_PROVIDES_PPP) != 0; }
};

/// The plugins of the daemon. Lives as long as any thread that may call one; a plugin's file stays mapped until the
/// process ends.
class PluginSet {
 public:
  explicit PluginSet(Log& log) : log_(log) {}

  /// Loads one file, given by its absolute path. Refused: what cannot be opened, has no entry point, speaks another
  /// version, has an incomplete table, has a name that is taken, or provides PPP when another already does.
  [[nodiscard]] tl::expected<void, std::string> load(const std::string& path);

  /// The plugin that sessions go to; nullptr when none provides PPP.
  [[nodiscard]] const Plugin* ppp_provider() const noexcept { return ppp_provider_; }
  [[nodiscard]] std::span<const std::unique_ptr<Plugin>> plugins() const noexcept { return plugins_; }

 private:
  Log& log_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<std::unique_ptr<Plugin>> refused_; // their code may hold on to its host
  const Plugin* ppp_provider_ = nullptr;
};

} // namespace openl2tp::runtime
