// With real processes: the programs of coreutils tell what they were given.
#include "runtime/process/spawner.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <sstream>

#include "tests/unit/runtime/process/spawner_lab.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::make_spawner;
using testing::Pipe;
using testing::SpawnerLab;
using testing::Stubborn;

TEST(Spawner, ReportsTheExitStatus) {
  SpawnerLab lab;
  const ChildId good = lab.started({"/bin/true"});
  const ChildId bad = lab.started({"/bin/false"});
  EXPECT_EQ(lab.exit_of(good), 0);
  EXPECT_EQ(lab.exit_of(bad), 1);
  EXPECT_EQ(lab.client.children(), 0U);
  EXPECT_EQ(lab.client.starting(), 0U);
}

TEST(Spawner, HelperThatCannotBeConfinedIsNotStarted) {
  const auto spawner = Spawner::start({.confine = [] { return std::string("no capabilities here"); }});
  ASSERT_FALSE(spawner);
  EXPECT_EQ(spawner.error(), "cannot make the process that starts programs: no capabilities here");
}

TEST(Spawner, HelperThatDiesBeforeItServesIsNotStarted) {
  const auto spawner = Spawner::start({.confine = []() -> std::string { ::_exit(3); }});
  ASSERT_FALSE(spawner);
  EXPECT_EQ(spawner.error(), "cannot make the process that starts programs: it died");
}

TEST(Spawner, ConfinementHoldsForItsChildren) {
  SpawnerLab lab({.confine = []() -> std::string {
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? "" : "no_new_privs";
  }});
  EXPECT_EQ(lab.output_of({"/bin/grep", "-x", "NoNewPrivs:.1", "/proc/self/status"}), "NoNewPrivs:\t1\n");
}

TEST(Spawner, ReportsTheSignalThatEndedAChild) {
  SpawnerLab lab;
  const ChildId child = lab.started({"/bin/sleep", "1000"});
  EXPECT_TRUE(lab.client.signal(child, SIGINT)); // in order with the start, however early
  EXPECT_EQ(lab.exit_of(child), 256 + SIGINT);
}

TEST(Spawner, ReportsWhyAProgramCouldNotBeStarted) {
  SpawnerLab lab;
  EXPECT_EQ(lab.exit_of(lab.started({"/nowhere/at/all"})), -ENOENT);
  EXPECT_EQ(lab.exit_of(lab.started({"/etc/passwd"})), -EACCES);
  EXPECT_EQ(lab.exit_of(lab.started({"/bin/true"})), 0);
}

TEST(Spawner, ArgumentsAndEnvironmentAreExactlyThoseGiven) {
  SpawnerLab lab;
  EXPECT_EQ(lab.output_of({"/usr/bin/env"}, {}, {"A=1", "B=two words"}), "A=1\nB=two words\n");
  EXPECT_EQ(lab.output_of({"/usr/bin/env"}), "");
  EXPECT_EQ(lab.output_of({"/usr/bin/printf", "%s|", "a b", "", "$c"}), "a b||$c|");
}

TEST(Spawner, ArgumentZeroNeedNotBeThePath) {
  SpawnerLab lab;
  Pipe pipe;
  const std::vector<const char*> arguments{"another-name", "/proc/self/cmdline"};
  const std::vector<ChildFd> fds{{.from = pipe.writer.get(), .to = 1}};
  ASSERT_TRUE(lab.client.start({.path = "/bin/cat", .arguments = arguments, .environment = {}, .fds = fds}, lab));
  EXPECT_TRUE(pipe.read_all().starts_with(std::string("another-name\0", 13)));
}

