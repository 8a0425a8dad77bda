#include "runtime/dataplane/kernel_journal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace openl2tp::runtime {
namespace {

class KernelJournalTest : public ::testing::Test {
 protected:
  KernelJournalTest() {
    std::string name = (std::filesystem::temp_directory_path() / "openl2tp-journal-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~KernelJournalTest() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<KernelJournal> open() {
    auto journal = KernelJournal::open(folder.string());
    EXPECT_TRUE(journal) << journal.error();
    return journal ? std::move(*journal) : nullptr;
  }
  static void add(KernelJournal& journal, std::uint16_t id) {
    KernelTunnel tunnel;
    tunnel.tunnel = protocol::TunnelId{id};
    tunnel.peer_tunnel = protocol::PeerTunnelId{static_cast<std::uint16_t>(id + 1)};
    journal.add(tunnel, {.local = {.address = protocol::IpAddress::v4(192, 0, 2, 1), .port = 1701},
                         .peer = {.address = protocol::IpAddress::v4(192, 0, 2, 2), .port = 1702}});
  }
  std::filesystem::path file() const { return std::filesystem::directory_iterator(folder)->path(); }

  std::filesystem::path folder;
};

TEST_F(KernelJournalTest, RemembersWhatAKilledRunHad) {
  auto journal = open();
  add(*journal, 7);
  add(*journal, 8);
  journal->remove(protocol::TunnelId{7});
  journal.reset();
  const auto next = open();
  ASSERT_EQ(next->leftovers().size(), 1U);
  EXPECT_EQ(next->leftovers()[0], (KernelJournal::Entry{8, 9, "192.0.2.1:1701", "192.0.2.2:1702"}));
}

TEST_F(KernelJournalTest, KeepsLeftoversUntilTheyAreForgotten) {
  auto journal = open();
  add(*journal, 7);
  journal.reset();
  journal = open();
  add(*journal, 8);
  journal.reset();
  journal = open();
  EXPECT_EQ(journal->leftovers().size(), 2U);
  journal->forget_leftovers();
  journal.reset();
  EXPECT_TRUE(open()->leftovers().empty());
}

TEST_F(KernelJournalTest, BelongsToOneDaemonAtATime) {
  const auto journal = open();
  const auto second = KernelJournal::open(folder.string());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("belongs to another openl2tpd"), std::string::npos) << second.error();
}

TEST_F(KernelJournalTest, PassesOverLinesThatMakeNoSense) {
  open().reset();
  std::ofstream(file())
      << "+ 7 8 192.0.2.1:1701 192.0.2.2:1702\n+ 0 1 a b\nnonsense\n+ 99999 1 a b\n+ 9\n- \n\n+ 10 11 a:1 b:2";
  const auto journal = open();
  EXPECT_EQ(journal->leftovers().size(), 2U);
}

TEST_F(KernelJournalTest, DoesNotGrowWithThePast) {
  const auto journal = open();
  for (int round = 0; round < 20'000; ++round) {
    add(*journal, 7);
    journal->remove(protocol::TunnelId{7});
  }
  EXPECT_LT(std::filesystem::file_size(file()), 400'000U);
}

TEST_F(KernelJournalTest, IsNobodyElsesToRead) {
  const auto journal = open();
  struct stat found{};
  ASSERT_EQ(::stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(KernelJournalTest, DoesNotFollowALink) {
  open().reset();
  const std::filesystem::path name = file();
  std::filesystem::rename(name, folder / "elsewhere");
  std::filesystem::create_symlink(folder / "elsewhere", name);
  EXPECT_FALSE(KernelJournal::open(folder.string()));
}

} // namespace
} // namespace openl2tp::runtime
