// Orderings and failures of the kernel path over a kernel that is played: what is made and taken away when, whoever
// comes in between.
#include "runtime/dataplane/kernel_path.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/loop/sleep.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/ring/uring_ring.hpp"
#include "tests/unit/runtime/dataplane/fake_kernel.hpp"

namespace openl2tp::runtime::testing {
namespace {

using Calls = std::vector<std::string>;
using Opened = KernelResult<OpenedSession>;

struct Sink final : KernelPathSink {
  void on_tunnel_datagram(std::span<const std::byte> octets, const protocol::Route& route) noexcept override {
    last.assign(reinterpret_cast<const char*>(octets.data()), octets.size());
    last_route = route;
  }
  void on_tunnel_datagrams_end() noexcept override { any.set(); }
  std::string last;
  protocol::Route last_route;
  Event any;
};

class KernelPathTest : public ::testing::Test {
 protected:
  explicit KernelPathTest(bool netlink = true) : kernel(netlink) {
    const auto features = probe_features();
    EXPECT_TRUE(features) << features.error().text;
    auto ring = UringRing::create({.features = *features});
    EXPECT_TRUE(ring) << ring.error().text;
    loop = std::make_unique<Loop>(std::move(*ring));
    udp = std::make_unique<UdpPool>(*loop, UdpPoolOptions{});
    auto made = WorkerPool::create({.threads = 4});
    EXPECT_TRUE(made);
    pool = std::move(*made);
    make_path({});
  }
  void make_path(const KernelPathOptions& options, std::size_t works = LoopWorkers::outstanding_max) {
    path.reset();
    workers.reset();
    workers = std::make_unique<LoopWorkers>(*pool, *loop, works);
    path = std::make_unique<KernelPath>(*loop, *udp, *workers, kernel, sink, options);
    tasks = std::make_unique<TaskScope>(*loop);
  }
  ~KernelPathTest() override {
    kernel.release();
    finish();
    path.reset();
    workers.reset();
    udp.reset();
  }

  static KernelTunnel tunnel(std::uint16_t id = 7) {
    KernelTunnel facts;
    facts.tunnel = protocol::TunnelId{id};
    facts.peer_tunnel = protocol::PeerTunnelId{static_cast<std::uint16_t>(id + 1000)};
    facts.route.path.peer = {.address = protocol::IpAddress::v4(127, 0, 0, 1), .port = 9};
    facts.route.socket = 3;
    return facts;
  }
  static KernelSession session(std::uint16_t id = 9) {
    KernelSession facts;
    facts.session = protocol::SessionId{id};
    facts.peer_session = protocol::PeerSessionId{static_cast<std::uint16_t>(id + 1000)};
    return facts;
  }

