// Which scripts a session runs, when, and what they are told.
#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::alice;
using test::lns_address;
using test::packet;
using test::Parameters;

class PppSessionScripts : public test::TwoShards {
 protected:
  PppSessionScripts() {
    configure("script ip-up /up\nscript ip-down /down\n");
    Parameters::put(lns_parameters.params.tunnel_name, lns_parameters.params.tunnel_name_length, "t1");
    lns_parameters.params.tx_bps = 1'000'000;
  }
};

TEST_F(PppSessionScripts, RunWhenItsNetworkComesUpAndGoesDown) {
  call(1, "alice", "wonderland");
  run();
  ASSERT_EQ(lns_host.children.size(), 1U);
  EXPECT_EQ(lns_host.children[0]->arguments,
            (std::vector<std::string>{"/up", "l2tp0", "l2tp-7-9", "1000000", "10.0.0.1", "10.0.0.10", "l2tp-t1"}));
  EXPECT_EQ(lns_host.children[0]->variable("PEERNAME"), "alice");
  lns_host.end(0);
  lac_network.put("l2tp0", packet(alice, lns_address, 80));
  read_devices();
  pass(7'000);
  hang_up(1);
  ASSERT_EQ(lns_host.children.size(), 2U);
  const auto& down = *lns_host.children[1];
  EXPECT_EQ(down.arguments,
            (std::vector<std::string>{"/down", "l2tp0", "l2tp-7-9", "1000000", "10.0.0.1", "10.0.0.10", "l2tp-t1"}));
  EXPECT_EQ(down.variable("CONNECT_TIME"), "7");
  EXPECT_EQ(down.variable("BYTES_RCVD"), "100");
  EXPECT_EQ(down.variable("BYTES_SENT"), "0");
}

TEST_F(PppSessionScripts, GoDownOnceWhoeverEndsTheSession) {
  call(1, "alice", "wonderland");
  run();
  lns_host.end(0);
  lac_sessions[1]->closing(0); // the peer terminates, and then the daemon closes
  lac_sessions.erase(1);
  run();
  lns_sessions.erase(1);
  run();
  EXPECT_EQ(lns_host.children.size(), 2U);
}

TEST_F(PppSessionScripts, OfIpv6RunApartWithLinkLocalAddresses) {
  configure("script ipv6-up /up6\nscript ipv6-down /down6\n");
  call(1, "alice", "wonderland");
  run();
  ASSERT_EQ(lns_host.children.size(), 1U);
  EXPECT_EQ(lns_host.children[0]->path, "/up6");
  const std::string local = lns_host.children[0]->variable("LLLOCAL"),
                    peer = lns_host.children[0]->variable("LLREMOTE");
  EXPECT_TRUE(local.starts_with("fe80::") && peer.starts_with("fe80::") && local != peer) << local << " " << peer;
  EXPECT_EQ(lns_host.children[0]->arguments[4], local);
  lns_host.end(0);
  hang_up(1);
  ASSERT_EQ(lns_host.children.size(), 2U);
  EXPECT_EQ(lns_host.children[1]->path, "/down6");
  EXPECT_EQ(lns_host.children[1]->variable("LLREMOTE"), peer);
}

TEST_F(PppSessionScripts, AreNotRunForACallThatFails) {
  call(1, "alice", "looking-glass");
  run();
  pass(3'000);
  hang_up(1);
  EXPECT_TRUE(lns_host.children.empty());
}

TEST_F(PppSessionScripts, AreNotRunWhereNobodyNamesAny) {
  configure("");
  call(1, "alice", "wonderland");
  run();
  hang_up(1);
  EXPECT_TRUE(lns_host.children.empty());
}

} // namespace
} // namespace openl2tp::ppp_kernel
