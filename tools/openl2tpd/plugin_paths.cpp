#include "tools/openl2tpd/plugin_paths.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "runtime/plugin/loader.hpp"

namespace openl2tp::daemon {

std::string plugin_directory() {
  std::error_code fault;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", fault);
  if (!fault) {
    const std::filesystem::path beside = program.parent_path().parent_path() / "lib" / "openl2tp";
    if (std::filesystem::is_directory(beside, fault)) return beside.string();
  }
  return OPENL2TP_PLUGIN_DIRECTORY;
}

tl::expected<std::vector<std::string>, std::string> plugin_files(const std::vector<std::string>& names) {
  std::error_code fault;
  const std::filesystem::path here = std::filesystem::current_path(fault);
  if (fault) return tl::unexpected(fmt::format("cannot tell the working directory: {}", fault.message()));
  const std::string directory = plugin_directory();
  std::vector<std::string> files;
  for (const std::string& name : names) {
    std::string file = runtime::plugin_path(name, directory, here.string());
    // A file named as it lies here, such as one just compiled: "my.so", but not "my".
    const bool is_whole = name.find('/') == std::string::npos && file.ends_with('/' + name);
    if (is_whole && !std::filesystem::exists(file, fault) && std::filesystem::exists(here / name, fault))
      file = (here / name).string();
    files.push_back(std::move(file));
  }
  return files;
}

} // namespace openl2tp::daemon
