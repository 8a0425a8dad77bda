#include "runtime/process/child_setup.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/unit/runtime/process/spawner_lab.hpp"

namespace openl2tp::runtime {
namespace {

using testing::Pipe;

char word_cat[] = "/bin/cat", word_three[] = "/proc/self/fd/3", word_four[] = "/proc/self/fd/4";

UniqueFd file_with(char octet) {
  UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), &octet, 1), 1);
  return file;
}

TEST(BecomeProgram, PlacesDescriptorsWhateverLiesWhere) {
  // 3 and 4 are free in the child, and are where the two files belong the other way round: what is moved out of the way
  // must not come to lie there.
  Pipe pipe;
  const UniqueFd a = file_with('a'), b = file_with('b');
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::array<int, 3> fds{100, 101, 102};
    ::dup2(a.get(), fds[0]);
    ::dup2(b.get(), fds[1]);
    ::dup2(pipe.writer.get(), fds[2]);
    ::close_range(3, 99, 0);
    DecodedStart start;
    start.path = word_cat;
    start.arguments = {word_cat, word_three, word_four, nullptr};
    start.environment = {nullptr};
    start.targets = {4, 3, 1};
    (void)become_program(start, fds, parent);
    ::_exit(127);
  }
  EXPECT_EQ(pipe.read_all(), "ba");
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(BecomeProgram, AnswersWhyItFailed) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    DecodedStart start;
    start.path = "/nowhere/at/all";
    start.arguments = {word_cat, nullptr};
    start.environment = {nullptr};
    ::_exit(become_program(start, {}, parent) == ENOENT ? 7 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(BecomeProgram, RefusesWhenItsParentIsAlreadyAnother) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    DecodedStart start;
    start.path = word_cat;
    start.arguments = {word_cat, nullptr};
    start.environment = {nullptr};
    ::_exit(become_program(start, {}, 1 + ::getppid()) == ESRCH ? 7 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

} // namespace
} // namespace openl2tp::runtime
