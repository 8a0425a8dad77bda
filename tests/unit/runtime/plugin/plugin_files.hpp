// Where the build puts the plugins that tests load, found from the test program's own place.
#pragma once

#include <filesystem>
#include <string>

namespace openl2tp::runtime::testing {

inline std::string test_plugin(const std::string& name) {
  const auto bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return (bin.parent_path() / "lib/openl2tp-test" / (name + ".so")).string();
}

inline std::string real_plugin(const std::string& name) {
  const auto bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return (bin.parent_path() / "lib/openl2tp" / (name + ".so")).string();
}

} // namespace openl2tp::runtime::testing
