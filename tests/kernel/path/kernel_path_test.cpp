// The kernel path against a real kernel: run as root in a guest that has L2TP and PPP, by tests/kernel.
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "runtime/dataplane/kernel_features.hpp"
#include "runtime/dataplane/kernel_journal.hpp"

#include "tests/kernel/path/two_ends.hpp"

namespace openl2tp::runtime::testing {
namespace {

using namespace std::chrono_literals;

struct Kind {
  bool legacy, v6;
};

class KernelPathOf : public ::testing::TestWithParam<Kind> {
 protected:
  KernelPathOf() : ends(GetParam().legacy, GetParam().v6) {}
  void SetUp() override {
    if (!GetParam().legacy && !ends.kernel.netlink()) GTEST_SKIP() << "this kernel has no l2tp_netlink";
  }

  /// Opens session `number` of tunnel `tunnel` at one end. @return its socket; -1 after a failure, which fails the
  /// test.
  int open(int end, std::uint16_t tunnel = 1, std::uint16_t number = 1) {
    return open(end, ends.tunnel(end, tunnel), ends.session(end, number));
  }
  int open(int end, KernelTunnel tunnel, KernelSession session) {
    const auto opened = ends.loop->run(ends.path[end]->open_session(tunnel, session));
    EXPECT_TRUE(opened) << to_string(opened.error());
    return opened ? opened->socket : -1;
  }
  void wait_closed() { ends.loop->run(ends.close()); }

  TwoEnds ends;
};

TEST_P(KernelPathOf, CarriesFramesBothWays) {
  PppLink first, second;
  ASSERT_EQ(first.attach(open(0)), 0);
  ASSERT_EQ(second.attach(open(1)), 0);
  const std::string echo("\xc0\x21\x09\x01\x00\x08\x00\x00\x00\x00", 10);
  ASSERT_TRUE(first.send(echo));
  EXPECT_EQ(second.receive(), echo);
  const std::string reply("\xc0\x21\x0a\x01\x00\x08\x00\x00\x00\x00", 10);
  ASSERT_TRUE(second.send(reply));
  EXPECT_EQ(first.receive(), reply);
  const auto counted = ends.path[0]->statistics(ends.tunnel(0).tunnel, ends.session(0).session);
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->sent_packets, 1U);
  EXPECT_EQ(counted->received_packets, 1U);
  EXPECT_GT(counted->received_octets, 10U);
  TunnelStatistics tunnel;
  ends.path[1]->add_statistics(ends.tunnel(1).tunnel, tunnel);
  EXPECT_EQ(tunnel.data_sent_packets, 1U);
  EXPECT_EQ(tunnel.data_received_packets, 1U);
}

TEST_P(KernelPathOf, LeavesNothingBehind) {
  PppLink first, second;
  ASSERT_EQ(first.attach(open(0)), 0);
  ASSERT_EQ(second.attach(open(1)), 0);
  EXPECT_EQ(sockets_shown(), 2U);
  first.detach();
  second.detach();
  wait_closed();
  EXPECT_EQ(left_behind(), std::vector<std::string>());
}

TEST_P(KernelPathOf, NumbersWhatItIsToldToNumber) {
  KernelSession facts = ends.session(0);
  facts.send_sequence = facts.receive_sequence = true;
  facts.reorder_timeout = 300ms;
  open(0, ends.tunnel(0), facts);
  EXPECT_EQ(lines_of("/proc/net/pppol2tp", "/R/S/").size(), 1U);
}

TEST_P(KernelPathOf, ChangesSequencingWhileTheSessionIsUp) {
  open(0);
  const auto numbered = [] { return lines_of("/proc/net/pppol2tp", "/R/S/").size() == 1; };
  EXPECT_FALSE(numbered());
  EXPECT_TRUE(ends.path[0]->modify_session(ends.tunnel(0).tunnel, ends.session(0).session,
                                           {.send_sequence = true, .receive_sequence = true, .reorder_timeout = 20ms}));
  EXPECT_TRUE(numbered());
}

Task<void> wait_for(Event* event) {
  const bool set = co_await event->wait();
  static_cast<void>(set);
}

std::string control_message(std::uint16_t tunnel) {
  std::string text("\xc8\x02\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00", 12);
  text[4] = static_cast<char>(tunnel >> 8);
  text[5] = static_cast<char>(tunnel);
  return text;
}

TEST_P(KernelPathOf, HandsOverControlMessages) {
  open(0);
  const KernelTunnel peer = ends.tunnel(1);
  auto socket = ends.kernel.open_udp(peer);
  ASSERT_TRUE(socket);
  const std::string message = control_message(ends.tunnel(0).tunnel.value);
  ASSERT_EQ(::send(socket->get(), message.data(), message.size(), 0), static_cast<ssize_t>(message.size()));
  ends.loop->run(wait_for(&ends.arrivals[0].any));
  ASSERT_EQ(ends.arrivals[0].entries.size(), 1U);
  EXPECT_EQ(ends.arrivals[0].entries[0].octets, message);
  EXPECT_EQ(ends.arrivals[0].entries[0].route, ends.tunnel(0).route);
  EXPECT_EQ(ends.path[0]->counters().control_messages, 1U);
}

TEST_P(KernelPathOf, CountsDataThatNobodyKnows) {
  open(0);
  auto socket = ends.kernel.open_udp(ends.tunnel(1));
  ASSERT_TRUE(socket);
  std::string message("\x00\x02\x00\x00\x12\x34\xff\x03\xc0\x21\x09\x01\x00\x04", 14);
  message[2] = static_cast<char>(ends.tunnel(0).tunnel.value >> 8);
  message[3] = static_cast<char>(ends.tunnel(0).tunnel.value);
  ASSERT_EQ(::send(socket->get(), message.data(), message.size(), 0), static_cast<ssize_t>(message.size()));
  ends.loop->run(wait_for(&ends.arrivals[0].any));
  EXPECT_EQ(ends.path[0]->counters().data_messages, 1U);
  EXPECT_EQ(ends.path[0]->counters().control_messages, 0U);
}

TEST_P(KernelPathOf, TakesASessionFromAProcessThatStillHasItsSocket) {
  if (GetParam().legacy) GTEST_SKIP() << "the socket interface has no way";
  const int socket = open(0);
  const UniqueFd held(::dup(socket)); // as a child would
  ends.path[0]->close_tunnel(ends.tunnel(0).tunnel);
  wait_closed();
  const auto sessions = ends.kernel.list_sessions();
  ASSERT_TRUE(sessions);
  EXPECT_TRUE(sessions->empty());
  EXPECT_EQ(left_behind(), std::vector<std::string>());
}

Task<void> open_many(TwoEnds* ends, int end, std::uint16_t from, std::uint16_t to, std::uint16_t tunnels,
                     std::size_t* opened) {
  for (std::uint16_t number = from; number < to; ++number) {
    auto opening = ends->path[end]->open_session(ends->tunnel(end, number % tunnels), ends->session(end, number));
    const auto result = co_await std::move(opening);
    if (result) ++*opened;
  }
}

Task<void> two_hundred(TwoEnds* ends, std::size_t* opened) {
  TaskScope scope(*ends->loop);
  for (int end = 0; end < 2; ++end)
    for (std::uint16_t lane = 0; lane < 20; ++lane)
      scope.spawn(open_many(ends, end, static_cast<std::uint16_t>(lane * 10),
                            static_cast<std::uint16_t>(lane * 10 + 10), 4, opened));
  co_await scope.join();
}

TEST_P(KernelPathOf, TwoHundredSessionsComeAndGo) {
  std::size_t opened = 0;
  ends.loop->run(two_hundred(&ends, &opened));
  EXPECT_EQ(opened, 400U);
  EXPECT_EQ(ends.path[0]->counters().sessions, 200U);
  EXPECT_EQ(ends.path[0]->counters().tunnels, 4U);
  EXPECT_EQ(sockets_shown(), 8U);
  wait_closed();
  EXPECT_EQ(ends.path[0]->counters().sessions, 0U);
  EXPECT_EQ(ends.path[0]->counters().close_failed, 0U);
  EXPECT_EQ(left_behind(), std::vector<std::string>());
}

/// A child that makes a kernel tunnel by a journal, gives its socket to a child of its own, and dies by SIGKILL.
/// @return who still holds the socket.
pid_t die_with_a_tunnel(const std::string& folder, const KernelTunnel& tunnel) {
  int told[2];
  EXPECT_EQ(::pipe(told), 0);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    auto journal = KernelJournal::open(folder);
    KernelL2tp kernel(false, journal ? journal->get() : nullptr);
    const auto sockets = set_up_tunnel(kernel, tunnel);
    pid_t holder = journal && sockets ? ::fork() : -1;
    if (holder == 0) {
      journal->reset(); // or the file would stay locked
      while (true)
        ::pause();
    }
    static_cast<void>(!::write(told[1], &holder, sizeof holder));
    while (true)
      ::pause();
  }
  pid_t holder = -1;
  EXPECT_EQ(::read(told[0], &holder, sizeof holder), static_cast<ssize_t>(sizeof holder));
  ::close(told[0]);
  ::close(told[1]);
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  return holder;
}

