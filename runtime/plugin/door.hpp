// The one way into a plugin. Every call of a plugin's function goes through enter_plugin(): it marks the thread, so
// that a crash or a call that does not return has a name; it catches whatever the plugin throws; it names a call on a
// shard that took long. tests/tidy/plugin_calls.py finds a call that goes past it.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "runtime/plugin/call_mark.hpp"
#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

/// A call on a shard that takes longer is named in the log.
inline constexpr protocol::Duration slow_plugin_call{100};

/// How a call went: for whoever counts.
struct PluginPassage {
  bool threw = false; // named in the log
  bool slow = false;  // likewise
};

namespace detail {

void name_exception(openl2tp_host& host, const char* function, const char* what);
[[nodiscard]] bool name_slow(openl2tp_host& host, const char* function, protocol::Duration took);

} // namespace detail

/// Runs `call`, which calls one function of the plugin that `host` belongs to.
/// @param function  what the log calls it; outlives the process's threads, as a literal does
template <class Call>
PluginPassage enter_plugin(openl2tp_host& host, const char* function, PluginThread kind, Call&& call) noexcept {
  const protocol::TimePoint since = host.environment.now();
  const InsidePlugin inside(host, function, kind, since);
  PluginPassage passage;
  try {
    std::forward<Call>(call)();
  } catch (const std::exception& thrown) {
    passage.threw = true;
    detail::name_exception(host, function, thrown.what());
  } catch (...) {
    passage.threw = true;
    detail::name_exception(host, function, nullptr);
  }
  if (kind == PluginThread::shard) passage.slow = detail::name_slow(host, function, host.environment.now() - since);
  return passage;
}

} // namespace openl2tp::runtime
