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

TEST(KernelFeatures, ProbingSaysTheSameTwice) {
  const KernelFeatures first = probe_kernel_features(), second = probe_kernel_features();
  EXPECT_EQ(describe(first), describe(second));
}

} // namespace
} // namespace openl2tp::runtime
