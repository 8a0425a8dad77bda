#include "runtime/dataplane/kernel_features.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace openl2tp::runtime {
namespace {

TEST(KernelFeatures, AWholeKernelIsSaidInAFewWords) {
  EXPECT_EQ(describe({}), "kernel data path: L2TP by netlink, PPP");
  EXPECT_TRUE(KernelFeatures{}.complete());
}

TEST(KernelFeatures, WithoutNetlinkThePathWorks) {
  const KernelFeatures features{.netlink = ENOENT};
  EXPECT_TRUE(features.usable());
  EXPECT_FALSE(features.complete());
  EXPECT_NE(describe(features).find("L2TP by sockets"), std::string::npos);
}

TEST(KernelFeatures, WhatIsMissingIsNamedWithWhatStillWorks) {
  const KernelFeatures features{.sockets = EAFNOSUPPORT, .netlink = ENOENT, .ppp = ENOENT};
  EXPECT_FALSE(features.usable());
  EXPECT_EQ(
      describe(features),
      "no kernel data path: no L2TP in the kernel (modules l2tp_ppp and pppox); no /dev/ppp (module ppp_generic); "
      "control plane and plugins that carry frames themselves work, sessions that need the kernel are refused");
}

TEST(KernelFeatures, WhatIsForbiddenSaysSo) {
  const KernelFeatures features{.ppp = EPERM};
  EXPECT_TRUE(features.has_l2tp());
  EXPECT_FALSE(features.usable());
  EXPECT_NE(describe(features).find("no /dev/ppp (module ppp_generic): Operation not permitted"), std::string::npos);
}

TEST(KernelFeatures, KernelsBefore6_11MixTunnelsBetweenTheSamePorts) {
  for (const char* old : {"6.1.0-18-amd64", "6.10.14", "5.15.0", "4.19.0-1", "6.10"})
    EXPECT_TRUE(mixes_ports(old)) << old;
  for (const char* good : {"6.11.0", "6.12.48+deb13-amd64", "7.0", "6.11-rc1"})
    EXPECT_FALSE(mixes_ports(good)) << good;
}

TEST(KernelFeatures, AReleaseThatMakesNoSenseIsTakenForANewOne) {
  for (const char* strange : {"", "six", "5", "5.", ".5", "5.x"})
    EXPECT_FALSE(mixes_ports(strange)) << strange;
}

TEST(KernelFeatures, ProbingSaysTheSameTwice) {
  const KernelFeatures first = probe_kernel_features(), second = probe_kernel_features();
  EXPECT_EQ(describe(first), describe(second));
}

} // namespace
} // namespace openl2tp::runtime
