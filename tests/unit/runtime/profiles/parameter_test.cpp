#include "runtime/profiles/parameter.hpp"

#include <gtest/gtest.h>

#include <set>

namespace openl2tp::runtime {
namespace {

template <class Parameters>
std::string complaint(const Parameters& given) {
  const auto result = check_ranges(given);
  return result ? "" : result.error().detail;
}

TEST(TunnelRanges, RefuseWithNameValueAndRange) {
  TunnelParameters given;
  given.hello_timeout_s = 90000;
  EXPECT_EQ(complaint(given), "hello_timeout: 90000, allowed 0 to 86400");
  given = {};
  given.receive_window = 0;
  EXPECT_EQ(complaint(given), "rx_window_size: 0, allowed 1 to 1024");
  given = {};
  given.mtu = 67;
  EXPECT_EQ(complaint(given), "mtu: 67, allowed 0 or 68 to 65535");
  given = {};
  given.retry_timeout_s = 61;
  EXPECT_EQ(complaint(given), "retry_timeout: 61, allowed 1 to 60");
  given = {};
  given.tunnel_id = 0;
  EXPECT_EQ(complaint(given), "tunnel_id: 0, allowed 1 to 65535");
}

TEST(TunnelRanges, ClampToTheNearestWithANote) {
  TunnelParameters given;
  given.retries_max = 200;
  given.retry_timeout_s = 0;
  given.mtu = 12;
  given.hello_timeout_s = 60;
  EXPECT_EQ(clamp_ranges(given), (std::vector<std::string>{"max_retries: 200 is not allowed, 100 is used",
                                                           "retry_timeout: 0 is not allowed, 1 is used",
                                                           "mtu: 12 is not allowed, 68 is used"}));
  EXPECT_EQ(given.retries_max, 100U);
  EXPECT_EQ(given.retry_timeout_s, 1U);
  EXPECT_EQ(given.mtu, 68U);
  EXPECT_EQ(given.hello_timeout_s, 60U);
  EXPECT_TRUE(check_ranges(given));
}

TEST(TunnelRanges, AcceptTheirEnds) {
  TunnelParameters given;
  given.hello_timeout_s = 86400;
  given.retries_max = 100;
  given.retry_timeout_s = 60;
  given.transmit_window = 1024;
  given.mtu = 0;
  given.host_name = std::string(255, 'h');
  given.secret = std::string(255, '\n');
  EXPECT_EQ(complaint(given), "");
  given.mtu = 65535;
  given.retry_timeout_s = 1;
  EXPECT_EQ(complaint(given), "");
}

TEST(TextRanges, AreOctetsAndNeverShowTheText) {
  TunnelParameters given;
  given.secret = std::string(256, 's');
  EXPECT_EQ(complaint(given), "secret: 256 octets, allowed 0 to 255");
  given = {};
  given.host_name = std::string(256, 'h');
  EXPECT_EQ(complaint(given), "host_name: 256 octets, allowed 0 to 255");
  given = {};
  given.interface_name = "sixteen-octets--";
  EXPECT_EQ(complaint(given), "interface_name: 16 octets, allowed 0 to 15");
  given = {};
  given.tunnel_name = "a\x1b[2J";
  EXPECT_EQ(complaint(given), "tunnel_name: control characters are not allowed");
  SessionParameters session;
  session.calling_number = std::string(256, '1');
  EXPECT_EQ(complaint(session), "calling_number: 256 octets, allowed 0 to 255");
  session = {};
  session.last_sent_confreq = std::vector<std::byte>(513);
  EXPECT_EQ(complaint(session), "last_sent_lcp_confreq: 513 octets, allowed 0 to 512");
}

TEST(PppRanges, RefuseNegativeNumbersOfTheInterfaceAndIpv6) {
  PppProfileParameters given;
  given.chap_interval_s = 0x80000000U;
  EXPECT_EQ(complaint(given), "chap_interval: 2147483648, allowed 0 to 2147483647");
  given = {};
  given.mru = 10;
  EXPECT_EQ(complaint(given), "mru: 10, allowed 0 or 68 to 65535");
  given = {};
  given.dns_addr_1 = protocol::parse_ip_address("2001:db8::1");
  EXPECT_EQ(complaint(given), "dns_ipaddr_pri: 2001:db8::1, allowed IPv4 addresses");
}

template <class Parameters>
std::size_t distinct_names() {
  std::set<std::string_view> names;
  for (const auto& row : parameter_table<Parameters>())
    names.insert(row.name);
  return names.size() == parameter_table<Parameters>().size() ? names.size() : 0;
}

// The counts are those of the management interface: a row that is forgotten shows here.
TEST(ParameterTables, HaveOneRowAParameter) {
  EXPECT_EQ(distinct_names<TunnelParameters>(), 32U);
  EXPECT_EQ(distinct_names<SessionParameters>(), 31U);
  EXPECT_EQ(distinct_names<PeerProfileParameters>(), 7U);
  EXPECT_EQ(distinct_names<PppProfileParameters>(), 45U);
}

TEST(ParameterTables, FindRowsByName) {
  ASSERT_NE(find_parameter<TunnelParameters>("hello_timeout"), nullptr);
  EXPECT_EQ(find_parameter<TunnelParameters>("hello_timeout")->range.max, 86400U);
  EXPECT_EQ(find_parameter<TunnelParameters>("hello"), nullptr);
}

TEST(Wipe, OverwritesSecretsAndNothingElse) {
  TunnelParameters tunnel;
  tunnel.secret = "s3cret";
  tunnel.host_name = "hn";
  wipe(tunnel);
  EXPECT_EQ(tunnel.secret, std::string(6, '\0'));
  EXPECT_EQ(tunnel.host_name, "hn");
  SessionParameters session;
  session.user_password = std::string(40, 'p');
  session.user_name = "joe";
  wipe(session);
  EXPECT_EQ(session.user_password, std::string(40, '\0'));
  EXPECT_EQ(session.user_name, "joe");
}

} // namespace
} // namespace openl2tp::runtime
