#include "tools/openl2tpd/plugin_paths.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/tools/openl2tpd/scratch.hpp"

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

TEST(PluginPaths, AWholeFileNameMayLieInTheWorkingDirectory) {
  const testing::Scratch scratch;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path("."));
  std::ofstream("mine.so").put('x');
  std::ofstream("ppp_null.so").put('x');
  const auto files = plugin_files({"mine.so", "mine", "absent.so", "ppp_null.so"});
  std::filesystem::current_path(before);
  ASSERT_TRUE(files);
  EXPECT_EQ((*files)[0], std::filesystem::path(scratch.path("mine.so")).lexically_normal().string());
  EXPECT_EQ((*files)[1], plugin_directory() + "/mine.so") << "a bare name is the plugin directory's";
  EXPECT_EQ((*files)[2], plugin_directory() + "/absent.so");
  EXPECT_EQ((*files)[3], plugin_directory() + "/ppp_null.so") << "which comes first";
}

} // namespace
} // namespace openl2tp::daemon
