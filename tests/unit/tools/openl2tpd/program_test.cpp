// The real program: what it answers to the shell, and how it ends. Where it really starts it does so in a network
// namespace of its own.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstddef>
#include <thread>

#include <gtest/gtest.h>

#include "runtime/ring/features.hpp"
#include "tests/unit/tools/openl2tpd/program.hpp"
#include "tests/unit/tools/openl2tpd/scratch.hpp"

namespace openl2tp::daemon {
namespace {

using testing::Program;
using testing::Scratch;

/// In the child: a network of its own with loopback up.
bool enter_own_network() {
  const bool own = ::geteuid() == 0 ? ::unshare(CLONE_NEWNET) == 0 : ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
  if (!own) return false;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP;
  const bool up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  ::close(fd);
  return up;
}

/// In the child: io_uring_setup answers EPERM, as under the seccomp profile of common container runtimes.
bool forbid_rings() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offsetof(seccomp_data, nr))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(SYS_io_uring_setup), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

/// Starting for real needs what a sandbox may not give.
class StartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const pid_t probe = ::fork();
    if (probe == 0) ::_exit(enter_own_network() ? 0 : 1);
    int status = 0;
    ::waitpid(probe, &status, 0);
    if (status != 0) GTEST_SKIP() << "no network namespace can be made here";
    if (const auto features = runtime::probe_features(); !features) GTEST_SKIP() << features.error().text;
  }
  Scratch scratch_;
};

TEST(Program, VersionAndHelpSucceed) {
  const auto version = Program({"--version"}).wait();
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.output.starts_with("openl2tpd "));
  const auto help = Program({"-h"}).wait();
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.error, "");
}

TEST(Program, WrongWordsGoToStandardError) {
  const auto wrong = Program({"-d", "bogus"}).wait();
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.output, "");
  EXPECT_EQ(wrong.error, "Unknown trace flag: bogus\n");
  EXPECT_EQ(Program({"-Z"}).wait().status, 1);
}

TEST(Program, PluginInfoTellsWhatWasNegotiated) {
  const auto told = Program({"--plugin-info", "ppp_null"}).wait();
  EXPECT_EQ(told.status, 0);
  EXPECT_NE(told.output.find("name:      ppp_null\n"), std::string::npos);
  EXPECT_NE(told.output.find("offers:    openl2tp.ppp/1 (data paths none)\n"), std::string::npos);
  const auto refused = Program({"--plugin-info", "/nowhere/x.so"}).wait();
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.error.find("plugin /nowhere/x.so: cannot be loaded"), std::string::npos);
}

TEST(Program, AStartThatFailsInTheBackgroundIsToldToTheShell) {
  const Scratch scratch;
  const auto result = Program({"-p", "no_such_plugin", "-P", scratch.path("pid")}).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.error.find("no_such_plugin.so: cannot be loaded: "), std::string::npos) << result.error;
  EXPECT_EQ(lines(result.error), 1);
  EXPECT_FALSE(scratch.has("pid"));
}

TEST(Program, RelativePathsStartAtTheCallersDirectory) {
  const Scratch scratch;
  const auto result = Program({"-p", "./mine", "-P", "pid"}, [] { return true; }, scratch.path("")).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.error.find("plugin " + scratch.path("mine.so") + ": "), std::string::npos) << result.error;
}

TEST(Program, ALivePidFileStopsTheStart) {
  const Scratch scratch;
  scratch.write("pid", "12345\n");
  const int held = ::open(scratch.path("pid").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"-f"}}) {
    std::vector<std::string> words{"-p", "ppp_null", "-P", scratch.path("pid")};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = Program(words).wait();
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.error.find("already running as process 12345"), std::string::npos) << result.error;
  }
  ::close(held);
  EXPECT_EQ(scratch.read("pid"), "12345\n");
}

TEST(Program, RefusedRingsAreOneLineWithTheCauseAndStatus1) {
  const Scratch scratch;
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"-f"}}) {
    std::vector<std::string> words{"-p", "ppp_null", "-P", scratch.path("pid")};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = Program(words, forbid_rings).wait();
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(lines(result.error), 1) << result.error;
    EXPECT_NE(result.error.find("seccomp"), std::string::npos) << result.error;
  }
}

