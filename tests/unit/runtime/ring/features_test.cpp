// The one line that an operator reads when io_uring is refused, for every cause, and once for real behind a seccomp
// filter.
#include "runtime/ring/features.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace openl2tp::runtime {
namespace {

const RefusalFacts kModern{
    .kernel_release = "6.12.1", .io_uring_disabled = 0, .seccomp_mode = 0, .memlock_limit = 65536, .file_limit = 64};

struct Case {
  const char* name;
  int error;
  RefusalFacts facts;
  const char* cause;
  const char* cure;
};

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, NamesCauseAndCureInOneLine) {
  const std::string text = explain_refusal(GetParam().error, GetParam().facts);
  EXPECT_NE(text.find(GetParam().cause), std::string::npos) << text;
  EXPECT_NE(text.find(GetParam().cure), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

RefusalFacts with(RefusalFacts facts, int disabled, int seccomp) {
  facts.io_uring_disabled = disabled;
  facts.seccomp_mode = seccomp;
  return facts;
}

RefusalFacts old_kernel(const char* release) {
  RefusalFacts facts = kModern;
  facts.kernel_release = release;
  return facts;
}

INSTANTIATE_TEST_SUITE_P(
    Causes, Refusal,
    testing::Values(
        Case{"SysctlTwo", EPERM, with(kModern, 2, 2), "kernel.io_uring_disabled is 2",
             "sysctl kernel.io_uring_disabled=0"},
        Case{"SysctlOne", EPERM, with(kModern, 1, 0), "kernel.io_uring_disabled is 1", "root"},
        Case{"Seccomp", EPERM, with(kModern, 0, 2), "a seccomp filter", "allow the system calls io_uring_setup"},
        Case{"SeccompAsNoSuchCall", ENOSYS, with(kModern, 0, 2), "a seccomp filter",
             "allow the system calls io_uring_setup"},
        Case{"NotBuilt", ENOSYS, kModern, "built without CONFIG_IO_URING", "6.1 or later"},
        Case{"OldKernelWithout", ENOSYS, old_kernel("4.19.0-18-amd64"), "4.19.0-18-amd64 is too old", "6.1 or later"},
        Case{"OldKernelWithoutFlags", EINVAL, old_kernel("5.15.0"), "5.15.0 is too old", "6.1 or later"},
        Case{"Memlock", ENOMEM, kModern, "RLIMIT_MEMLOCK is 64 KiB", "LimitMEMLOCK=infinity"},
        Case{"Files", EMFILE, kModern, "no file descriptors left (limit 64)", "LimitNOFILE"},
        Case{"SystemFiles", ENFILE, kModern, "system has no more files", "fs.file-max"},
        Case{"Unknown", EIO, kModern, "no known reason", "6.1 or later"}),
    [](const auto& test) { return test.param.name; });

/// Runs `prepare` and the probe in a child, and answers with what the probe says ("" when it is content).
template <class Prepare>
std::string probe_in_child(Prepare prepare) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    prepare();
    const auto features = probe_features();
    const std::string text = features ? "" : features.error().text;
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 512> part{};
  for (ssize_t octets = 0; (octets = ::read(ends[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(octets));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  return text;
}

void refuse_io_uring(std::uint32_t error) {
  std::array<sock_filter, 4> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    ::_exit(2);
}

TEST(ProbeFeatures, SeccompRefusalIsExplained) {
  const std::string text = probe_in_child([] { refuse_io_uring(EPERM); });
  EXPECT_EQ(text, "io_uring is refused (Operation not permitted): a seccomp filter (container runtime or systemd "
                  "SystemCallFilter=) "
                  "forbids it; allow the system calls io_uring_setup, io_uring_enter and io_uring_register");
}

TEST(ProbeFeatures, SeccompThatHidesTheCallIsExplained) {
  const std::string text = probe_in_child([] { refuse_io_uring(ENOSYS); });
  EXPECT_NE(text.find("a seccomp filter (container runtime) hides it"), std::string::npos) << text;
}

TEST(ProbeFeatures, FileLimitIsExplained) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "this sanitizer opens descriptors to look at objects, and takes their lack for a bad object";
#endif
#endif
  const std::string text = probe_in_child([] {
    const int next = ::dup(0);
    const auto count = static_cast<rlim_t>(next);
    ::close(next);
    const rlimit limit{.rlim_cur = count, .rlim_max = count};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  });
  EXPECT_NE(text.find("raise LimitNOFILE="), std::string::npos) << text;
}

TEST(ProbeFeatures, AcceptsThisKernel) {
  EXPECT_EQ(probe_in_child([] {}), "");
}

} // namespace
} // namespace openl2tp::runtime