  static Task<void> keep(Task<Opened> opening, std::shared_ptr<std::optional<Opened>> into) {
    *into = co_await std::move(opening);
  }
  /// Starts to open; the answer appears while the loop turns.
  std::shared_ptr<std::optional<Opened>> begin(std::uint16_t tunnel_id = 7, std::uint16_t session_id = 9) {
    auto into = std::make_shared<std::optional<Opened>>();
    tasks->spawn(keep(path->open_session(tunnel(tunnel_id), session(session_id)), into));
    return into;
  }
  /// Opens, to the end.
  Opened open(std::uint16_t tunnel_id = 7, std::uint16_t session_id = 9) {
    return loop->run(path->open_session(tunnel(tunnel_id), session(session_id)));
  }
  void turn_until(const std::function<bool()>& condition) {
    while (!condition())
      if (!loop->turn(false)) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  static Task<void> join(TaskScope* scope) { co_await scope->join(); }
  /// Ends everything that was begun, and everything that is open.
  void finish() {
    loop->run(path->close_all());
    loop->run(join(tasks.get()));
  }

  FakeKernel kernel;
  Sink sink;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<UdpPool> udp;
  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<LoopWorkers> workers;
  std::unique_ptr<KernelPath> path;
  std::unique_ptr<TaskScope> tasks;
};

class LegacyKernelPathTest : public KernelPathTest {
 protected:
  LegacyKernelPathTest() : KernelPathTest(false) {}
};

TEST_F(KernelPathTest, TheFirstSessionMakesTheTunnel) {
  EXPECT_TRUE(open());
  EXPECT_EQ(kernel.calls(), (Calls{"open_udp 7", "create_tunnel 7", "connect_tunnel 7", "create_session 7/9",
                                   "connect_session 7/9", "set_role 9"}));
}

TEST_F(KernelPathTest, LaterSessionsShareTheTunnel) {
  EXPECT_TRUE(open(7, 9));
  EXPECT_TRUE(open(7, 10));
  EXPECT_EQ(kernel.count("create_tunnel 7"), 1U);
  EXPECT_EQ(path->counters().tunnels, 1U);
  EXPECT_EQ(path->counters().sessions, 2U);
}

TEST_F(KernelPathTest, SessionsThatOpenAtOnceShareTheTunnel) {
  kernel.hold("open_udp");
  const auto first = begin(7, 9);
  const auto second = begin(7, 10);
  kernel.release();
  turn_until([&] { return first->has_value() && second->has_value(); });
  EXPECT_TRUE(**first);
  EXPECT_TRUE(**second);
  EXPECT_EQ(kernel.count("open_udp 7"), 1U);
}

TEST_F(KernelPathTest, SessionsGoBeforeTheirTunnel) {
  EXPECT_TRUE(open(7, 9));
  EXPECT_TRUE(open(7, 10));
  path->close_tunnel(protocol::TunnelId{7});
  finish();
  EXPECT_EQ(kernel.calls().back(), "delete_tunnel 7");
  EXPECT_EQ(kernel.count("close session socket 7/9"), 1U);
  EXPECT_EQ(kernel.count("close session socket 7/10"), 1U);
  EXPECT_EQ(kernel.objects(), Calls());
  EXPECT_EQ(path->counters().tunnels, 0U);
  EXPECT_EQ(path->counters().sessions, 0U);
}

TEST_F(LegacyKernelPathTest, TheManagementSocketGoesAfterTheSessions) {
  EXPECT_TRUE(open());
  path->close_tunnel(protocol::TunnelId{7});
  finish();
  EXPECT_EQ(kernel.calls().end()[-2], "close session socket 7/9");
  EXPECT_EQ(kernel.calls().end()[-1], "close management 7");
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, ATunnelStaysWhenItsLastSessionGoes) {
  EXPECT_TRUE(open());
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  turn_until([&] { return path->counters().sessions == 0; });
  EXPECT_EQ(kernel.objects(), (Calls{"management 7", "tunnel 7"}));
  EXPECT_TRUE(open(7, 10));
  EXPECT_EQ(kernel.count("create_tunnel 7"), 1U);
}

TEST_F(KernelPathTest, EveryStepThatFailsIsReportedAndLeavesNoSession) {
  const std::vector<std::pair<std::string, KernelOperation>> steps{
      {"open_udp", KernelOperation::bind_socket},
      {"create_tunnel", KernelOperation::create_tunnel},
      {"connect_tunnel", KernelOperation::create_tunnel},
      {"create_session", KernelOperation::create_session},
      {"connect_session", KernelOperation::connect_session},
      {"set_role", KernelOperation::set_session_option},
  };
  std::uint16_t id = 20;
  for (const auto& [step, operation] : steps) {
    kernel.fail(step, ENOBUFS);
    ++id;
    const std::uint64_t before = path->counters().failed_by(operation);
    const Opened opened = open(id, id);
    ASSERT_FALSE(opened) << step;
    EXPECT_EQ(opened.error().operation, operation);
    EXPECT_EQ(opened.error().error, ENOBUFS);
    EXPECT_EQ(path->counters().failed_by(operation), before + 1) << step;
    kernel.succeed();
  }
  finish();
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, ATunnelThatCouldNotBeMadeFailsAllWhoWaitForIt) {
  kernel.hold("open_udp");
  kernel.fail("create_tunnel", EPERM);
  const auto first = begin(7, 9);
  const auto second = begin(7, 10);
  kernel.release();
  turn_until([&] { return first->has_value() && second->has_value(); });
  ASSERT_FALSE(**first);
  ASSERT_FALSE(**second);
  EXPECT_EQ((*second)->error().operation, KernelOperation::create_tunnel);
  EXPECT_EQ((*second)->error().session, 10);
  EXPECT_FALSE(path->has_tunnel(protocol::TunnelId{7}));
}

TEST_F(KernelPathTest, ATunnelThatCouldNotBeMadeIsTriedAgain) {
  kernel.fail("create_tunnel", ENOBUFS);
  EXPECT_FALSE(open());
  kernel.succeed();
  EXPECT_TRUE(open());
}

TEST_F(KernelPathTest, ATunnelIdThatTheKernelStillHasIsTriedAgain) {
  kernel.fail("create_tunnel", EEXIST);
  const auto opening = begin();
  turn_until([&] { return kernel.count("create_tunnel 7") == 2; });
  kernel.succeed();
  turn_until([&] { return opening->has_value(); });
  EXPECT_TRUE(**opening);
}

TEST_F(KernelPathTest, ATunnelIdThatSomebodyElseHasIsGivenUp) {
  kernel.fail("create_tunnel", EEXIST);
  const Opened opened = open();
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().temporary());
}

TEST_F(KernelPathTest, PortsOfATunnelThatGoesAreWaitedFor) {
  kernel.take_ports(5);
  const auto opening = begin();
  turn_until([&] { return kernel.count("open_udp 7") == 2; });
  kernel.take_ports(0);
  turn_until([&] { return opening->has_value(); });
  EXPECT_TRUE(**opening);
}

TEST_F(KernelPathTest, PortsThatAnotherTunnelHasAreGivenUpAndItIsNamed) {
  kernel.take_ports(5);
  const Opened opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().operation, KernelOperation::claim_ports);
  EXPECT_EQ(opened.error().other, 5);
  EXPECT_TRUE(opened.error().temporary());
  EXPECT_TRUE(to_string(opened.error()).starts_with("tunnel 7 session 9: tunnel 5 has the same addresses and ports"));
  EXPECT_FALSE(path->has_tunnel(protocol::TunnelId{7}));
}

TEST_F(KernelPathTest, ASessionClosedWhileItOpensIsTakenAway) {
  EXPECT_TRUE(open(7, 10));
  kernel.hold("connect_session");
  const auto opening = begin(7, 9);
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  kernel.release();
  turn_until([&] { return opening->has_value() && path->counters().sessions == 1; });
  ASSERT_FALSE(**opening);
  EXPECT_EQ((*opening)->error().operation, KernelOperation::cancel);
  EXPECT_EQ(kernel.objects(), (Calls{"management 7", "session 7/10", "session socket 7/10", "tunnel 7"}));
}

TEST_F(KernelPathTest, ASessionClosedBeforeTheKernelIsAtItNeverReachesIt) {
  kernel.hold("create_tunnel");
  const auto opening = begin(7, 9);
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  kernel.release();
  turn_until([&] { return opening->has_value(); });
  EXPECT_FALSE(**opening);
  EXPECT_EQ(kernel.count("create_session 7/9"), 0U);
}

TEST_F(KernelPathTest, ATunnelClosedWhileItIsMadeGoes) {
  kernel.hold("create_tunnel");
  const auto opening = begin(7, 9);
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  path->close_tunnel(protocol::TunnelId{7});
  kernel.release();
  turn_until([&] { return opening->has_value() && !path->has_tunnel(protocol::TunnelId{7}); });
  EXPECT_FALSE(**opening);
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, ATunnelClosedWhileASessionOpensWaitsForIt) {
  EXPECT_TRUE(open(7, 10));
  kernel.hold("connect_session 7/9");
  const auto opening = begin(7, 9);
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  path->close_tunnel(protocol::TunnelId{7});
  turn_until([&] { return path->counters().sessions == 0; });
  EXPECT_EQ(kernel.count("delete_tunnel 7"), 0U);
  kernel.release();
  turn_until([&] { return !path->has_tunnel(protocol::TunnelId{7}); });
  EXPECT_FALSE(**opening);
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, AnIdThatIsOnItsWayOutIsWaitedFor) {
  EXPECT_TRUE(open());
  kernel.hold("close session socket");
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  const auto again = begin(7, 9);
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  EXPECT_EQ(kernel.count("create_session 7/9"), 1U);
  kernel.release();
  turn_until([&] { return again->has_value(); });
  EXPECT_TRUE(**again);
  EXPECT_EQ(kernel.count("create_session 7/9"), 2U);
}

TEST_F(KernelPathTest, ATunnelIdThatIsOnItsWayOutIsWaitedFor) {
  EXPECT_TRUE(open());
  kernel.hold("delete_tunnel");
  path->close_tunnel(protocol::TunnelId{7});
  const auto again = begin(7, 9);
  turn_until([&] { return kernel.count("delete_tunnel 7") == 1; });
  EXPECT_EQ(kernel.count("create_tunnel 7"), 1U);
  kernel.release();
  turn_until([&] { return again->has_value(); });
  EXPECT_TRUE(**again);
  EXPECT_EQ(kernel.count("create_tunnel 7"), 2U);
}

TEST_F(KernelPathTest, ASessionThatIsOpenIsNotOpenedTwice) {
  EXPECT_TRUE(open());
  const Opened again = open();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().error, EEXIST);
  EXPECT_EQ(path->counters().sessions, 1U);
}

