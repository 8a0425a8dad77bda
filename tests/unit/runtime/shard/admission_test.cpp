#include "runtime/shard/admission.hpp"

#include <gtest/gtest.h>

#include "runtime/profiles/profile_store.hpp"
#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::CdnResult;
using protocol::IpAddress;
using protocol::RefusalCause;
using protocol::StopResult;

class AdmissionTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto tunnel() {
    protocol::Sccrq request;
    request.host_name = "peer";
    return admission_.judge_tunnel({.path = {.peer = {.address = IpAddress::v4(192, 0, 2, 2), .port = 1701}}}, request);
  }
  [[nodiscard]] auto session() {
    const auto config = profiles_.current()->for_incoming_tunnel(IpAddress::v4(192, 0, 2, 2), "peer", {});
    return admission_.judge_session(protocol::TunnelId{7}, *config, protocol::Icrq{});
  }
  static bool is(const protocol::Refusal& refusal, RefusalCause cause, std::uint16_t result) {
    return refusal.cause == cause && refusal.reason.result == result;
  }
  static std::uint16_t number(StopResult result) { return protocol::make_reason(result).result; }
  static std::uint16_t number(CdnResult result) { return protocol::make_reason(result).result; }

  testing::CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  testing::FakeShard shard_;
  PluginHost host_{plugins_, shard_, 0, 1};
  ObjectCounts counts_;
  ProfileStore profiles_{0};
  Admission admission_{counts_, host_, {}, profiles_.current()};
};

TEST_F(AdmissionTest, LetsInAndCounts) {
  const auto config = tunnel();
  ASSERT_TRUE(config);
  EXPECT_EQ((*config)->in_force.peer_profile_name, "default");
  EXPECT_TRUE(session());
  EXPECT_EQ(counts_.tunnels, 1U);
  EXPECT_EQ(counts_.sessions, 1U);
}

TEST_F(AdmissionTest, RefusesBeyondTheLimits) {
  SystemConfig system;
  system.tunnels_max = 1;
  system.sessions_max = 1;
  admission_.set_system(system);
  ASSERT_TRUE(tunnel());
  ASSERT_TRUE(session());
  EXPECT_TRUE(is(tunnel().error(), RefusalCause::limit, number(StopResult::general_error)));
  EXPECT_TRUE(is(session().error(), RefusalCause::limit, number(CdnResult::no_facilities_temporary)));
  EXPECT_FALSE(admission_.count_tunnel());
  EXPECT_FALSE(admission_.count_session());
  EXPECT_EQ(counts_.tunnels, 1U);
  EXPECT_EQ(counts_.sessions, 1U);
  counts_.tunnels = 0;
  EXPECT_TRUE(tunnel());
}

TEST_F(AdmissionTest, RefusesWhileItDrains) {
  SystemConfig system;
  system.drain = true;
  admission_.set_system(system);
  EXPECT_TRUE(is(tunnel().error(), RefusalCause::denied, number(StopResult::general_error)));
  EXPECT_TRUE(is(session().error(), RefusalCause::denied, number(CdnResult::no_facilities_temporary)));
  EXPECT_EQ(counts_.tunnels, 0U);
  EXPECT_EQ(counts_.sessions, 0U);
}

TEST_F(AdmissionTest, RefusesTunnelsOfPeersWhereTheOperatorSaysSo) {
  SystemConfig system;
  system.deny_remote_tunnel_creates = true;
  admission_.set_system(system);
  EXPECT_TRUE(is(tunnel().error(), RefusalCause::denied, number(StopResult::not_authorised)));
}

TEST_F(AdmissionTest, RefusesTunnelsWhenTheShardEnds) {
  admission_.close();
  EXPECT_TRUE(is(tunnel().error(), RefusalCause::denied, number(StopResult::shutting_down)));
}

TEST_F(AdmissionTest, KnowsThePeersOfTheLatestProfiles) {
  ASSERT_TRUE(profiles_.modify("default", TunnelProfileParameters{.secret = "tea"}));
  EXPECT_TRUE(admission_.secret_for({.address = IpAddress::v4(192, 0, 2, 2), .port = 1701}).empty());
  admission_.set_profiles(profiles_.current());
  EXPECT_FALSE(admission_.secret_for({.address = IpAddress::v4(192, 0, 2, 2), .port = 1701}).empty());
}

} // namespace
} // namespace openl2tp::runtime
