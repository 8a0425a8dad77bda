#include "tools/openl2tpd/pid_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/tools/openl2tpd/scratch.hpp"

namespace openl2tp::daemon {
namespace {

using testing::Scratch;

TEST(PidFile, HoldsTheProcessIdAndGoesWithItsOwner) {
  const Scratch scratch;
  {
    const auto file = PidFile::write(scratch.path("pid"));
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(scratch.read("pid"), std::to_string(::getpid()) + "\n");
  }
  EXPECT_FALSE(scratch.has("pid"));
}

TEST(PidFile, AStaleFileIsTakenOver) {
  const Scratch scratch;
  // Process 1 always runs: only the lock may count, not whether the number is alive.
  for (const std::string content :
       {"4194304\n", "1\n", "", "nonsense that is longer than any process id could ever be\n"}) {
    scratch.write("pid", content);
    const auto file = PidFile::write(scratch.path("pid"));
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(scratch.read("pid"), std::to_string(::getpid()) + "\n");
  }
}

TEST(PidFile, ALiveOneIsRefusedAndItsProcessNamed) {
  const Scratch scratch;
  const auto first = PidFile::write(scratch.path("pid"));
  ASSERT_TRUE(first);
  const auto second = PidFile::write(scratch.path("pid"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "pid file " + scratch.path("pid") + ": openl2tpd is already running as process " +
                                std::to_string(::getpid()));
  EXPECT_TRUE(scratch.has("pid"));
}

TEST(PidFile, AFileThatSomebodyReplacedIsLeftAlone) {
  const Scratch scratch;
  {
    const auto file = PidFile::write(scratch.path("pid"));
    ASSERT_TRUE(file);
    ASSERT_EQ(::unlink(scratch.path("pid").c_str()), 0);
    scratch.write("pid", "somebody else\n");
  }
  EXPECT_EQ(scratch.read("pid"), "somebody else\n");
}

TEST(PidFile, WhatCannotBeWrittenIsNamed) {
  const Scratch scratch;
  EXPECT_EQ(PidFile::write(scratch.path("no/such/folder")).error(),
            "pid file " + scratch.path("no/such/folder") + ": cannot be opened: No such file or directory");
  ASSERT_EQ(::symlink("/dev/null", scratch.path("link").c_str()), 0);
  EXPECT_FALSE(PidFile::write(scratch.path("link")));
  ASSERT_EQ(::mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(PidFile::write(scratch.path("fifo")).error(), "pid file " + scratch.path("fifo") + ": is no regular file");
}

} // namespace
} // namespace openl2tp::daemon
