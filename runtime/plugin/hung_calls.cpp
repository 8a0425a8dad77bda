#include "runtime/plugin/hung_calls.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace openl2tp::runtime {

namespace {

std::string_view consequence(PluginThread kind) {
  switch (kind) {
  case PluginThread::load: return "the start waits for it";
  case PluginThread::shard: return "every session of the shard waits for it";
  case PluginThread::worker: return "it takes up one of the daemon's worker threads";
  case PluginThread::management: return "management waits for it";
  }
  return {};
}

} // namespace

std::string describe(const PluginCall& call, protocol::TimePoint now) {
  return fmt::format("plugin {}: {} on {} has not returned for {} s", call.plugin, call.function,
                     call.thread.empty() ? "a thread" : call.thread,
                     std::chrono::duration_cast<std::chrono::seconds>(now - call.since).count());
}

protocol::Duration HungCalls::limit_of(PluginThread kind) const noexcept {
  switch (kind) {
  case PluginThread::load: return limits_.load;
  case PluginThread::shard: return limits_.shard;
  case PluginThread::worker: return limits_.worker;
  case PluginThread::management: return limits_.management;
  }
  return limits_.shard;
}

void HungCalls::look(protocol::TimePoint now) {
  const std::vector<PluginCall> calls = plugin_calls();
  std::vector<Named> still;
  for (const PluginCall& call : calls) {
    if (now - call.since < limit_of(call.kind)) continue;
    const auto known = std::ranges::find_if(
        named_, [&](const Named& one) { return one.mark == call.mark && one.number == call.number; });
    Named named = known != named_.end() ? *known : Named{call.mark, call.number, now};
    if (now >= named.again) {
      log_.warning(fmt::format("{}: {}", describe(call, now), consequence(call.kind)));
      named.again = now + (now - call.since);
    }
    still.push_back(named);
  }
  named_ = std::move(still);
}

} // namespace openl2tp::runtime