TEST_F(StartTest, InTheBackgroundTheShellHears0WhenEverythingIsUpAndSigtermEndsIt) {
  scratch_.write("pid", "1\n"); // stale
  scratch_.write("conf", "");
  const auto result =
      Program({"-p", "ppp_null", "-T", "1", "-P", scratch_.path("pid"), "-c", scratch_.path("conf")}, enter_own_network)
          .wait();
  ASSERT_EQ(result.status, 0) << result.error;
  EXPECT_EQ(result.error, "");
  const pid_t daemon = std::stoi(scratch_.read("pid"));
  ASSERT_GT(daemon, 1);
  EXPECT_EQ(::getsid(daemon), daemon);
  ASSERT_EQ(::kill(daemon, SIGTERM), 0);
  // The lock goes with the process: this waits for its end without guessing a time.
  const int file = ::open(scratch_.path("pid").c_str(), O_RDWR | O_CLOEXEC);
  if (file >= 0) {
    EXPECT_EQ(::flock(file, LOCK_EX), 0);
    ::close(file);
  }
  EXPECT_FALSE(scratch_.has("pid"));
}

TEST_F(StartTest, WithoutAPppPluginItIsPppUnix) {
  scratch_.write("conf", "");
  Program program({"-f", "-T", "1", "-P", scratch_.path("pid"), "-c", scratch_.path("conf")}, enter_own_network);
  EXPECT_TRUE(program.wait_for_output("plugin ppp_unix"));
  ASSERT_TRUE(program.wait_for_output("ready"));
  ::kill(program.pid(), SIGTERM);
  const auto result = program.wait();
  EXPECT_EQ(result.status, 0) << result.error;
}

TEST_F(StartTest, EveryThreadKeepsThreeCapabilitiesAtMost) {
  scratch_.write("conf", "");
  Program program({"-f", "-p", "ppp_null", "-T", "2", "-P", scratch_.path("pid"), "-c", scratch_.path("conf")},
                  enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  constexpr unsigned long long allowed = 1ull << 12 | 1ull << 10 | 1ull << 14; // NET_ADMIN, NET_BIND_SERVICE, IPC_LOCK
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(program.pid()) + "/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("CapPrm:") || line.starts_with("CapEff:")) {
        EXPECT_EQ(std::stoull(line.substr(8), nullptr, 16) & ~allowed, 0u) << line;
      }
      if (line.starts_with("NoNewPrivs:")) EXPECT_EQ(line.back(), '1');
    }
    ++threads;
  }
  EXPECT_GE(threads, 2);
  ::kill(program.pid(), SIGINT);
  const auto result = program.wait();
  EXPECT_EQ(result.status, 0) << result.error;
  EXPECT_NE(result.output.find("stopped"), std::string::npos);
}

/// With a configuration file of the test's own, never the host's.
class ConfiguredTest : public StartTest {
 protected:
  void write(const std::string& text) { scratch_.write("conf", text); }
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{
        "-f", "-p", "ppp_null", "-T", "1", "-P", scratch_.path("pid"), "-c", scratch_.path("conf")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::string conf() const { return scratch_.path("conf"); }
  static void end(Program& program) {
    ::kill(program.pid(), SIGTERM);
    EXPECT_EQ(program.wait().status, 0);
  }
};

TEST_F(ConfiguredTest, AGivenFileThatIsMissingEndsTheStartWithStatus1) {
  const auto result = Program(words(), enter_own_network).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.error, "openl2tpd: " + conf() + ": cannot be read: No such file or directory\n");
}

TEST_F(ConfiguredTest, AFileWithMistakesEndsTheStartWithEveryLineNamed) {
  write("system modify max_tunnels=10\nnonsense\ntunnel create mtu=x dest_ipaddr=192.0.2.1\n");
  const auto result = Program(words(), enter_own_network).wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(lines(result.error), 2) << result.error;
  EXPECT_NE(result.error.find(conf() + ":2: nonsense: "), std::string::npos) << result.error;
  EXPECT_NE(result.error.find(conf() + ":3: tunnel create: mtu"), std::string::npos) << result.error;
  EXPECT_FALSE(scratch_.has("pid"));
}

