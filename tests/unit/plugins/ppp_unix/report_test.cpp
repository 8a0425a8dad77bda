// What pppd says, and what it may not say.
#include "plugins/ppp_unix/report.hpp"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_unix/fake_host.hpp"

namespace openl2tp::ppp_unix {

namespace {

using test::report_of;

std::optional<Report> decode(const openl2tp_pppd_report& report) {
  return decode_report(std::as_bytes(std::span(&report, 1)));
}

TEST(PppdReport, IsTakenAsItIsWhenAllOfItIsKnown) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = OPENL2TP_PPPD_GIVEN_ALL;
  report.auth_method = OPENL2TP_PPPD_AUTH_EAP;
  std::strcpy(report.interface_name, "ppp2048");
  EXPECT_TRUE(decode(report));
}

TEST(PppdReport, OfAnyOtherLengthIsRefused) {
  const auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  std::vector<std::byte> octets(sizeof(report) + 1);
  std::memcpy(octets.data(), &report, sizeof(report));
  for (std::size_t length = 0; length <= octets.size(); ++length)
    EXPECT_EQ(decode_report(std::span(octets).first(length)).has_value(), length == sizeof(report)) << length;
}

TEST(PppdReport, OfAnotherVersionIsRefused) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  ++report.header.version;
  EXPECT_FALSE(decode(report));
}

TEST(PppdReport, OfSomeoneElseIsRefused) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.header.magic ^= 1;
  EXPECT_FALSE(decode(report));
}

TEST(PppdReport, MayOnlyBeOfTheTypesThatPppdSays) {
  for (std::uint16_t type = 0; type < 10; ++type)
    EXPECT_EQ(decode(report_of(type)).has_value(), type >= OPENL2TP_PPPD_LINK_UP && type <= OPENL2TP_PPPD_IPV6_DOWN)
        << type;
}

TEST(PppdReport, WithAnUnknownBitIsRefused) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = 0x80;
  EXPECT_FALSE(decode(report));
}

TEST(PppdReport, WithATextThatDoesNotEndIsRefused) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  std::memset(report.interface_name, 'p', sizeof(report.interface_name));
  EXPECT_FALSE(decode(report));
  report = report_of(OPENL2TP_PPPD_IPV4_UP);
  std::memset(report.user, 'u', sizeof(report.user));
  EXPECT_FALSE(decode(report));
}

TEST(PppdReport, WithAnUnknownMethodIsRefused) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = OPENL2TP_PPPD_GIVEN_AUTH;
  report.auth_method = OPENL2TP_PPPD_AUTH_EAP + 1;
  EXPECT_FALSE(decode(report));
  report.auth_method = OPENL2TP_PPPD_AUTH_NONE;
  EXPECT_FALSE(decode(report));
}

TEST(PppdReport, GivesTheHostNoMoreThanIsGiven) {
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = OPENL2TP_PPPD_GIVEN_IPV4;
  EXPECT_EQ(facts_of(report).given, OPENL2TP_PPP_KNOWN_IPV4 | OPENL2TP_PPP_KNOWN_PROCESS);
}

TEST(PppdCredentials, CarryNameAndPassword) {
  const Credentials credentials("heather", "tulip");
  openl2tp_pppd_credentials message;
  ASSERT_EQ(credentials.message().size(), sizeof(message));
  std::memcpy(&message, credentials.message().data(), sizeof(message));
  EXPECT_EQ(message.header.type, OPENL2TP_PPPD_CREDENTIALS);
  EXPECT_STREQ(message.user, "heather");
  EXPECT_STREQ(message.password, "tulip");
}

TEST(PppdCredentials, EndWithinTheirArrays) {
  const std::string name(255, 'n'), password(400, 'p');
  const Credentials credentials(name, password);
  openl2tp_pppd_credentials message;
  std::memcpy(&message, credentials.message().data(), sizeof(message));
  EXPECT_EQ(message.user, name);
  EXPECT_EQ(message.password, std::string(255, 'p'));
}

TEST(PppdCredentials, AreWipedWhenTheyGo) {
  alignas(Credentials) std::array<std::byte, sizeof(Credentials)> memory{};
  auto* credentials = new (memory.data()) Credentials("heather", "tulip");
  credentials->~Credentials();
  const auto* octets = reinterpret_cast<const volatile unsigned char*>(memory.data());
  for (std::size_t i = 0; i < memory.size(); ++i)
    ASSERT_EQ(octets[i], 0) << i;
}

} // namespace

} // namespace openl2tp::ppp_unix
