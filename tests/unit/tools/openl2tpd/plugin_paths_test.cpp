#include "tools/openl2tpd/plugin_paths.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace openl2tp::daemon {
namespace {

TEST(PluginPaths, TheDirectoryBesideTheProgramComesFirst) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(plugin_directory(), (program.parent_path().parent_path() / "lib/openl2tp").string());
}

TEST(PluginPaths, NamesBecomeAbsoluteInOrder) {
  const auto files = plugin_files({"ppp_null", "./x", "/y/z.so"});
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[0], plugin_directory() + "/ppp_null.so");
  EXPECT_EQ((*files)[1], (std::filesystem::current_path() / "x.so").string());
  EXPECT_EQ((*files)[2], "/y/z.so");
}

} // namespace
} // namespace openl2tp::daemon