TEST_F(KernelPathTest, ClosingTwiceOrTheUnknownIsFine) {
  EXPECT_TRUE(open());
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{99});
  path->close_session(protocol::TunnelId{99}, protocol::SessionId{9});
  path->close_tunnel(protocol::TunnelId{99});
  finish();
  EXPECT_EQ(kernel.count("close session socket 7/9"), 1U);
}

TEST_F(KernelPathTest, NothingIsOpenedAfterTheEnd) {
  loop->run(path->close_all());
  const Opened opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().operation, KernelOperation::cancel);
  EXPECT_EQ(kernel.calls(), Calls());
}

TEST_F(KernelPathTest, TheEndWaitsForWhatIsStillBeingOpened) {
  kernel.hold("open_udp");
  const auto opening = begin();
  turn_until([&] { return workers->outstanding() > 0; });
  kernel.await_held();
  tasks->spawn(path->close_all());
  loop->turn(false);
  kernel.release();
  loop->run(join(tasks.get()));
  EXPECT_FALSE(**opening);
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, ATunnelThatTheKernelWillNotDeleteIsCountedAndGoesWithItsSocket) {
  EXPECT_TRUE(open());
  kernel.fail("delete_tunnel", EBUSY);
  path->close_tunnel(protocol::TunnelId{7});
  turn_until([&] { return !path->has_tunnel(protocol::TunnelId{7}); });
  EXPECT_EQ(path->counters().close_failed, 1U);
}

