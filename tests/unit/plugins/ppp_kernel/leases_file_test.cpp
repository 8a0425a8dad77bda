#include "plugins/ppp_kernel/leases_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace openl2tp::ppp_kernel {
namespace {

using ppp::Ipv4;

class LeasesFile : public testing::Test {
 protected:
  LeasesFile() : path_(testing::TempDir() + "leases_" + std::to_string(getpid())) {}
  ~LeasesFile() override { std::remove(path_.c_str()); }
  std::string path_;
};

TEST_F(LeasesFile, ReadsWhatItWrote) {
  const std::string odd = std::string("carol %#\n") + '\0' + "\xff\x7f";
  EXPECT_EQ(write_leases(path_, {{Ipv4::of(10, 0, 0, 1), "alice", true}, {Ipv4::of(10, 0, 0, 2), odd, false}}), "");
  const LeasesRead read = read_leases(path_);
  EXPECT_EQ(read.fault, "");
  EXPECT_EQ(read.bad, 0U);
  ASSERT_EQ(read.lines.size(), 2U);
  EXPECT_EQ(read.lines[0].address.text(), "10.0.0.1");
  EXPECT_EQ(read.lines[0].user, "alice");
  EXPECT_EQ(read.lines[1].user, odd);
}

TEST_F(LeasesFile, IsForItsOwnerAlone) {
  ASSERT_EQ(write_leases(path_, {}), "");
  struct stat facts{};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(LeasesFile, ThatIsNotThereIsEmpty) {
  const LeasesRead read = read_leases(path_ + "-nowhere");
  EXPECT_EQ(read.fault, "");
  EXPECT_TRUE(read.lines.empty());
}

TEST_F(LeasesFile, CountsLinesThatAreNone) {
  std::ofstream(path_) << "# a comment\n10.0.0.1 alice\n10.0.0.2\nx y\n10.0.0.3 a b\n"
                       << std::string(5'000, 'a') << '\n';
  const LeasesRead read = read_leases(path_);
  ASSERT_EQ(read.lines.size(), 1U);
  EXPECT_GE(read.bad, 4U);
}

TEST_F(LeasesFile, StaysAsItWasWhenItCannotBeReplaced) {
  const std::string folder = path_ + "-folder";
  std::filesystem::create_directories(folder + "/file/inside"); // a folder where the file should be
  EXPECT_NE(write_leases(folder + "/file", {}), "");
  EXPECT_FALSE(std::filesystem::exists(folder + "/file.new"));
  EXPECT_NE(write_leases("/nowhere/at/all", {}), "");
  std::filesystem::remove_all(folder);
}

TEST(LeaseLine, IsAnAddressAndAName) {
  EXPECT_EQ(lease_line(Ipv4::of(10, 0, 0, 1), "a b%"), "10.0.0.1 a%20b%25");
  for (const char* bad : {"", "10.0.0.1", "10.0.0.1 ", "10.0.0.1  a", "10.0.0.1 a%2", "10.0.0.1 a%2G", "10.0.0.1 a%",
                          "0.0.0.1 a", "10.0.0 a", "10.0.0.1 a b", "10.0.0.1 a#"})
    EXPECT_FALSE(parse_lease(bad)) << bad;
  EXPECT_TRUE(parse_lease("10.0.0.1 " + std::string(255, 'a')));
  EXPECT_FALSE(parse_lease("10.0.0.1 " + std::string(256, 'a')));
}

} // namespace
} // namespace openl2tp::ppp_kernel