TEST(Spawner, TheLongestStartArrivesWhole) {
  SpawnerLab lab;
  const std::string text(60'000, 'x');
  EXPECT_EQ(lab.output_of({"/usr/bin/printf", "%s", text.c_str()}), text);
}

// The numbers of the descriptors that a child has, but the one with which ls reads them.
std::string descriptors_of_a_child(SpawnerLab& lab, std::vector<ChildFd> fds = {}) {
  std::string list = lab.output_of({"/bin/ls", "-1", "/proc/self/fd"}, std::move(fds));
  std::ranges::replace(list, '\n', ' ');
  return list;
}

TEST(Spawner, NothingIsInheritedButTheStandardThree) {
  const UniqueFd before(::open("/dev/null", O_RDONLY)); // without O_CLOEXEC
  SpawnerLab lab({.channels = 3});
  const UniqueFd after(::open("/dev/null", O_RDONLY));
  EXPECT_EQ(descriptors_of_a_child(lab), "0 1 2 3 "); // 3 is what ls reads
}

TEST(Spawner, StandardDescriptorsThatAreNotNamedAreDevNull) {
  SpawnerLab lab;
  EXPECT_EQ(lab.output_of({"/bin/readlink", "/proc/self/fd/0", "/proc/self/fd/2"}), "/dev/null\n/dev/null\n");
}

TEST(Spawner, DescriptorsBecomeTheirTargets) {
  SpawnerLab lab;
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(descriptors_of_a_child(lab, {{.from = null.get(), .to = 9}, {.from = null.get(), .to = 63}}),
            "0 1 2 3 63 9 ");
}

TEST(Spawner, ATargetMayBeWhereAnotherDescriptorLies) {
  SpawnerLab lab;
  // Fourteen files to fourteen places in the opposite order: whatever numbers they have in the helper, some collide.
  std::vector<UniqueFd> files;
  std::vector<ChildFd> fds;
  for (int i = 0; i < 14; ++i) {
    files.emplace_back(::memfd_create("test", MFD_CLOEXEC));
    const std::string text(1, static_cast<char>('a' + i));
    ASSERT_EQ(::write(files.back().get(), text.data(), 1), 1);
    fds.push_back({.from = files.back().get(), .to = 16 - i});
  }
  std::vector<const char*> arguments{"/bin/cat"};
  std::vector<std::string> names;
  for (int target = 3; target <= 16; ++target)
    names.push_back("/proc/self/fd/" + std::to_string(target));
  for (const std::string& name : names)
    arguments.push_back(name.c_str());
  EXPECT_EQ(lab.output_of(arguments, fds), "nmlkjihgfedcba");
}

TEST(Spawner, ADescriptorMayBeClosedOnceTheStartWasAccepted) {
  SpawnerLab lab;
  Pipe pipe;
  const ChildId child = lab.started({"/bin/echo", "hello"}, {{.from = pipe.writer.get(), .to = 1}});
  pipe.writer.reset();
  EXPECT_EQ(pipe.read_all(), "hello\n");
  EXPECT_EQ(lab.exit_of(child), 0);
}

TEST(Spawner, ADescriptorThatIsNotOpenIsRefused) {
  SpawnerLab lab;
  Pipe pipe;
  const int closed = pipe.writer.get();
  pipe.writer.reset();
  const auto refused = lab.start({"/bin/true"}, {{.from = closed, .to = 1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), StartRefused::invalid);
}

std::string line_of(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name)) return line.substr(name.size());
  return {};
}

TEST(Spawner, AChildBeginsWithFreshSignalsAndUmask) {
  struct sigaction ignore{}, before{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &before), 0);
  const mode_t mask = ::umask(077);
  SpawnerLab lab;
  ::umask(mask);
  ::sigaction(SIGPIPE, &before, nullptr);
  const std::string status = lab.output_of({"/bin/cat", "/proc/self/status"});
  EXPECT_EQ(line_of(status, "SigBlk:\t"), "0000000000000000");
  EXPECT_EQ(line_of(status, "SigIgn:\t"), "0000000000000000");
  EXPECT_EQ(line_of(status, "Umask:\t"), "0022");
}

TEST(Spawner, AChildHasASessionOfItsOwnAndWorksInTheRoot) {
  SpawnerLab lab;
  std::istringstream stat(lab.output_of({"/bin/cat", "/proc/self/stat"}));
  std::string process, name, state, parent, group, session;
  stat >> process >> name >> state >> parent >> group >> session;
  EXPECT_EQ(group, process);
  EXPECT_EQ(session, process);
  EXPECT_EQ(parent, std::to_string(lab.spawner.process()));
  EXPECT_EQ(lab.output_of({"/bin/readlink", "/proc/self/cwd"}), "/\n");
}

