#include "plugins/ppp_unix/settings.hpp"

#include <map>
#include <string_view>

#include <gtest/gtest.h>

namespace openl2tp::ppp_unix {

namespace {

std::variant<Settings, std::string> read(const std::map<std::string, std::string>& environment) {
  return read_settings(
      [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
      },
      "/usr/lib/openl2tp");
}

TEST(Settings, AreTheDefaultsInAnEmptyEnvironment) {
  const auto settings = std::get<Settings>(read({}));
  EXPECT_EQ(settings.pppd, "/usr/sbin/pppd");
  EXPECT_EQ(settings.pppd_plugin, "/usr/lib/openl2tp/pppd/openl2tpd.so");
  EXPECT_EQ(settings.setup_limit_ms, 120'000U);
}

TEST(Settings, AreThoseOfTheEnvironment) {
  const auto settings = std::get<Settings>(read({{"OPENL2TP_PPPD", "/opt/pppd"}, {"OPENL2TP_PPP_SETUP_TIMEOUT", "5"}}));
  EXPECT_EQ(settings.pppd, "/opt/pppd");
  EXPECT_EQ(settings.setup_limit_ms, 5'000U);
}

TEST(Settings, RefuseWhatIsNoNumberOfSeconds) {
  for (const char* text : {"", "x", "12x", "-1", "0", "3601", "99999999999"})
    EXPECT_TRUE(std::holds_alternative<std::string>(read({{"OPENL2TP_PPP_SETUP_TIMEOUT", text}}))) << text;
}

TEST(Settings, RefuseAProgramThatIsLookedForInTheWorkingDirectory) {
  EXPECT_TRUE(std::holds_alternative<std::string>(read({{"OPENL2TP_PPPD", "pppd"}})));
}

} // namespace

} // namespace openl2tp::ppp_unix
