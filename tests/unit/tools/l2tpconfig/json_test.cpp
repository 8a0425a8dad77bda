#include <nlohmann/json.hpp>

#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"

namespace openl2tp {
namespace {

class JsonOutput : public test::CommandTest {
 protected:
  nlohmann::json json_of(const std::string& line) {
    context_.json = true;
    return nlohmann::json::parse(output_of(line));
  }
};

TEST_F(JsonOutput, EveryShowAndListIsOneDocument) {
  control_.tunnels = {test::full_tunnel()};
  control_.ids = {5};
  for (const char* line :
       {"system show configuration", "system show status", "system show statistics", "system show version",
        "server show", "tunnel list", "tunnel show tunnel_name=t1", "session list tunnel_name=t1", "session list all",
        "session show tunnel_name=t1 session_id=5", "peer profile list", "tunnel profile show profile_name=default",
        "session profile show profile_name=default", "ppp profile show profile_name=default",
        "peer profile show profile_name=default", "peer list", "user list", "debug show app"}) {
    EXPECT_FALSE(json_of(line).is_discarded()) << line;
  }
}

TEST_F(JsonOutput, SecretsAreLeftOutUnlessAskedFor) {
  control_.tunnel = test::full_tunnel();
  const auto without = json_of("tunnel show tunnel_name=t1");
  EXPECT_EQ(without["config"].count("secret"), 0u);
  EXPECT_EQ(without["config"]["secret_set"], true);
  context_.secrets = true;
  EXPECT_EQ(json_of("tunnel show tunnel_name=t1")["config"]["secret"], "abc");
}

TEST_F(JsonOutput, PppIsAnObjectWhereItRuns) {
  control_.session = test::full_session();
  EXPECT_TRUE(json_of("session show tunnel_name=t1 session_id=5")["ppp"].is_null());
  control_.session.ppp = test::full_ppp();
  const auto ppp = json_of("session show tunnel_name=t1 session_id=5")["ppp"];
  EXPECT_EQ(ppp["state"], "UP");
  EXPECT_EQ(ppp["peer_ipaddr"], "10.77.0.10");
  EXPECT_EQ(ppp["peer_ipv6addr"], "fe80::2");
  EXPECT_EQ(ppp["auth_method"], "CHAP");
  EXPECT_EQ(ppp["mtu"], 1450);
  EXPECT_TRUE(ppp["end_reason"].is_null());
  control_.user_page = {.users = {{{"fred", 1795330874, true, 50199, 566}, test::full_ppp(), {}}}};
  const auto users = json_of("user list");
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users[0]["user_name"], "fred");
  EXPECT_EQ(users[0]["ppp"], ppp);
}

TEST_F(JsonOutput, TimesHaveNoBlanksOrNewlinesAroundThem) {
  control_.tunnel = test::full_tunnel();
  control_.session = test::full_session();
  EXPECT_EQ(json_of("tunnel show tunnel_name=t1")["created_at"], "Nov 22 07:01:01 2026");
  EXPECT_EQ(json_of("session show tunnel_name=t1 session_id=5")["created_at"], "Nov 22 07:01:14 2026");
  control_.users = {{"fred", 1795330874, true, 50199, 566}};
  stub_.highest_procedure = 206; // a daemon without EXT_USER_LIST
  EXPECT_EQ(json_of("user list")[0]["created_at"], "Sun Nov 22 07:01:14 2026");
}

TEST_F(JsonOutput, AnEmptyListIsAnEmptyArray) { EXPECT_EQ(json_of("tunnel list"), nlohmann::json::array()); }

TEST_F(JsonOutput, OctetsThatAreNoUtf8DoNotBreakIt) {
  control_.tunnel = test::full_tunnel();
  control_.tunnel.peer.vendor_name = "\xff\xfe";
  EXPECT_TRUE(json_of("tunnel show tunnel_name=t1")["peer"]["vendor_name"].is_string());
}

class Lists : public test::CommandTest {};

TEST_F(Lists, PageAndFilter) {
  for (std::uint16_t id = 1; id <= 5; ++id) {
    auto tunnel = test::full_tunnel();
    tunnel.tunnel_id = id;
    tunnel.created_by_admin = true;
    tunnel.state = id == 2 ? "CLOSING" : "ESTABLISHED";
    control_.tunnels.push_back(tunnel);
  }
  EXPECT_EQ(output_of("tunnel list local_only limit=2"), "\t1\n\t2\n");
  EXPECT_EQ(output_of("tunnel list local_only after=2 limit=2"), "\t3\n\t4\n");
  EXPECT_EQ(output_of("tunnel list local_only state=closing"), "\t2\n");
  EXPECT_EQ(output_of("tunnel list peer_ipaddr=203.0.113.77"), "");
}

} // namespace
} // namespace openl2tp
