#include "runtime/plugin/loader.hpp"

#include <dlfcn.h>

#include <filesystem>

#include <fmt/format.h>

#include "runtime/plugin/crash_note.hpp"
#include "runtime/plugin/door.hpp"
#include "runtime/plugin/ops_copy.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

// "x.so" or, with a version, "x.so.1.2".
bool names_a_file(std::string_view name) {
  const std::size_t at = name.rfind(".so");
  return at != std::string_view::npos && name.find_first_not_of("0123456789.", at + 3) == std::string_view::npos &&
         (at + 3 == name.size() || name[at + 3] == '.');
}

} // namespace

std::string plugin_path(std::string_view name, std::string_view plugin_directory, std::string_view working_directory) {
  std::filesystem::path path(name);
  if (path.is_relative())
    path =
        std::filesystem::path(name.find('/') == std::string_view::npos ? plugin_directory : working_directory) / path;
  if (!names_a_file(name)) path += ".so";
  return path.lexically_normal().string();
}

std::string extensions_text(const Plugin& plugin) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (plugin.ppp) {
    std::string paths;
    for (std::uint32_t i = 0; i < plugin.ppp->data_path_count; ++i) {
      static constexpr std::string_view names[] = {"none", "kernel", "frames"};
      if (!paths.empty()) paths += ", ";
      paths += names[plugin.ppp->data_paths[i]];
    }
    add(fmt::format("{} (data paths {})", OPENL2TP_EXTENSION_PPP, paths));
  }
  if (plugin.observer) add(OPENL2TP_EXTENSION_OBSERVER);
  if (plugin.bearer) add(OPENL2TP_EXTENSION_BEARER);
  if (plugin.policy) add(OPENL2TP_EXTENSION_POLICY);
  if (plugin.vendor_avp)
    add(fmt::format("{} (vendor {})", OPENL2TP_EXTENSION_VENDOR_AVP, plugin.vendor_avp->vendor_id));
  return text.empty() ? "nothing" : text;
}

tl::expected<void, std::string> PluginSet::take_extensions(Plugin& plugin) {
  std::string reason;
  const auto take = [&]<class Table>(std::optional<Table>& into, const char* id,
                                     tl::expected<Table, std::string> (*copy)(const Table*)) {
    if (!reason.empty()) return;
    const void* theirs = nullptr;
    const PluginPassage asked =
        enter_plugin(*plugin.host, "get_extension", PluginThread::load, [&] { theirs = plugin.ops.get_extension(id); });
    if (asked.threw) reason = fmt::format("it threw an exception when asked for {}", id);
    if (theirs == nullptr) return;
    auto table = copy(static_cast<const Table*>(theirs));
    if (table)
      into = *table;
    else
      reason = table.error();
  };
  take(plugin.ppp, OPENL2TP_EXTENSION_PPP, copy_ppp_ops);
  take(plugin.observer, OPENL2TP_EXTENSION_OBSERVER, copy_observer_ops);
  take(plugin.bearer, OPENL2TP_EXTENSION_BEARER, copy_bearer_ops);
  take(plugin.policy, OPENL2TP_EXTENSION_POLICY, copy_policy_ops);
  take(plugin.vendor_avp, OPENL2TP_EXTENSION_VENDOR_AVP, copy_vendor_avp_ops);
  if (!reason.empty()) return tl::unexpected(std::move(reason));
  return {};
}

// Empty, or why `plugin` cannot be loaded beside those that are.
std::string PluginSet::clash(const Plugin& plugin) const {
  for (const auto& other : plugins_) {
    if (other->name() == plugin.name()) return fmt::format("a plugin named {} is already loaded", plugin.name());
    if (other->bearer && plugin.bearer)
      return fmt::format("it places outgoing calls, and so does {}: load one of them", other->name());
    if (other->vendor_avp && plugin.vendor_avp && other->vendor_avp->vendor_id == plugin.vendor_avp->vendor_id)
      return fmt::format("it owns the AVPs of vendor {}, and so does {}: load one of them",
                         plugin.vendor_avp->vendor_id, other->name());
  }
  return {};
}

