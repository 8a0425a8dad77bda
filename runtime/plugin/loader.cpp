#include "runtime/plugin/loader.hpp"

#include <dlfcn.h>

#include <filesystem>

#include <fmt/format.h>

#include "runtime/plugin/ops_copy.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

std::string plugin_path(std::string_view name, std::string_view plugin_directory, std::string_view working_directory) {
  std::filesystem::path path(name);
  if (path.is_relative())
    path =
        std::filesystem::path(name.find('/') == std::string_view::npos ? plugin_directory : working_directory) / path;
  if (!name.ends_with(".so")) path += ".so";
  return path.lexically_normal().string();
}

tl::expected<void, std::string> PluginSet::load(const std::string& path) {
  const auto refuse = [&](std::string_view reason) {
    return tl::unexpected(fmt::format("plugin {}: {}", path, reason));
  };

  ::dlerror();
  void* file = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
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

  auto plugin = std::make_unique<Plugin>();
  plugin->path = path;
  plugin->host = std::make_unique<openl2tp_host>(log_, std::filesystem::path(path).stem().string());
  const auto ops = copy_plugin_ops(entry(plugin->host.get(), &host_services()));
  // From here on the plugin's code has run: its file stays mapped and its host stays alive even when it is refused.
  std::string reason;
  if (!ops) {
    reason = ops.error();
  } else {
    plugin->ops = *ops;
    for (const auto& other : plugins_) {
      if (other->name() == plugin->name())
        reason = fmt::format("a plugin named {} is already loaded", plugin->name());
      else if (other->provides_ppp() && plugin->provides_ppp())
        reason = fmt::format("it provides PPP, and so does {}: load one of them", other->name());
      if (!reason.empty()) break;
    }
  }
  if (!reason.empty()) {
    refused_.push_back(std::move(plugin));
    return refuse(reason);
  }

  plugin->host->name = plugin->ops.name;
  std::string line = fmt::format("plugin {}", plugin->ops.name);
  if (plugin->ops.version != nullptr) {
    line += " version ";
    append_escaped(line, plugin->ops.version);
  }
  line += fmt::format(" loaded from {}", path);
  log_.info(line);
  plugins_.push_back(std::move(plugin));
  if (plugins_.back()->provides_ppp()) ppp_provider_ = plugins_.back().get();
  return {};
}

} // namespace openl2tp::runtime
