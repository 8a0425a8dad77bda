#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <vector>

namespace openl2tp::runtime {
namespace {

/// A limit for the test alone; the hard limit stays, so that it can be undone.
class Limit {
 public:
  explicit Limit(rlim_t files) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{files, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  ~Limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(Descriptors, TrafficLeavesTheReserveToManagement) {
  const Limit limit(64);
  ASSERT_EQ(descriptor_reserve(), 8U);
  std::vector<UniqueFd> files;
  while (true) {
    UniqueFd one = spare_the_reserve(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (!one) break;
    files.push_back(std::move(one));
  }
  EXPECT_EQ(errno, EMFILE);
  EXPECT_FALSE(check_descriptors().empty());
  // What needs none of that care still gets all eight.
  std::vector<UniqueFd> reserve;
  for (int i = 0; i < 8; ++i) {
    reserve.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(reserve.back()) << i;
  }
  EXPECT_FALSE(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  reserve.clear();
  files.pop_back();
  files.pop_back();
  EXPECT_EQ(check_descriptors(), "");
}

TEST(Descriptors, ALackOfThemIsNamedWithTheLimit) {
  const Limit limit(200);
  EXPECT_EQ(error_text(EMFILE),
            "no file descriptors left (limit 200, 25 of them kept for management; LimitNOFILE= or ulimit -n)");
  EXPECT_EQ(error_text(ENFILE), "the system has no file descriptors left (sysctl fs.file-max)");
  EXPECT_EQ(error_text(ENOENT), "No such file or directory");
}

TEST(Descriptors, AnErrorOfTheOpenStays) {
  errno = 0;
  EXPECT_FALSE(spare_the_reserve(UniqueFd(::open("/nowhere/at/all", O_RDONLY))));
  EXPECT_EQ(errno, ENOENT);
}

} // namespace
} // namespace openl2tp::runtime