TEST(Spawner, ALeftChildIsKilledWhenItIgnoresTerm) {
  SpawnerLab lab;
  Stubborn stubborn(lab);
  EXPECT_TRUE(lab.client.signal(stubborn.child, SIGTERM));
  stubborn.echo();
  lab.client.leave(stubborn.child, 20ms);
  EXPECT_EQ(lab.client.children(), 0U);
  stubborn.gone();
  EXPECT_EQ(lab.exit_of(lab.started({"/bin/true"})), 0); // whatever was reported has arrived by now
  EXPECT_FALSE(lab.exits.contains(stubborn.child));
}

TEST(Spawner, WhatAChildStartedInItsGroupIsKilledWithIt) {
  SpawnerLab lab;
  Pipe in, out;
  // timeout passes TERM on and waits; it is cat that ignores it and would be left.
  const ChildId child = lab.started({"/usr/bin/env", "--ignore-signal=TERM", "/usr/bin/timeout", "1000", "/bin/cat"},
                                    {{.from = in.reader.get(), .to = 0}, {.from = out.writer.get(), .to = 1}});
  ASSERT_EQ(::write(in.writer.get(), "x", 1), 1);
  ASSERT_EQ(out.read_one(), 'x');
  lab.client.leave(child, 20ms);
  EXPECT_EQ(out.read_all(), "");
}

TEST(Spawner, ALeftChildGetsTermFirst) {
  SpawnerLab lab;
  Pipe pipe;
  const ChildId child = lab.started({"/bin/sleep", "1000"}, {{.from = pipe.writer.get(), .to = 1}});
  lab.client.leave(child, 24h);
  EXPECT_EQ(pipe.read_all(), "");
}

TEST(Spawner, AChildThatHasEndedCannotBeSignalled) {
  SpawnerLab lab;
  const ChildId child = lab.started({"/bin/true"});
  EXPECT_EQ(lab.exit_of(child), 0);
  EXPECT_FALSE(lab.client.signal(child, SIGTERM));
  lab.client.leave(child, 0ms);
  EXPECT_FALSE(lab.client.signal(child + 1, SIGTERM));
}

TEST(Spawner, OnlySignalsAreSent) {
  SpawnerLab lab;
  const ChildId child = lab.started({"/bin/sleep", "1000"});
  for (const int bad : {0, -1, 65, 1 << 20})
    EXPECT_FALSE(lab.client.signal(child, bad)) << bad;
  EXPECT_TRUE(lab.client.signal(child, SIGKILL));
  EXPECT_EQ(lab.exit_of(child), 256 + SIGKILL);
}

TEST(Spawner, StartsBeyondTheLimitAreRefusedUntilTheHelperHasComeToThem) {
  SpawnerLab lab({}, {.starting = 2});
  ASSERT_EQ(::kill(lab.spawner.process(), SIGSTOP), 0);
  const ChildId first = lab.started({"/bin/true"}), second = lab.started({"/bin/true"});
  // Leaving one makes no room: the helper still has to do the work.
  lab.client.leave(first, 0ms);
  const auto third = lab.start({"/bin/true"});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), StartRefused::busy);
  ASSERT_EQ(::kill(lab.spawner.process(), SIGCONT), 0);
  EXPECT_EQ(lab.exit_of(second), 0);
  EXPECT_EQ(lab.client.starting(), 0U);
  EXPECT_EQ(lab.client.remembered(), 0U);
  EXPECT_EQ(lab.exit_of(lab.started({"/bin/true"})), 0);
}

TEST(Spawner, ChildrenBeyondTheLimitAreRefused) {
  SpawnerLab lab({}, {.children = 1});
  const ChildId child = lab.started({"/bin/sleep", "1000"});
  EXPECT_EQ(lab.start({"/bin/true"}).error(), StartRefused::busy);
  lab.client.signal(child, SIGKILL);
  lab.exit_of(child);
  EXPECT_TRUE(lab.start({"/bin/true"}));
}