TEST_F(KernelPathTest, NoMoreSetUpsThanAllowedRunAtOnce) {
  make_path({.set_ups_at_once = 2});
  EXPECT_TRUE(open(7, 9));
  std::vector<std::shared_ptr<std::optional<Opened>>> openings;
  for (std::uint16_t id = 10; id < 30; ++id)
    openings.push_back(begin(7, id));
  turn_until([&] { return path->counters().sessions == 21; });
  EXPECT_LE(kernel.most_at_once(), 2U);
}

TEST_F(KernelPathTest, TooManyWaitingSetUpsAreRefused) {
  make_path({.set_ups_waiting_max = 2});
  kernel.hold("open_udp");
  const auto first = begin(7, 9);
  const auto second = begin(7, 10);
  const auto third = begin(7, 11);
  turn_until([&] { return third->has_value(); });
  ASSERT_FALSE(**third);
  EXPECT_EQ((*third)->error().operation, KernelOperation::queue);
  EXPECT_TRUE((*third)->error().temporary());
  kernel.release();
  turn_until([&] { return first->has_value() && second->has_value(); });
  EXPECT_TRUE(**second);
}

TEST_F(KernelPathTest, NothingIsLostWhenTheWorkersAreFull) {
  make_path({}, 1);
  std::vector<std::shared_ptr<std::optional<Opened>>> openings;
  for (std::uint16_t id = 10; id < 15; ++id)
    openings.push_back(begin(7, id));
  turn_until([&] { return path->counters().sessions == 5; });
  EXPECT_GT(path->counters().workers_full, 0U);
  finish();
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST_F(KernelPathTest, ChangesReachTheSession) {
  EXPECT_TRUE(open());
  EXPECT_TRUE(path->modify_session(protocol::TunnelId{7}, protocol::SessionId{9},
                                   {.send_sequence = true, .reorder_timeout = std::chrono::milliseconds(5)}));
  EXPECT_EQ(kernel.calls().back(), "set_sequencing -S 5");
  EXPECT_TRUE(path->modify_tunnel(protocol::TunnelId{7}, false));
  EXPECT_EQ(kernel.calls().back(), "set_checksums off");
}

TEST_F(KernelPathTest, AChangeThatComesWhileTheSessionOpensIsMadeThen) {
  kernel.hold("open_udp");
  const auto opening = begin();
  turn_until([&] { return workers->outstanding() > 0; });
  EXPECT_TRUE(path->modify_session(protocol::TunnelId{7}, protocol::SessionId{9}, {.receive_sequence = true}));
  kernel.release();
  turn_until([&] { return opening->has_value(); });
  EXPECT_EQ(kernel.calls().back(), "set_sequencing R- 0");
}

TEST_F(KernelPathTest, AChangeThatTheKernelRefusesNamesTheSession) {
  EXPECT_TRUE(open());
  kernel.fail("set_sequencing", EINVAL);
  const auto changed = path->modify_session(protocol::TunnelId{7}, protocol::SessionId{9}, {});
  ASSERT_FALSE(changed);
  EXPECT_EQ(to_string(changed.error()), "tunnel 7 session 9: set_session_option: Invalid argument");
}

TEST_F(KernelPathTest, ATunnelCountsWhatTheKernelCountedForIt) {
  kernel.set_statistics({.received_packets = 3, .received_out_of_sequence_discards = 1, .sent_octets = 100});
  EXPECT_TRUE(open());
  TunnelStatistics counted;
  counted.data_received_packets = 2; // those that the shard carried itself
  path->add_statistics(protocol::TunnelId{7}, counted);
  EXPECT_EQ(counted.data_received_packets, 5U);
  EXPECT_EQ(counted.data_received_out_of_sequence_discards, 1U);
  EXPECT_EQ(counted.data_sent_octets, 100U);
}

TEST_F(KernelPathTest, OnlyOpenSessionsHaveStatistics) {
  EXPECT_TRUE(open());
  const auto counted = path->statistics(protocol::TunnelId{7}, protocol::SessionId{9});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->sent_packets, 9U); // its own, and not the tunnel's
  EXPECT_FALSE(path->statistics(protocol::TunnelId{7}, protocol::SessionId{10}));
  path->close_session(protocol::TunnelId{7}, protocol::SessionId{9});
  EXPECT_FALSE(path->statistics(protocol::TunnelId{7}, protocol::SessionId{9}));
}

Task<void> wait_for(Event* event) {
  const bool set = co_await event->wait();
  static_cast<void>(set);
}

TEST_F(KernelPathTest, WhatArrivesAtATunnelsSocketIsHandedOver) {
  EXPECT_TRUE(open());
  const auto peer = open_udp_socket({.address = protocol::IpAddress::v4(127, 0, 0, 1)}, {});
  ASSERT_TRUE(peer);
  SocketAddress to;
  const socklen_t length = to_socket_address(kernel.udp_of(7), to);
  const std::string message("\xc8\x02\x00\x0c\x00\x07\x00\x00\x00\x00\x00\x00", 12);
  ASSERT_EQ(::sendto(peer->fd.get(), message.data(), message.size(), 0, &to.any, length), 12);
  loop->run(wait_for(&sink.any));
  EXPECT_EQ(sink.last, message);
  EXPECT_EQ(sink.last_route.socket, 3U);
  EXPECT_EQ(sink.last_route.path, (protocol::Path{.local = kernel.udp_of(7), .peer = peer->local}));
  EXPECT_EQ(path->counters().control_messages, 1U);
  EXPECT_EQ(path->counters().data_messages, 0U);
}

} // namespace
} // namespace openl2tp::runtime::testing
