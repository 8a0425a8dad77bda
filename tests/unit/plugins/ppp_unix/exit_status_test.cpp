#include "plugins/ppp_unix/exit_status.hpp"

#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>

namespace openl2tp::ppp_unix {

namespace {

std::uint16_t result_of(std::int32_t status) { return static_cast<std::uint16_t>(ending_of(status).result); }

TEST(ExitStatus, ThatPppdKnowsHasARowAndAReason) {
  ASSERT_EQ(exit_table().size(), 22U);
  for (const ExitRow& row : exit_table()) {
    EXPECT_FALSE(row.reason.empty()) << row.status;
    EXPECT_EQ(ending_of(row.status).reason, row.reason);
  }
}

TEST(ExitStatus, OfALinkThatWentAwayIsLostCarrier) {
  for (const std::int32_t status : {0, 15, 16})
    EXPECT_EQ(result_of(status), 1) << status;
}

TEST(ExitStatus, OfARuleIsAdministrative) {
  for (const std::int32_t status : {5, 11, 12, 13, 14, 19, 20, 21})
    EXPECT_EQ(result_of(status), 3) << status;
}

TEST(ExitStatus, OfAHostThatLacksSomethingIsNoFacilities) {
  for (const std::int32_t status : {4, 6, 7, 8, 9, 18})
    EXPECT_EQ(result_of(status), 4) << status;
  for (const std::int32_t status : {2, 3})
    EXPECT_EQ(result_of(status), 5) << status;
}

TEST(ExitStatus, OfPppThatWentWrongIsAGeneralErrorWithText) {
  for (const std::int32_t status : {1, 10, 17, 22, 255, 256 + SIGSEGV}) {
    EXPECT_EQ(result_of(status), 2) << status;
    EXPECT_EQ(ending_of(status).error_code(), 6) << status;
  }
}

TEST(ExitStatus, OfAnyOtherResultHasNoErrorCode) { EXPECT_EQ(ending_of(16).error_code(), 0); }

TEST(ExitStatus, OfAStartThatFailedSaysWhetherToTryAgain) {
  EXPECT_EQ(result_of(-EAGAIN), 4);
  EXPECT_EQ(result_of(-ENOENT), 5);
}

TEST(ExitStatus, OfASignalNamesIt) { EXPECT_EQ(ending_of(256 + 9).reason, "PPP was ended by signal 9"); }

} // namespace

} // namespace openl2tp::ppp_unix