TEST(Spawner, WhatTheSocketDoesNotTakeWaitsInOrder) {
  SpawnerLab lab;
  ASSERT_EQ(::kill(lab.spawner.process(), SIGSTOP), 0);
  const std::string filler(20'000, 'x'); // a few of these fill the socket
  std::vector<ChildId> children;
  for (int i = 0; i < 60; ++i) {
    Pipe pipe; // closed at once: what waits holds descriptors of its own
    children.push_back(
        lab.started({"/bin/sleep", "1000"}, {{.from = pipe.writer.get(), .to = 1}}, {("F=" + filler).c_str()}));
    EXPECT_TRUE(lab.client.signal(children.back(), SIGUSR1));
  }
  ASSERT_EQ(::kill(lab.spawner.process(), SIGCONT), 0);
  for (const ChildId child : children)
    EXPECT_EQ(lab.exit_of(child), 256 + SIGUSR1);
}

TEST(Spawner, ManyChildrenAreAllReported) {
  SpawnerLab lab;
  std::vector<ChildId> children;
  for (int i = 0; i < 300; ++i)
    children.push_back(lab.started({"/bin/true"}));
  for (const ChildId child : children)
    EXPECT_EQ(lab.exit_of(child), 0);
}

TEST(Spawner, ClosingAChannelEndsItsChildrenAlone) {
  SpawnerLab lab({.channels = 2, .grace = 20ms});
  SpawnerClient other(lab.fake.loop, lab.spawner.take_channel(1), lab.spawner.process(), lab.captured.log());
  Stubborn ours(lab);
  Pipe in, out;
  const std::vector<const char*> arguments{"/bin/cat"};
  const std::vector<ChildFd> fds{{.from = in.reader.get(), .to = 0}, {.from = out.writer.get(), .to = 1}};
  ASSERT_TRUE(other.start({.path = "/bin/cat", .arguments = arguments, .environment = {}, .fds = fds}, lab));
  lab.close();
  ours.gone();
  EXPECT_TRUE(lab.exits.empty());
  // The other one lives.
  EXPECT_EQ(::write(in.writer.get(), "y", 1), 1);
  EXPECT_EQ(out.read_one(), 'y');
  lab.fake.loop.run(other.close());
  EXPECT_EQ(out.read_all(), "");
}

TEST(Spawner, EndsWhenEveryChannelIsClosedAndNoChildIsLeft) {
  SpawnerLab lab({.channels = 3, .grace = 20ms}); // two that nobody took
  Stubborn stubborn(lab);
  EXPECT_FALSE(lab.spawner.finish(0ms)); // one channel is open
  lab.close();
  EXPECT_TRUE(lab.spawner.finish(60s));
  stubborn.gone();
}

TEST(Spawner, ItsDeathTakesTheChildrenWithItAndIsReported) {
  SpawnerLab lab;
  Stubborn stubborn(lab);
  lab.turn_until([&] { return lab.client.starting() == 0; });
  ASSERT_EQ(::kill(lab.spawner.process(), SIGKILL), 0);
  EXPECT_EQ(lab.exit_of(stubborn.child), 256 + SIGKILL);
  stubborn.gone();
  EXPECT_TRUE(lab.client.lost());
  EXPECT_EQ(lab.start({"/bin/true"}).error(), StartRefused::gone);
  EXPECT_FALSE(lab.client.signal(stubborn.child, SIGTERM));
  lab.close();
  EXPECT_TRUE(lab.captured.has("has ended: its 1 children were killed"));
}

TEST(Spawner, StartsThatItDidNotComeToBeforeItsDeathFail) {
  SpawnerLab lab;
  ASSERT_EQ(::kill(lab.spawner.process(), SIGSTOP), 0);
  const ChildId child = lab.started({"/bin/true"});
  ASSERT_EQ(::kill(lab.spawner.process(), SIGKILL), 0);
  EXPECT_EQ(lab.exit_of(child), -EPIPE);
}

TEST(Spawner, IgnoresSignalsMeantForTheDaemon) {
  SpawnerLab lab;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGCHLD})
    ASSERT_EQ(::kill(lab.spawner.process(), signal), 0);
  EXPECT_EQ(lab.exit_of(lab.started({"/bin/true"})), 0);
}