TEST_F(ConfiguredTest, AnAbsentDefaultFileIsNoMistake) {
  if (::geteuid() != 0) GTEST_SKIP() << "hiding /etc needs root";
  std::vector<std::string> all = words();
  all.resize(all.size() - 2); // without -c
  Program program(all, [] {
    return enter_own_network() && ::unshare(CLONE_NEWNS) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", "/etc", "tmpfs", 0, nullptr) == 0;
  });
  ASSERT_TRUE(program.wait_for_output("ready"));
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("SIGHUP: no file: 0 created"));
  end(program);
}

TEST_F(ConfiguredTest, HangUpAppliesTheDifference) {
  write("tunnel create tunnel_name=a dest_ipaddr=127.0.0.9 persist=yes\n"
        "tunnel create tunnel_name=b dest_ipaddr=127.0.0.10 persist=yes\n");
  Program program(words(), enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("SIGHUP: " + conf() + ": 0 created, 0 modified, 0 replaced, 0 deleted"));
  write("tunnel create tunnel_name=a dest_ipaddr=127.0.0.9 persist=yes hello_timeout=30\n"
        "tunnel create tunnel_name=c dest_ipaddr=127.0.0.11 persist=yes\n");
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("SIGHUP: " + conf() + ": 1 created, 1 modified, 0 replaced, 1 deleted"));
  end(program);
}

TEST_F(ConfiguredTest, AMistakeAtHangUpIsLoggedWithItsLineAndChangesNothing) {
  write("tunnel create tunnel_name=a dest_ipaddr=127.0.0.9 persist=yes\n");
  Program program(words(), enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  write("tunnel create tunnel_name=b dest_ipaddr=127.0.0.9\n\ntunnel create tunnel_name=c\n");
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("conf:3: tunnel create: "));
  EXPECT_TRUE(program.wait_for_output("SIGHUP: nothing was changed"));
  write("tunnel create tunnel_name=a dest_ipaddr=127.0.0.9 persist=yes\n");
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("0 created, 0 modified, 0 replaced, 0 deleted"));
  end(program);
}

TEST_F(ConfiguredTest, TheFileOfARunningDaemonThatVanishesIsAMistake) {
  write("tunnel create tunnel_name=a dest_ipaddr=127.0.0.9 persist=yes\n");
  Program program(words(), enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  std::filesystem::remove(conf());
  ::kill(program.pid(), SIGHUP);
  EXPECT_TRUE(program.wait_for_output("cannot be read"));
  EXPECT_TRUE(program.wait_for_output("SIGHUP: nothing was changed"));
  end(program);
}

TEST_F(ConfiguredTest, StatusFilesComeWithTheirTunnelAndGoWithTheDaemon) {
  write("tunnel create tunnel_name=a tunnel_id=77 dest_ipaddr=127.0.0.9 persist=yes\n");
  Program program(words({"--status-directory", scratch_.path("status")}), enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  while (!scratch_.has("status/tunnels/77/status") || !scratch_.has("status/system"))
    std::this_thread::yield();
  EXPECT_TRUE(scratch_.read("status/tunnels/77/status").starts_with("Tunnel 77, "));
  end(program);
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path("status")));
}

TEST_F(ConfiguredTest, UserSignal1TogglesDebug) {
  write("");
  Program program(words(), enter_own_network);
  ASSERT_TRUE(program.wait_for_output("ready"));
  ::kill(program.pid(), SIGUSR1);
  EXPECT_TRUE(program.wait_for_output("SIGUSR1: debug on"));
  ::kill(program.pid(), SIGUSR1);
  EXPECT_TRUE(program.wait_for_output("SIGUSR1: debug off"));
  ::kill(program.pid(), SIGUSR2);
  EXPECT_TRUE(program.wait_for_output("SIGUSR2: ignored"));
  end(program);
}

} // namespace
} // namespace openl2tp::daemon
