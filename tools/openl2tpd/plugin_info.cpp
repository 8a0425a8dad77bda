#include "tools/openl2tpd/plugin_info.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "openl2tp/plugin.h"
#include "runtime/plugin/loader.hpp"
#include "runtime/trace/escape.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::daemon {

namespace {

/// What a plugin complains of while it is asked.
class ErrorSink final : public runtime::LogSink {
 public:
  void write(runtime::LogLevel level, std::string_view line) override {
    if (level == runtime::LogLevel::warning || level == runtime::LogLevel::error)
      std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
};

} // namespace

tl::expected<std::string, std::string> plugin_info(const std::string& path) {
  runtime::Log log(std::make_unique<ErrorSink>());
  runtime::PluginSet plugins(log);
  if (auto loaded = plugins.load(path); !loaded) return tl::unexpected(loaded.error());
  const runtime::Plugin& plugin = *plugins.plugins().front();
  std::string version;
  if (plugin.ops.version != nullptr) runtime::append_escaped(version, plugin.ops.version);
  return fmt::format("file:      {}\nname:      {}\nversion:   {}\ninterface: {}.{} (this daemon has {}.{})\n"
                     "offers:    {}\nshards:    {}\n",
                     plugin.path, plugin.name(), version.empty() ? "not told" : version, plugin.ops.abi_major,
                     plugin.ops.abi_minor, OPENL2TP_ABI_MAJOR, OPENL2TP_ABI_MINOR, runtime::extensions_text(plugin),
                     plugin.ops.shard_start != nullptr ? "an instance for each" : "none kept");
}

} // namespace openl2tp::daemon
