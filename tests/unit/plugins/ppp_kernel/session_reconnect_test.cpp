// Users that call again, at once or while their last call lingers: on one shard and on two, with a kernel that does
// what it is asked for late, and each shard's requests in an order of their own.
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::FakeHost;
using test::FakeNetwork;
using test::Parameters;

/// Routes as the kernel has them: one to an address, on one device.
class RoutedNetwork final : public Network {
 public:
  FakeNetwork devices;
  std::map<std::uint64_t, const Device*> routes; // of IPv4

  std::string run(const Request& request) override {
    using Kind = Request::Kind;
    const bool v4 = request.peer.network == ppp::Network::ipv4 && !request.peer.empty();
    if (request.kind == Kind::add_route && v4 && request.device->fd.get() >= 0 &&
        !routes.emplace(request.peer.value, request.device.get()).second)
      return "the route: Object exists";
    if (request.kind == Kind::remove_route && v4) {
      const auto found = routes.find(request.peer.value);
      if (found != routes.end() && found->second == request.device.get()) routes.erase(found);
    }
    if (request.kind == Kind::close_device)
      std::erase_if(routes, [&](const auto& route) { return route.second == request.device.get(); });
    return devices.run(request);
  }
};

class PppReconnect : public test::TwoShards {
 protected:
  /// Two shards of one LNS.
  struct Side {
    FakeHost host;
    std::unique_ptr<Shard> shard;
    Sessions sessions;
  };

  PppReconnect() {
    write_secrets("* * word\nalice * word 10.0.0.10\n");
    configure("pool callers 10.0.0.50-10.0.0.52\n");
    lns_side->host_name = "lns";
    both = std::make_unique<Surroundings>(Surroundings{network, configuration, {secrets_, secrets_}, "lns"});
    for (Side& side : sides)
      side.shard = std::make_unique<Shard>(side.host.host(), side.host.loop(), 0, 2, *both);
    lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_IP_POOL_NAME;
    Parameters::put(lns_parameters.profile.ip_pool_name, lns_parameters.profile.ip_pool_name_length, "callers");
  }
  ~PppReconnect() override {
    for (Side& side : sides)
      side.sessions.clear();
    rest();
    for (Side& side : sides)
      side.shard.reset();
    rest();
  }

  void dial(Side& side, openl2tp_session_token token, const char* user) {
    Parameters::put(lac_parameters.params.user_name, lac_parameters.params.user_name_length, user);
    Parameters::put(lac_parameters.params.user_password, lac_parameters.params.user_password_length, "word");
    side.sessions[token] = std::make_unique<Session>(*side.shard, token, lns_parameters.params);
    lac_sessions[token] = std::make_unique<Session>(*lac, token, lac_parameters.params);
  }
  /// The LNS's end goes, as when its tunnel is cleared: what the kernel has of it is still to be taken away.
  void cut(openl2tp_session_token token) {
    for (Side& side : sides)
      if (side.sessions.contains(token)) {
        side.sessions[token]->closing(0);
        side.sessions.erase(token);
      }
    if (lac_sessions.contains(token)) lac_sessions[token]->closing(0);
    lac_sessions.erase(token);
  }

  static bool run_calls(FakeHost& host) {
    const auto posted = std::exchange(host.calls, {});
    for (const auto& [call, user] : posted)
      call(user);
    return !posted.empty();
  }
  /// One work, which need not be the first: those of a shard may run in any order.
  static bool run_a_work(FakeHost& host, std::size_t which) {
    if (host.works.empty()) return false;
    const auto place = host.works.begin() + static_cast<std::ptrdiff_t>(which % host.works.size());
    const auto [work, done, user] = *place;
    host.works.erase(place);
    work(user);
    host.calls.emplace_back(done, user);
    return true;
  }
  bool exchange_frames() {
    bool any = false;
    for (Side& side : sides) {
      for (auto& [token, frame] : std::exchange(side.host.sent, {}))
        if (lac_sessions.contains(token)) lac_sessions[token]->frame(frame), any = true;
    }
    for (auto& [token, frame] : std::exchange(lac_host.sent, {}))
      for (Side& side : sides)
        if (side.sessions.contains(token)) side.sessions[token]->frame(frame), any = true;
    return any;
  }
  /// Until nothing moves; `held_back`: its workers have not come to it yet.
  void rest(const FakeHost* held_back = nullptr) {
    for (int turns = 0; turns < 2'000; ++turns) {
      bool any = exchange_frames();
      for (FakeHost* host : {&sides[0].host, &sides[1].host, &lac_host}) {
        any = run_calls(*host) || any;
        if (host != held_back) any = run_a_work(*host, 0) || any;
      }
      if (!any) return;
    }
    FAIL() << "it never rests";
  }
  void pass_time(std::uint64_t ms, const FakeHost* held_back = nullptr) {
    for (FakeHost* host : {&sides[0].host, &sides[1].host, &lac_host})
      host->pass(ms);
    rest(held_back);
  }
  [[nodiscard]] std::string address_of(openl2tp_session_token token) const {
    for (const Side& side : sides)
      if (side.sessions.contains(token) && side.host.peers.contains(token)) return side.host.peers.at(token);
    return "not up";
  }
  [[nodiscard]] bool routed(const std::string& address) const {
    return network.routes.contains(ppp::Ipv4::parse(address)->value);
  }

  RoutedNetwork network;
  std::unique_ptr<Surroundings> both;
  std::array<Side, 2> sides{Side{FakeHost{11}, nullptr, {}}, Side{FakeHost{12}, nullptr, {}}};
};

