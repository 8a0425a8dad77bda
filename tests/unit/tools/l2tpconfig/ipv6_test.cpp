// Addresses of IPv6, which the messages of the interface cannot carry: tunnels, profiles, peers, saved configurations.
#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/script.hpp"

namespace openl2tp {
namespace {

using cli::Status;

runtime::IpAddress address(std::string_view text) { return protocol::parse_ip_address(text).value(); }

class Ipv6 : public test::CommandTest {
 protected:
  void there_is_a_tunnel() {
    runtime::TunnelReport tunnel = test::full_tunnel();
    tunnel.local.address = address("2001:db8::2");
    tunnel.peer_endpoint.address = address("2001:db8::1");
    tunnel.supplied.peer_addr = tunnel.peer_endpoint.address;
    tunnel.supplied.our_addr = tunnel.local.address;
    control_.tunnels = {tunnel};
  }
  bool prints(const std::string& line, const std::string& part) {
    const std::string out = output_of(line);
    EXPECT_NE(out.find(part), std::string::npos) << line << "\n" << out;
    return out.find(part) != std::string::npos;
  }
};

TEST_F(Ipv6, TunnelIsCreatedWithBothAddresses) {
  EXPECT_EQ(run("tunnel create dest_ipaddr=2001:db8::1 src_ipaddr=2001:DB8:0::2 hello_timeout=7"), Status::done);
  EXPECT_EQ(control_.tunnel_parameters.peer_addr, address("2001:db8::1"));
  EXPECT_EQ(control_.tunnel_parameters.our_addr, address("2001:db8::2"));
  EXPECT_EQ(control_.tunnel_parameters.hello_timeout_s, 7u);
  EXPECT_EQ(err_.str(), "Created tunnel 1\n");
}

TEST_F(Ipv6, TunnelWithoutSourceAddressGetsNone) {
  EXPECT_EQ(run("tunnel create dest_ipaddr=2001:db8::1"), Status::done);
  EXPECT_FALSE(control_.tunnel_parameters.our_addr.has_value());
}

TEST_F(Ipv6, RefusalOfATunnelIsExplained) {
  control_.fault = runtime::ControlFault::invalid_argument;
  control_.fault_detail = "why";
  expect("tunnel create dest_ipaddr=2001:db8::1", Status::failed, "Error at or near 'create'\n",
         "Operation failed: Invalid argument\nwhy\n");
}

TEST_F(Ipv6, TunnelIsShownAndListed) {
  there_is_a_tunnel();
  EXPECT_TRUE(prints("tunnel show tunnel_id=50199", "Tunnel 50199, from 2001:db8::2 to 2001:db8::1:-\n"));
  EXPECT_TRUE(prints("tunnel list", "   50199      2001:db8::1      2001:db8::2    35189 "));
  EXPECT_TRUE(prints("tunnel list peer_ipaddr=2001:DB8::1 local_only", "50199"));
  EXPECT_EQ(output_of("tunnel list peer_ipaddr=2001:db8::3"), "");
  EXPECT_EQ(output_of("tunnel list peer_ipaddr=192.0.2.1"), "");
}

TEST_F(Ipv6, JsonHasTheAddressesToo) {
  there_is_a_tunnel();
  context_.json = true;
  const auto tunnel = cli::Json::parse(output_of("tunnel show tunnel_id=50199"));
  EXPECT_EQ(tunnel["peer_ipaddr"], "2001:db8::1");
  EXPECT_EQ(tunnel["local_ipaddr"], "2001:db8::2");
  EXPECT_EQ(tunnel["config"]["dest_ipaddr"], "2001:db8::1");
  EXPECT_EQ(cli::Json::parse(output_of("tunnel list"))[0], tunnel);
  ASSERT_EQ(run("peer profile create profile_name=p peer_ipaddr=2001:db8::1"), Status::done);
  const auto profile = cli::Json::parse(output_of("peer profile show profile_name=p"));
  EXPECT_EQ(profile["config"]["peer_ipaddr"], "2001:db8::1");
}

TEST_F(Ipv6, Ipv4TunnelsCostNoSecondCall) {
  control_.tunnels = {test::full_tunnel()};
  (void)output_of("tunnel show tunnel_id=50199");
  EXPECT_EQ(control_.calls, 1);
}

TEST_F(Ipv6, DaemonWithoutTheProceduresShowsWhatItKnows) {
  there_is_a_tunnel();
  stub_.highest_procedure = 99;
  EXPECT_TRUE(prints("tunnel show tunnel_id=50199", "from 0.0.0.0 to 0.0.0.0:-\n"));
  EXPECT_EQ(run("tunnel create dest_ipaddr=2001:db8::1"), Status::failed);
  EXPECT_NE(err_.str().find("Procedure unavailable"), std::string::npos);
}

TEST_F(Ipv6, PeerProfileTakesAddressAndNetmask) {
  ASSERT_EQ(run("peer profile create profile_name=p peer_ipaddr=2001:db8:1:: netmask=ffff:ffff:ffff:: lac_lns=lns"),
            Status::done);
  EXPECT_EQ(err_.str(), "Created peer profile p\n");
  EXPECT_TRUE(prints("peer profile show profile_name=p", "  address: 2001:db8:1::, port default\n"
                                                         "  netmask: ffff:ffff:ffff::\n"
                                                         "  mode -/LNS\n"));
  ASSERT_EQ(run("peer profile modify profile_name=p peer_ipaddr=2001:db8:2:: peer_port=1702"), Status::done);
  EXPECT_EQ(err_.str(), "Modified peer profile p\n");
  EXPECT_TRUE(prints("peer profile show profile_name=p", "  address: 2001:db8:2::, port 1702\n"));
}

TEST_F(Ipv6, PeerProfileThatCannotHaveTheAddressesDoesNotCome) {
  expect("peer profile create profile_name=p peer_ipaddr=2001:db8:: netmask=255.255.0.0", Status::failed,
         "Error at or near 'create'\n",
         "Operation failed: Invalid argument\nnetmask: 255.255.0.0, allowed masks of the family of 2001:db8::\n");
  EXPECT_EQ(run("peer profile show profile_name=p"), Status::failed);
}

TEST_F(Ipv6, ProfileThatExistsIsNotRemovedByAnotherCreate) {
  ASSERT_EQ(run("peer profile create profile_name=p peer_ipaddr=2001:db8::1"), Status::done);
  EXPECT_EQ(run("peer profile create profile_name=p peer_ipaddr=2001:db8::2"), Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Profile already exists\n");
  EXPECT_TRUE(prints("peer profile show profile_name=p", "address: 2001:db8::1,"));
}

TEST_F(Ipv6, PeerProfileChangesItsFamily) {
  ASSERT_EQ(run("peer profile create profile_name=p peer_ipaddr=2001:db8:: netmask=ffff:ffff::"), Status::done);
  ASSERT_EQ(run("peer profile modify profile_name=p peer_ipaddr=10.0.0.0 netmask=255.0.0.0"), Status::done);
  EXPECT_TRUE(prints("peer profile show profile_name=p", "  address: 10.0.0.0, port default\n  netmask: 255.0.0.0\n"));
  ASSERT_EQ(run("peer profile unset profile_name=p peer_ipaddr netmask"), Status::done);
  EXPECT_TRUE(prints("peer profile show profile_name=p", "  address: ANY, port default\n  mode"));
}

TEST_F(Ipv6, TunnelProfileTakesBothAddresses) {
  ASSERT_EQ(run("tunnel profile create profile_name=p src_ipaddr=2001:db8::2 dest_ipaddr=2001:db8::1"), Status::done);
  const std::string shown = output_of("tunnel profile show profile_name=p");
  EXPECT_NE(shown.find("  local IP address: 2001:db8::2\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("  peer IP address: 2001:db8::1\n"), std::string::npos) << shown;
}

TEST_F(Ipv6, PppProfileHoldsIpv4Alone) {
  EXPECT_EQ(run("ppp profile create profile_name=p dns_ipaddr_pri=2001:db8::1"), Status::usage);
  EXPECT_NE(err_.str().find("dns_ipaddr_pri: '2001:db8::1', expected an IPv4 address"), std::string::npos);
}

TEST_F(Ipv6, PeersAreListedAndShown) {
  control_.peers = {{runtime::IpAddress::v4(192, 0, 2, 2), runtime::IpAddress::v4(192, 0, 2, 1), 1},
                    {address("2001:db8::2"), address("2001:db8::1"), 2},
                    {address("2001:db8::3"), address("2001:db8::1"), 3}};
  EXPECT_EQ(output_of("peer list"), "Local            Remote          \n"
                                    "192.0.2.2        192.0.2.1       \n"
                                    "2001:db8::2      2001:db8::1     \n"
                                    "2001:db8::3      2001:db8::1     \n");
  EXPECT_EQ(output_of("peer show peer_ipaddr=2001:db8::1"),
            "Peer 2001:db8::1, local 2001:db8::2:-\n  number active tunnels: 5\n");
  EXPECT_EQ(output_of("peer show peer_ipaddr=2001:db8::1 local_ipaddr=2001:db8::3"),
            "Peer 2001:db8::1, local 2001:db8::3:-\n  number active tunnels: 3\n");
  expect("peer show peer_ipaddr=2001:db8::9", Status::failed, "Error at or near 'show'\n",
         "Operation failed: Peer not found\n");
}

TEST_F(Ipv6, DaemonWithoutTheProceduresListsPeersOfIpv4) {
  control_.peers = {{runtime::IpAddress::v4(192, 0, 2, 2), runtime::IpAddress::v4(192, 0, 2, 1), 1}};
  stub_.highest_procedure = 99;
  EXPECT_EQ(output_of("peer list"), "Local            Remote          \n192.0.2.2        192.0.2.1       \n");
}

TEST_F(Ipv6, WhatIsSavedComesBack) {
  control_.ids = {};
  ASSERT_EQ(run("peer profile create profile_name=\"a b\" peer_ipaddr=2001:db8:1:: netmask=ffff:ffff:ffff::"),
            Status::done);
  ASSERT_EQ(run("tunnel profile create profile_name=tp dest_ipaddr=2001:db8::1 hello_timeout=8"), Status::done);
  const std::string first = output_of("config save");
  EXPECT_NE(first.find("peer_ipaddr=2001:db8:1:: \\\n"), std::string::npos) << first;
  control_.profile_store.reset();
  EXPECT_NE(output_of("config save"), first);
  ASSERT_EQ(cli::run_script(context_, first, "FILE", cli::Dialect::saved), Status::done) << err_.str();
  EXPECT_EQ(output_of("config save"), first);
  ASSERT_EQ(cli::run_script(context_, first, "FILE", cli::Dialect::saved), Status::done) << err_.str(); // onto itself
  EXPECT_EQ(output_of("config save"), first);
}

TEST_F(Ipv6, SavedTunnelNamesItsAddresses) {
  there_is_a_tunnel();
  control_.ids = {};
  context_.secrets = true;
  const std::string saved = output_of("config save");
  EXPECT_NE(saved.find("tunnel create tunnel_name=t1 dest_ipaddr=2001:db8::1 \\\n"), std::string::npos) << saved;
  EXPECT_NE(saved.find("\tsrc_ipaddr=2001:db8::2 \\\n"), std::string::npos) << saved;
}

} // namespace
} // namespace openl2tp
