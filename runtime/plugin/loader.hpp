// Finds, opens and judges plugins; a failure is one sentence that names the file and the reason. What a loaded plugin
// then does with sessions is host.hpp's business. Everything here is [load]: main thread, before any other thread of
// the daemon.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"
#include "runtime/plugin/host_services.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::runtime {

/// The file that `-p name` means: ".so" is added unless it is there, or a version after it (x.so.1); without a slash it
/// lies in `plugin_directory`, a relative path starts at `working_directory`. Does not touch the file system.
[[nodiscard]] std::string plugin_path(std::string_view name, std::string_view plugin_directory,
                                      std::string_view working_directory);

struct Plugin {
  std::string path;
  openl2tp_plugin_ops ops{}; // complete and checked, as are the extensions; members that it does not know are null
  std::optional<openl2tp_ppp_ops> ppp;
  std::optional<openl2tp_observer_ops> observer;
  std::optional<openl2tp_bearer_ops> bearer;
  std::optional<openl2tp_policy_ops> policy;
  std::optional<openl2tp_vendor_avp_ops> vendor_avp;
  std::unique_ptr<openl2tp_host> host; // what it calls us by
  std::size_t number = 0;              // in the set

  [[nodiscard]] std::string_view name() const noexcept { return ops.name; }
};

/// Text of --plugin-info and of the log at start: "openl2tp.ppp/1 (data paths kernel, frames), openl2tp.policy/1".
[[nodiscard]] std::string extensions_text(const Plugin& plugin);

/// The plugins of the daemon. Lives as long as any thread that may call one; a plugin's file stays mapped until the
/// process ends.
class PluginSet {
 public:
  explicit PluginSet(Log& log, Environment& environment = system_environment())
      : log_(log), environment_(environment) {}

  /// Loads one file, given by its absolute path. Refused: what cannot be opened, has no entry point, speaks another
  /// version, has an incomplete table, has a name that is taken, or offers what one plugin alone may offer and another
  /// does: bearers, the AVPs of one vendor.
  [[nodiscard]] tl::expected<void, std::string> load(const std::string& path);
  /// load() of a plugin that is linked into the program. `path` stands for its file in messages.
  [[nodiscard]] tl::expected<void, std::string> add(const std::string& path, openl2tp_plugin_entry_fn entry);

  /// Sessions with the PPP profile `profile` go to the plugin named `plugin` alone. @error one sentence.
  [[nodiscard]] tl::expected<void, std::string> assign(const std::string& profile, std::string_view plugin);

  /// In the order in which they were loaded.
  [[nodiscard]] std::span<const std::unique_ptr<Plugin>> plugins() const noexcept { return plugins_; }
  /// Those that bring PPP, in the order in which a session is offered to them.
  [[nodiscard]] std::span<const Plugin* const> ppp_providers() const noexcept { return ppp_providers_; }
  /// Those that a session with this PPP profile is offered to.
  [[nodiscard]] std::span<const Plugin* const> ppp_providers(std::string_view profile) const;
  [[nodiscard]] const Plugin* bearer_provider() const noexcept { return bearer_provider_; }
  /// Whether any plugin observes or judges: saves the work of composing what nobody hears.
  [[nodiscard]] bool has_observers() const noexcept { return has_observers_; }
  [[nodiscard]] bool has_policies() const noexcept { return has_policies_; }
  [[nodiscard]] bool has_vendor_avps() const noexcept { return has_vendor_avps_; }

 private:
  [[nodiscard]] tl::expected<void, std::string> take_extensions(Plugin& plugin);
  [[nodiscard]] std::string clash(const Plugin& plugin) const;

  Log& log_;
  Environment& environment_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
  std::vector<std::unique_ptr<Plugin>> refused_; // their code may hold on to its host
  std::vector<const Plugin*> ppp_providers_;
  std::unordered_map<std::string, const Plugin*> assigned_; // by PPP profile
  const Plugin* bearer_provider_ = nullptr;
  bool has_observers_ = false, has_policies_ = false, has_vendor_avps_ = false;
};

} // namespace openl2tp::runtime