TEST_F(PppReconnect, AddressIsFreeOnlyWhenTheKernelHasNothingOfItAnyMore) {
  openl2tp_session_token token = 0;
  for (const char* user : {"alice", "bob"}) { // a fixed address, and one of the pool
    SCOPED_TRACE(user);
    const openl2tp_session_token first = ++token, second = ++token;
    dial(sides[0], first, user);
    rest();
    const std::string address = address_of(first);
    ASSERT_TRUE(routed(address));
    cut(first);
    dial(sides[1], second, user);
    rest(&sides[0].host); // whose last request waits for a worker
    EXPECT_EQ(address_of(second), "not up");
    rest();
    EXPECT_EQ(address_of(second), address);
    EXPECT_TRUE(routed(address));
    cut(second);
    rest();
    EXPECT_FALSE(routed(address));
  }
  EXPECT_EQ(configuration.pools().held(), 0U);
}

TEST_F(PppReconnect, EverySessionThatIsUpHasItsRouteInWhateverOrderWorkersRun) {
  std::mt19937 random(20'260);
  openl2tp_session_token token = 0;
  std::map<std::string, openl2tp_session_token> calls;
  const std::array<const char*, 4> users{"alice", "bob", "carol", "dave"};
  int up = 0;
  for (int round = 0; round < 600; ++round) {
    const char* user = users[random() % users.size()];
    if (calls.contains(user)) cut(calls[user]);
    calls[user] = ++token;
    dial(sides[random() % 2], token, user);
    for (unsigned steps = random() % 40; steps > 0; --steps) { // somewhere in between the next one calls
      switch (random() % 4) {
      case 0: exchange_frames(); break;
      case 1: run_calls(sides[random() % 2].host); break;
      case 2: run_a_work(sides[random() % 2].host, 0); break;
      case 3:
        run_calls(lac_host);
        run_a_work(lac_host, 0);
        break;
      }
    }
    if (round % 5 != 4) continue;
    rest();
    for (const auto& [name, call] : calls) {
      const std::string address = address_of(call);
      if (address == "not up") continue; // a frame of it was lost; time is not passing here
      ++up;
      ASSERT_TRUE(routed(address)) << name << " " << address << " in round " << round;
    }
  }
  EXPECT_GT(up, 200);
  for (const auto& [user, call] : calls)
    cut(call);
  rest();
  EXPECT_TRUE(network.routes.empty());
  EXPECT_EQ(configuration.pools().held(), 0U);
}

TEST_F(PppReconnect, WhoWaitsForAnAddressThatNeverComesIsToldSo) {
  dial(sides[0], 1, "alice");
  rest();
  cut(1);
  dial(sides[1], 2, "alice");
  rest(&sides[0].host); // its worker hangs
  for (int i = 0; i < 14; ++i)
    pass_time(1'000, &sides[0].host);
  ASSERT_FALSE(sides[1].host.downs.empty());
  EXPECT_EQ(sides[1].host.downs[0].result, 4);
  EXPECT_EQ(sides[1].host.downs[0].reason, "the address that it is to have is not free in time");
}

// ---- a call that lingers

TEST_F(PppReconnect, ReturningUserReplacesItsDeadSessionOnEitherShard) {
  for (const std::size_t other : {0U, 1U}) {
    const openl2tp_session_token dead = 10 + 2 * other, back = dead + 1;
    dial(sides[0], dead, "alice");
    rest();
    lac_sessions.erase(dead); // gone without a word
    dial(sides[other], back, "alice");
    rest();
    EXPECT_EQ(address_of(back), "10.0.0.10");
    EXPECT_TRUE(routed("10.0.0.10"));
    ASSERT_FALSE(sides[0].host.downs.empty());
    EXPECT_EQ(sides[0].host.downs.back().token, dead);
    EXPECT_EQ(sides[0].host.downs.back().result, 3);
    EXPECT_EQ(sides[0].host.downs.back().reason, "the user has called again");
    EXPECT_TRUE(sides[0].host.logged("user \"alice\" has called again"));
    cut(dead);
    cut(back);
    rest();
  }
}

TEST_F(PppReconnect, ReturningUserIsRefusedWhereTheProfileSaysSo) {
  configure("pool callers 10.0.0.50-10.0.0.52\nprofile default same_user=refuse\n");
  dial(sides[0], 1, "alice");
  rest();
  dial(sides[1], 2, "alice");
  rest();
  pass_time(4'000);
  EXPECT_EQ(address_of(1), "10.0.0.10");
  ASSERT_EQ(sides[1].host.downs.size(), 1U);
  EXPECT_EQ(sides[1].host.downs[0].reason, "another session has the address 10.0.0.10");
}

TEST_F(PppReconnect, NobodyReplacesASessionOfAnotherUser) {
  write_secrets("alice * word 10.0.0.10\nbob * word 10.0.0.10\n");
  dial(sides[0], 1, "alice");
  rest();
  dial(sides[1], 2, "bob");
  rest();
  pass_time(4'000);
  EXPECT_EQ(address_of(1), "10.0.0.10");
  ASSERT_EQ(sides[1].host.downs.size(), 1U);
  EXPECT_EQ(sides[1].host.downs[0].reason, "another session has the address 10.0.0.10");
}

TEST_F(PppReconnect, NobodyReplacesWhoeverHasNotProvenWhoItIs) {
  lns_parameters.profile.options = OPENL2TP_PPP_AUTH_NONE;
  lns_parameters.address(OPENL2TP_PPP_GIVEN_PEER_ADDRESS, lns_parameters.profile.peer_address, {10, 0, 0, 60});
  dial(sides[0], 1, "alice");
  rest();
  dial(sides[1], 2, "alice");
  rest();
  pass_time(4'000);
  EXPECT_EQ(address_of(1), "10.0.0.60");
  ASSERT_EQ(sides[1].host.downs.size(), 1U);
}

} // namespace
} // namespace openl2tp::ppp_kernel
