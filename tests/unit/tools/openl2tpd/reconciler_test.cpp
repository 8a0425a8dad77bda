// What becomes of a running daemon when its configuration file is read again.
#include "tools/openl2tpd/reconciler.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tools/openl2tpd/model_control.hpp"
#include "tools/openl2tpd/config_reader.hpp"

namespace openl2tp::daemon {
namespace {

using testing::ModelControl;
using Deeds = std::vector<std::string>;

class ReconcilerTest : public ::testing::Test {
 protected:
  tl::expected<Applied, FileFault> read(std::string_view text) {
    auto configuration = read_configuration("test.conf", text, {});
    if (!configuration) {
      ADD_FAILURE() << fault_text("test.conf", configuration.error().front());
      return Applied{};
    }
    control_.done.clear();
    return reconciler_.apply(std::move(configuration->configuration));
  }
  Applied applied(std::string_view text) {
    auto done = read(text);
    if (!done) ADD_FAILURE() << fault_text("test.conf", done.error());
    return done.value_or(Applied{});
  }
  const runtime::TunnelParameters& tunnel(const std::string& name) {
    for (const auto& [id, one] : control_.tunnels)
      if (one.config->in_force.tunnel_name == name) return one.config->in_force;
    ADD_FAILURE() << "no tunnel " << name;
    static const runtime::TunnelParameters none;
    return none;
  }

