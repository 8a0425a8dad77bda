// The end of a daemon: StopCCN to every tunnel, acknowledgements, the deadline, and Control afterwards.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using std::chrono::milliseconds;
using testing::by_id;
using testing::eventually;
using testing::fails_with;
using testing::here;
using testing::TwoDaemons;

class ServiceShutdown : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceShutdown, ::testing::Values(1, 4));

TEST_P(ServiceShutdown, TellsEveryPeerAndWaitsForTheAcknowledgements) {
  for (int i = 0; i < 8; ++i)
    ASSERT_NE(pair_.open(), 0);
  pair_.lac.stop(); // without the acknowledgements the retries would last longer than the test waits for below
  ASSERT_TRUE(eventually([&] { return pair_.lns.tunnels().empty(); }));
  EXPECT_EQ(pair_.lns.system().counters.messages[static_cast<std::size_t>(protocol::MessageType::stopccn)].received,
            8u);
  EXPECT_TRUE(pair_.lns.logged("is down: peer request, result 6")); // ends the daemon
}

TEST_P(ServiceShutdown, EndsAtItsDeadlineWhenThePeerIsSilent) {
  auto parameters = TwoDaemons::to(here(9));
  parameters.retry_timeout_s = 60;
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(pair_.lac.control().tunnel_create(parameters));
  pair_.lac.stop(milliseconds(100)); // returns at all: the retries would take minutes
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_list(), ControlFault::shutting_down));
}

TEST_P(ServiceShutdown, ASecondStopDoesNothing) {
  ASSERT_NE(pair_.open(), 0);
  pair_.lac.stop();
  pair_.lac.stop();
  pair_.lac.stop(milliseconds(0));
}

TEST_P(ServiceShutdown, ControlAnswersThatTheDaemonEnded) {
  const std::uint16_t id = pair_.open();
  pair_.lac.stop();
  Control& control = pair_.lac.control();
  EXPECT_TRUE(fails_with(control.system_get(), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.system_modify({.drain = true}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.tunnel_create(TwoDaemons::to_lns()), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.tunnel_get(by_id(id)), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.tunnel_modify(by_id(id), {}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.tunnel_delete(by_id(id), {}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.tunnel_list(), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.session_create(by_id(id), {}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.session_get(by_id(id, 1)), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.session_modify(by_id(id, 1), {}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.session_delete(by_id(id, 1), {}), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.session_list(by_id(id)), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.peer_list(), ControlFault::shutting_down));
  EXPECT_TRUE(fails_with(control.user_list(), ControlFault::shutting_down));
  EXPECT_TRUE(control.profiles().create<TunnelProfileParameters>("late", {})); // concerns no shard
}

TEST_P(ServiceShutdown, ControlMayBeCalledWhileTheDaemonEnds) {
  std::atomic<bool> refused{false};
  std::thread caller([&] {
    while (!refused) {
      const auto made = pair_.lac.control().tunnel_create(TwoDaemons::to_lns());
      if (made) static_cast<void>(pair_.lac.control().tunnel_get(by_id(*made)));
      if (!made && made.error().fault == ControlFault::shutting_down) refused = true;
    }
  });
  EXPECT_TRUE(eventually([&] { return pair_.lns.tunnels_in("ESTABLISHED") > 3; }));
  pair_.lac.stop();
  caller.join();
  EXPECT_TRUE(refused);
}

TEST_P(ServiceShutdown, PeersGetNoTunnelOfADaemonThatEnds) {
  auto silent = TwoDaemons::to(here(9));
  silent.retry_timeout_s = 60;
  const auto waits = pair_.lns.control().tunnel_create(silent);
  ASSERT_TRUE(waits);
  std::thread stopper([&] { pair_.lns.stop(milliseconds(400)); }); // all of it, for the silent peer
  ASSERT_TRUE(eventually([&] { return pair_.lns.state(*waits) == "CLOSING"; }));
  const auto late = pair_.lac.control().tunnel_create(TwoDaemons::to_lns());
  ASSERT_TRUE(late);
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(*late) != "WAITCTLREPLY"; }));
  EXPECT_NE(pair_.lac.state(*late), "ESTABLISHED");
  stopper.join();
}

} // namespace
} // namespace openl2tp::runtime