TEST(KernelLeftovers, TheNextRunDeletesWhatAKilledOneLeftAndNothingElse) {
  TwoEnds ends(false, false);
  if (!ends.kernel.netlink()) GTEST_SKIP() << "this kernel has no l2tp_netlink";
  std::string folder = "/tmp/openl2tp-journal-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const pid_t holder = die_with_a_tunnel(folder, ends.tunnel(0));
  ASSERT_GT(holder, 0);
  auto foreign = set_up_tunnel(ends.kernel, ends.tunnel(1, 2)); // nobody's journal knows it
  ASSERT_TRUE(foreign);
  ASSERT_EQ(tunnels_shown().size(), 2U);

  const auto journal = KernelJournal::open(folder);
  ASSERT_TRUE(journal) << journal.error();
  EXPECT_EQ(remove_leftovers(ends.kernel, **journal), 1U);
  EXPECT_TRUE((*journal)->leftovers().empty());
  // The kernel lets go of it in its own time.
  auto tunnels = ends.kernel.list_tunnels();
  for (int i = 0; i < 500 && tunnels && tunnels->size() > 1; ++i) {
    std::this_thread::sleep_for(20ms);
    tunnels = ends.kernel.list_tunnels();
  }
  ::kill(holder, SIGKILL);
  ASSERT_TRUE(tunnels);
  ASSERT_EQ(tunnels->size(), 1U);
  EXPECT_EQ(tunnels->front().tunnel, ends.tunnel(1, 2).tunnel.value);
  EXPECT_TRUE(take_down_tunnel(ends.kernel, ends.tunnel(1, 2), std::move(foreign->management)));
}

TEST(KernelFeatures, AreWhatThisGuestIsBuiltFor) {
  const KernelFeatures features = probe_kernel_features();
  EXPECT_TRUE(features.usable()) << describe(features);
}

INSTANTIATE_TEST_SUITE_P(Interfaces, KernelPathOf,
                         ::testing::Values(Kind{false, false}, Kind{false, true}, Kind{true, false}, Kind{true, true}),
                         [](const auto& of) {
                           return std::string(of.param.legacy ? "Sockets" : "Netlink") + (of.param.v6 ? "V6" : "V4");
                         });

} // namespace
} // namespace openl2tp::runtime::testing
