// No session may get an address that leads the packets of its own tunnel into itself.
#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::Parameters;

class PppEndpoint : public test::TwoShards {
 protected:
  PppEndpoint() {
    ends(lns_parameters, "192.0.2.1", "198.51.100.7");
    ends(lac_parameters, "198.51.100.7", "192.0.2.1");
  }
  static void ends(Parameters& parameters, const char* local, const char* peer) {
    Parameters::put(parameters.params.local_address, parameters.params.local_address_length, local);
    Parameters::put(parameters.params.peer_address, parameters.params.peer_address_length, peer);
  }
  /// A call that must not come up at `host`. @return why
  std::string refusal(test::FakeHost& host) {
    call(1, "alice", "wonderland");
    run();
    pass(3'000);
    EXPECT_EQ(host.peers.empty(), !host.downs.empty());
    return host.downs.empty() ? "up" : std::to_string(host.downs[0].result) + " " + host.downs[0].reason;
  }
  [[nodiscard]] bool has_route(const test::FakeNetwork& network, const std::string& to) const {
    return std::any_of(network.log.begin(), network.log.end(), [&](const std::string& line) {
      return line.starts_with("route " + to) || line.ends_with(" to " + to);
    });
  }
};

TEST_F(PppEndpoint, CallerWithAnOrdinaryAddressComesUp) { EXPECT_EQ(refusal(lns_host), "up"); }

TEST_F(PppEndpoint, CallerMayNotHaveTheAddressOfItsLacFromTheSecrets) {
  write_secrets("alice * wonderland 198.51.100.7\n");
  EXPECT_EQ(refusal(lns_host),
            "4 the peer's address 198.51.100.7 is its end of the tunnel: the tunnel would carry itself");
  EXPECT_FALSE(has_route(lns_network, "198.51.100.7"));
}

TEST_F(PppEndpoint, CallerMayNotHaveTheAddressOfItsLacFromAPool) {
  write_secrets("alice * wonderland\n");
  configure("pool callers 198.51.100.7\n");
  lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_IP_POOL_NAME;
  Parameters::put(lns_parameters.profile.ip_pool_name, lns_parameters.profile.ip_pool_name_length, "callers");
  EXPECT_EQ(refusal(lns_host),
            "4 the peer's address 198.51.100.7 is its end of the tunnel: the tunnel would carry itself");
  EXPECT_EQ(configuration.pools().held(), 0U);
}

TEST_F(PppEndpoint, CallerMayNotHaveTheAddressOfItsLacFromTheProfile) {
  write_secrets("alice * wonderland\n");
  lns_parameters.address(OPENL2TP_PPP_GIVEN_PEER_ADDRESS, lns_parameters.profile.peer_address, {198, 51, 100, 7});
  EXPECT_THROW(Session(*lns, 1, lns_parameters.params), std::invalid_argument);
}

TEST_F(PppEndpoint, CallerMayNotHaveOurEndOfTheTunnel) {
  write_secrets("alice * wonderland 192.0.2.1\n");
  EXPECT_EQ(refusal(lns_host), "4 the peer's address 192.0.2.1 is our end of the tunnel");
}

TEST_F(PppEndpoint, CallerMayNotHaveOurOwnAddress) {
  write_secrets("alice * wonderland 10.0.0.1\n");
  EXPECT_EQ(refusal(lns_host), "4 both ends would have the address 10.0.0.1");
}

/// The LNS uses one address for its tunnels and for PPP.
TEST_F(PppEndpoint, LnsThatWeDialMayNotHaveItsEndOfTheTunnel) {
  lns_parameters.address(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS, lns_parameters.profile.local_address, {192, 0, 2, 1});
  EXPECT_EQ(refusal(lac_host),
            "4 the peer's address 192.0.2.1 is its end of the tunnel: the tunnel would carry itself");
  EXPECT_FALSE(has_route(lac_network, "192.0.2.1"));
  EXPECT_TRUE(lns_host.logged("local_ipaddr 192.0.2.1 is also our end of the tunnel"));
}

TEST_F(PppEndpoint, LnsThatWeDialMayNotGiveUsItsEndOfTheTunnel) {
  lns_parameters.params.peer_address_length = 0; // an LNS that does not look
  lns_parameters.params.local_address_length = 0;
  write_secrets("alice * wonderland 192.0.2.1\n");
  EXPECT_EQ(refusal(lac_host),
            "4 our address 192.0.2.1 would be the peer's end of the tunnel: the tunnel would not reach it");
}

TEST_F(PppEndpoint, LinkLocalAddressOfTheTunnelIsNoPeers) {
  const auto dial = [&](openl2tp_session_token token) { // with the same identifiers each time
    lns_host.random = ppp::testing_support::SeededRandom(1);
    lac_host.random = ppp::testing_support::SeededRandom(2);
    call(token, "alice", "wonderland");
    run();
    return lns_sessions[token]->link().facts().peer_interface_id;
  };
  const std::uint64_t id = dial(1);
  const std::string taken = IpAddress(ppp::Network::ipv6, id).text();
  EXPECT_TRUE(has_route(lns_network, taken));
  hang_up(1);
  lns_network.log.clear();
  ends(lns_parameters, "2001:db8::1", taken.c_str()); // now it is the tunnel's
  ASSERT_EQ(dial(2), id);
  EXPECT_TRUE(lns_host.logged("the peer's IPv6 address is its end of the tunnel: the tunnel would carry itself"));
  EXPECT_FALSE(has_route(lns_network, taken));
  EXPECT_TRUE(has_route(lns_network, "10.0.0.10")) << "IPv4 has nothing to do with it";
}

/// Notes the routes that are asked for, with the far end of the tunnel.
struct Watching final : Network {
  test::FakeNetwork inner;
  std::vector<std::string> seen;
  std::string run(const Request& request) override {
    if (request.kind == Request::Kind::add_route || request.kind == Request::Kind::remove_route)
      seen.push_back(std::string(request.kind == Request::Kind::add_route ? "add " : "remove ") +
                     request.endpoint.text());
    return inner.run(request);
  }
};

TEST_F(PppEndpoint, RouteBesideADefaultRouteGoesAlsoWhereNoWorkerIsLeft) {
  lac_parameters.profile.options |= OPENL2TP_PPP_DEFAULT_ROUTE;
  Watching watching;
  Surroundings side{watching, lac_configuration, {secrets_, secrets_}, "lac"};
  lac = std::make_unique<Shard>(lac_host.host(), lac_host.loop(), 0, 1, side);
  call(1, "alice", "wonderland");
  run();
  lac_host.workers_busy = true; // as in a shard that ends
  lac_sessions.clear();
  lac.reset();
  EXPECT_EQ(watching.seen, (std::vector<std::string>{"add 192.0.2.1", "remove 192.0.2.1"}));
}

TEST_F(PppEndpoint, PathIsToldOfTheFarEnd) {
  lac_parameters.profile.options |= OPENL2TP_PPP_DEFAULT_ROUTE;
  Watching watching;
  Surroundings side{watching, lac_configuration, {secrets_, secrets_}, "lac"};
  lac = std::make_unique<Shard>(lac_host.host(), lac_host.loop(), 0, 1, side);
  call(1, "alice", "wonderland");
  run();
  EXPECT_EQ(watching.seen, (std::vector<std::string>{"add 192.0.2.1"}));
  hang_up(1);
  EXPECT_EQ(watching.seen.back(), "remove 192.0.2.1") << "what is beside the device does not go with it";
  lac.reset();
}

// ---- an LNS without an address

TEST_F(PppEndpoint, LnsWithoutAnAddressSaysSoOncePerProfile) {
  lns_parameters.profile.given &= ~OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS;
  const auto said = [&] {
    return std::count_if(lns_host.lines.begin(), lns_host.lines.end(), [](const std::string& line) {
      return line.find("no local_ipaddr, so callers have no IPv4") != std::string::npos;
    });
  };
  call(1, "alice", "wonderland");
  run();
  EXPECT_EQ(said(), 1);
  call(2, "bob", "builder");
  run();
  EXPECT_EQ(said(), 1);
  Parameters::put(lns_parameters.profile.profile_name, lns_parameters.profile.profile_name_length, "other");
  call(3, "bob", "builder");
  run();
  EXPECT_EQ(said(), 2);
}

} // namespace
} // namespace openl2tp::ppp_kernel