  ModelControl control_;
  std::vector<std::string> said_;
  Reconciler reconciler_{control_, runtime::SystemConfig{}, [this](const std::string& line) { said_.push_back(line); }};
};

constexpr std::string_view two_tunnels = "tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=10\n"
                                         "session create tunnel_name=a session_name=s\n"
                                         "tunnel create tunnel_name=b dest_ipaddr=192.0.2.2\n"
                                         "tunnel create dest_ipaddr=192.0.2.3\n";

TEST_F(ReconcilerTest, TheFirstFileMakesEverythingInItsOrder) {
  EXPECT_EQ(applied(two_tunnels).created, 4u);
  EXPECT_EQ(control_.done, (Deeds{"create a", "create session s", "create b", "create 104"}));
}

TEST_F(ReconcilerTest, TheSameFileAgainChangesNothing) {
  applied(two_tunnels);
  const Applied again = applied(two_tunnels);
  EXPECT_EQ(again.created + again.modified + again.replaced + again.deleted, 0u);
  EXPECT_EQ(control_.done, Deeds{});
}

TEST_F(ReconcilerTest, WhatVanishedIsDeletedAndTheRestStays) {
  applied(two_tunnels);
  applied("tunnel create tunnel_name=b dest_ipaddr=192.0.2.2\n");
  EXPECT_EQ(control_.done, (Deeds{"delete a", "delete 104"}));
}

TEST_F(ReconcilerTest, AParameterThatMayChangeIsModified) {
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=10\n");
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=20\n");
  EXPECT_EQ(control_.done, (Deeds{"modify a"}));
  EXPECT_EQ(tunnel("a").hello_timeout_s, 20u);
}

TEST_F(ReconcilerTest, AParameterThatVanishedReturnsToWhatItsProfileSays) {
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=10 interface_name=ppp7\n");
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  EXPECT_EQ(control_.done, (Deeds{"modify a"}));
  EXPECT_EQ(tunnel("a").hello_timeout_s, 60u);
  EXPECT_EQ(tunnel("a").interface_name.value_or(""), "");
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  EXPECT_EQ(control_.done, Deeds{});
}

TEST_F(ReconcilerTest, AParameterOfCreationReplacesTheTunnel) {
  applied(two_tunnels);
  std::string text(two_tunnels);
  text.replace(text.find("192.0.2.1"), 9, "192.0.2.9");
  EXPECT_EQ(applied(text).replaced, 1u);
  EXPECT_EQ(control_.done, (Deeds{"delete a", "create a", "create session s"}));
  EXPECT_EQ(protocol::to_string(*tunnel("a").peer_addr), "192.0.2.9");
}

TEST_F(ReconcilerTest, AReplacedTunnelWaitsUntilItsIdIsFree) {
  applied("tunnel create tunnel_id=7 dest_ipaddr=192.0.2.1\nsession create tunnel_id=7 session_name=s\n");
  control_.resting_ids = true;
  applied("tunnel create tunnel_id=7 dest_ipaddr=192.0.2.9\nsession create tunnel_id=7 session_name=s\n");
  EXPECT_TRUE(reconciler_.has_pending());
  reconciler_.retry();
  EXPECT_TRUE(reconciler_.has_pending());
  control_.resting_ids = false;
  control_.done.clear();
  reconciler_.retry();
  EXPECT_FALSE(reconciler_.has_pending());
  EXPECT_EQ(control_.done, (Deeds{"create 7", "create session s"}));
}

TEST_F(ReconcilerTest, SessionsAreComparedOneByOne) {
  constexpr std::string_view head = "tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n";
  applied(std::string(head) + "session create tunnel_name=a session_name=s reorder_timeout=5\n"
                              "session create tunnel_name=a session_name=t user_name=x\n"
                              "session create tunnel_name=a session_name=u\n");
  const Applied again = applied(std::string(head) + "session create tunnel_name=a session_name=s reorder_timeout=9\n"
                                                    "session create tunnel_name=a session_name=t user_name=y\n"
                                                    "session create tunnel_name=a session_name=v\n");
  EXPECT_EQ(control_.done, (Deeds{"modify session s", "create session v", "delete session u", "delete session t",
                                  "create session t"}));
  EXPECT_EQ(again.modified + again.created + again.deleted + again.replaced, 4u);
}

TEST_F(ReconcilerTest, ATunnelThatWentIsMadeAgain) {
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  control_.tunnels.clear();
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  EXPECT_EQ(control_.done, (Deeds{"create a"}));
}

TEST_F(ReconcilerTest, WhatManagementMadeStays) {
  runtime::TunnelParameters other;
  other.tunnel_name = "theirs";
  other.peer_addr = protocol::parse_ip_address("192.0.2.77");
  ASSERT_TRUE(control_.tunnel_create(other));
  ASSERT_TRUE(control_.store.create<runtime::TunnelProfileParameters>("theirs", {}));
  applied(two_tunnels);
  applied("");
  EXPECT_EQ(control_.tunnels.size(), 1u);
  EXPECT_TRUE(control_.store.get<runtime::TunnelProfileParameters>("theirs"));
}

TEST_F(ReconcilerTest, ATunnelOfThatNameThatManagementMadeIsTakenOver) {
  runtime::TunnelParameters other;
  other.tunnel_name = "a";
  other.peer_addr = protocol::parse_ip_address("192.0.2.1");
  ASSERT_TRUE(control_.tunnel_create(other));
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=10\n");
  EXPECT_EQ(control_.done, (Deeds{"modify a"}));
  applied("");
  EXPECT_TRUE(control_.tunnels.empty());
}

TEST_F(ReconcilerTest, SystemParametersThatVanishedReturnToTheirDefaults) {
  control_.system.tunnels_max = 5; // management's own
  applied("system modify session_establish_timeout=42 max_sessions=9\n");
  EXPECT_EQ(control_.system.session_establish_timeout_s, 42u);
  applied("system modify max_sessions=9\n");
  EXPECT_EQ(control_.system.session_establish_timeout_s, 120u);
  EXPECT_EQ(control_.system.sessions_max, 9u);
  EXPECT_EQ(control_.system.tunnels_max, 5u);
}

TEST_F(ReconcilerTest, LimitsDrainAndDenialHoldForWhatComesAfterTheFile) {
  applied("system modify max_tunnels=1 deny_local_tunnel_creates=yes drain_tunnels=yes\n"
          "tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  EXPECT_TRUE(control_.system.drain);
  applied("system modify max_tunnels=1 deny_local_tunnel_creates=yes drain_tunnels=yes\n"
          "tunnel create tunnel_name=b dest_ipaddr=192.0.2.1\n");
  EXPECT_EQ(control_.tunnels.size(), 1u);
  EXPECT_EQ(tunnel("b").tunnel_name, "b");
  EXPECT_TRUE(control_.system.drain);
  EXPECT_TRUE(control_.system.deny_local_tunnel_creates);
  EXPECT_EQ(control_.system.tunnels_max, 1u);
}

TEST_F(ReconcilerTest, ProfilesComeGoAndReturnToTheBuiltIn) {
  applied("tunnel profile create profile_name=p hello_timeout=5\n"
          "tunnel profile modify profile_name=default max_retries=9\n");
  const auto get = [&](const char* name) { return control_.store.get<runtime::TunnelProfileParameters>(name); };
  EXPECT_EQ(get("p")->in_force.hello_timeout_s, 5u);
  EXPECT_EQ(get("default")->in_force.retries_max, 9u);
  applied("");
  EXPECT_FALSE(get("p"));
  EXPECT_EQ(get("default")->in_force.retries_max, 5u);
}

TEST_F(ReconcilerTest, WhatIsRefusedLeavesEverythingAsItWas) {
  applied(std::string(two_tunnels) + "system modify max_sessions=9\n"
                                     "peer profile create profile_name=old\n");
  const auto before = *control_.tunnel_list();
  control_.refuses = "new2";
  const auto refused = read("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 hello_timeout=33\n"
                            "tunnel create tunnel_name=new1 dest_ipaddr=192.0.2.5\n"
                            "tunnel create tunnel_name=new2 dest_ipaddr=192.0.2.6\n"
                            "peer profile create profile_name=new\n"
                            "system modify max_sessions=3\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line, 3u);
  EXPECT_EQ(refused.error().command, "tunnel create");
  EXPECT_EQ(*control_.tunnel_list(), before);
  EXPECT_EQ(tunnel("a").hello_timeout_s, 10u);
  EXPECT_EQ(control_.system.sessions_max, 9u);
  EXPECT_TRUE(control_.store.get<runtime::PeerProfileParameters>("old"));
  EXPECT_FALSE(control_.store.get<runtime::PeerProfileParameters>("new"));

  control_.refuses.reset(); // and the next file starts from the one before
  applied(std::string(two_tunnels) + "system modify max_sessions=9\npeer profile create profile_name=old\n");
  EXPECT_EQ(control_.done, Deeds{});
}

TEST_F(ReconcilerTest, ASessionThatIsRefusedIsToldWithItsLine) {
  applied("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n");
  control_.refuses = "s2";
  const auto refused = read("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n"
                            "session create tunnel_name=a session_name=s1\n"
                            "session create tunnel_name=a session_name=s2\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line, 3u);
  EXPECT_TRUE(control_.tunnels.begin()->second.sessions.empty());
}

} // namespace
} // namespace openl2tp::daemon
