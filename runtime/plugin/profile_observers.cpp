#include "runtime/plugin/profile_observers.hpp"

#include "runtime/plugin/door.hpp"

namespace openl2tp::runtime {

void observe_profile(const PluginSet& plugins, std::uint32_t event, std::uint32_t kind, std::string_view name) {
  for (const auto& plugin : plugins.plugins()) {
    if (!plugin->observer || plugin->observer->profile == nullptr) continue;
    enter_plugin(*plugin->host, "profile of openl2tp.observer/1", PluginThread::management,
                 [&] { plugin->observer->profile(event, kind, name.data(), name.size()); });
  }
}

} // namespace openl2tp::runtime