tl::expected<void, std::string> PluginSet::load(const std::string& path) {
  const auto refuse = [&](std::string_view reason) {
    return tl::unexpected(fmt::format("plugin {}: {}", path, reason));
  };

  ::dlerror();
  void* file = nullptr;
  {
    // Its constructors run now, before it has told a name. Whoever reads marks may look at the host for a moment
    // longer.
    Plugin& loading = *refused_.emplace_back(std::make_unique<Plugin>());
    loading.host = std::make_unique<openl2tp_host>(log_, std::filesystem::path(path).stem().string(), environment_);
    enter_plugin(*loading.host, "a constructor", PluginThread::load,
                 [&] { file = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); });
  }
  if (file == nullptr) {
    const char* reason = ::dlerror(); // NOLINT(concurrency-mt-unsafe): [load]
    std::string_view text = reason == nullptr ? "unknown reason" : reason;
    if (text.starts_with(path + ": ")) text.remove_prefix(path.size() + 2); // dlerror names the file too
    return refuse(fmt::format("cannot be loaded: {}", text));
  }
  const auto entry = reinterpret_cast<openl2tp_plugin_entry_fn>(::dlsym(file, "openl2tp_plugin_entry"));
  if (entry == nullptr) {
    ::dlclose(file);
    return refuse("is no plugin of openl2tpd: it has no openl2tp_plugin_entry");
  }
  return add(path, entry);
}

tl::expected<void, std::string> PluginSet::add(const std::string& path, openl2tp_plugin_entry_fn entry) {
  auto plugin = std::make_unique<Plugin>();
  plugin->path = path;
  plugin->host = std::make_unique<openl2tp_host>(log_, std::filesystem::path(path).stem().string(), environment_);
  const openl2tp_plugin_ops* theirs = nullptr;
  const PluginPassage entered = enter_plugin(*plugin->host, "openl2tp_plugin_entry", PluginThread::load,
                                             [&] { theirs = entry(plugin->host.get(), &host_services()); });
  // From here on the plugin's code has run: its file stays mapped and its host stays alive even when it is refused.
  renew_exit_note();
  const auto ops = copy_plugin_ops(theirs);
  std::string reason;
  if (entered.threw) {
    reason = "its entry point threw an exception";
  } else if (!ops) {
    reason = ops.error();
  } else {
    plugin->ops = *ops;
    if (const auto taken = take_extensions(*plugin); !taken)
      reason = taken.error();
    else
      reason = clash(*plugin);
  }
  if (!reason.empty()) {
    refused_.push_back(std::move(plugin));
    return tl::unexpected(fmt::format("plugin {}: {}", path, reason));
  }

  plugin->host->own_name = plugin->ops.name;
  std::string line = fmt::format("plugin {}", plugin->ops.name);
  if (plugin->ops.version != nullptr) {
    line += " version ";
    append_escaped(line, plugin->ops.version);
  }
  line += fmt::format(" loaded from {}", path);
  line += fmt::format(": interface {}.{}, {}", plugin->ops.abi_major, plugin->ops.abi_minor, extensions_text(*plugin));
  log_.info(line);
  plugin->number = plugins_.size();
  if (plugin->ppp) ppp_providers_.push_back(plugin.get());
  if (plugin->bearer) bearer_provider_ = plugin.get();
  has_observers_ = has_observers_ || plugin->observer.has_value();
  has_vendor_avps_ = has_vendor_avps_ || plugin->vendor_avp.has_value();
  has_policies_ = has_policies_ || plugin->policy.has_value();
  plugins_.push_back(std::move(plugin));
  return {};
}

tl::expected<void, std::string> PluginSet::assign(const std::string& profile, std::string_view plugin) {
  for (const Plugin* provider : ppp_providers_) {
    if (provider->name() != plugin) continue;
    assigned_[profile] = provider;
    return {};
  }
  return tl::unexpected(fmt::format("PPP profile {}: no loaded plugin named {} provides PPP", profile, plugin));
}

std::span<const Plugin* const> PluginSet::ppp_providers(std::string_view profile) const {
  const auto found = assigned_.find(std::string(profile));
  if (found != assigned_.end()) return {&found->second, 1};
  return ppp_providers_;
}

} // namespace openl2tp::runtime