TEST(Spawner, SurvivesRequestsThatAreNonsense) {
  Spawner spawner = make_spawner();
  const UniqueFd channel = spawner.take_channel(0);
  const auto say = [&](const auto& octets) {
    ASSERT_EQ(::send(channel.get(), octets.data(), octets.size(), MSG_NOSIGNAL), static_cast<ssize_t>(octets.size()));
  };
  const auto request = [](std::uint32_t kind, std::uint32_t number, ChildId child) {
    std::vector<std::byte> octets(sizeof(ChildRequest));
    const ChildRequest request{.kind = static_cast<RequestKind>(kind), .number = number, .child = child};
    std::memcpy(octets.data(), &request, sizeof request);
    return octets;
  };
  const std::vector<const char*> arguments{"/bin/true"};
  const ChildStart start{.path = "/bin/true", .arguments = arguments, .environment = {}, .fds = {}};
  say(std::string("x"));
  say(std::string(100, 'x'));
  say(request(2, 9, 1)); // a child that there is not
  say(request(3, 0, 0));
  say(request(99, 0, 1));
  auto cut = encode_start(5, start);
  cut.pop_back();
  say(cut);
  say(encode_start(6, start));
  std::vector<ChildReport> reports;
  while (reports.empty() || reports.back().child != 6 || reports.back().kind != ReportKind::ended) {
    pollfd watched{channel.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&watched, 1, -1), 1);
    ChildReport report;
    ASSERT_EQ(::recv(channel.get(), &report, sizeof report, 0), static_cast<ssize_t>(sizeof report));
    reports.push_back(report);
  }
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].child, 5U);
  EXPECT_EQ(reports[0].status, -EINVAL);
  EXPECT_EQ(reports[1].kind, ReportKind::started);
  EXPECT_EQ(reports[2].status, 0);
}

// A process that plays the daemon until it is killed: it starts a stubborn child and tells the helper's process.
[[noreturn]] void play_daemon(int tell, int in, int out) {
  {
    Spawner spawner = make_spawner({.channels = 2, .grace = 20ms});
    const UniqueFd channel = spawner.take_channel(0);
    const std::vector<const char*> arguments{"/usr/bin/env", "--ignore-signal=TERM", "/bin/cat"};
    const std::array<ChildFd, 2> fds{{{.from = in, .to = 0}, {.from = out, .to = 1}}};
    const auto octets = encode_start(1, {.path = arguments[0], .arguments = arguments, .environment = {}, .fds = fds});
    iovec part{const_cast<std::byte*>(octets.data()), octets.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const std::array<int, 2> both{in, out};
    std::memcpy(CMSG_DATA(header), both.data(), sizeof both);
    if (::sendmsg(channel.get(), &message, MSG_NOSIGNAL) < 0) ::_exit(1);
    ::close(in);
    ::close(out);
    const pid_t helper = spawner.process();
    if (::write(tell, &helper, sizeof helper) != sizeof helper) ::_exit(1);
    while (true)
      ::pause();
  }
}

TEST(Spawner, NothingOutlivesADaemonThatIsKilled) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); // the helper becomes ours when the daemon is dead
  Pipe tell, in, out;
  const pid_t daemon = ::fork();
  ASSERT_GE(daemon, 0);
  if (daemon == 0) play_daemon(tell.writer.get(), in.reader.get(), out.writer.get());
  in.reader.reset();
  out.writer.reset();
  tell.writer.reset();
  pid_t helper = 0;
  ASSERT_EQ(::read(tell.reader.get(), &helper, sizeof helper), static_cast<ssize_t>(sizeof helper));
  ASSERT_EQ(::write(in.writer.get(), "x", 1), 1);
  ASSERT_EQ(out.read_one(), 'x'); // the child runs, and ignores TERM

  ASSERT_EQ(::kill(daemon, SIGKILL), 0);
  EXPECT_EQ(out.read_all(), "");
  int status = 0;
  EXPECT_EQ(::waitpid(daemon, &status, 0), daemon);
  EXPECT_EQ(::waitpid(helper, &status, 0), helper);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

} // namespace
} // namespace openl2tp::runtime
