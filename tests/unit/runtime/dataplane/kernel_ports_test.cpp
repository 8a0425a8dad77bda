#include "runtime/dataplane/kernel_ports.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

using protocol::IpAddress;
using protocol::Path;
using protocol::TunnelId;

Path between(std::uint16_t ours, std::uint16_t theirs, std::uint8_t host = 2) {
  return {.local = {.address = IpAddress::v4(192, 0, 2, 1), .port = ours},
          .peer = {.address = IpAddress::v4(192, 0, 2, host), .port = theirs}};
}

TEST(KernelPorts, ASecondTunnelBetweenTheSamePortsHearsWhoHasThem) {
  KernelPorts ports;
  EXPECT_FALSE(ports.claim({1}, between(1701, 1701)));
  EXPECT_EQ(ports.claim({2}, between(1701, 1701)), TunnelId{1});
}

TEST(KernelPorts, OneDifferentPortOrAddressIsEnough) {
  KernelPorts ports;
  EXPECT_FALSE(ports.claim({1}, between(1701, 1701)));
  EXPECT_FALSE(ports.claim({2}, between(40000, 1701)));
  EXPECT_FALSE(ports.claim({3}, between(1701, 40000)));
  EXPECT_FALSE(ports.claim({4}, between(1701, 1701, 3)));
}

TEST(KernelPorts, WhatWasReleasedIsFree) {
  KernelPorts ports;
  EXPECT_FALSE(ports.claim({1}, between(1701, 1701)));
  ports.release({1});
  EXPECT_FALSE(ports.claim({2}, between(1701, 1701)));
}

TEST(KernelPorts, OneThatGotNothingReleasesNothing) {
  KernelPorts ports;
  EXPECT_FALSE(ports.claim({1}, between(1701, 1701)));
  EXPECT_TRUE(ports.claim({2}, between(1701, 1701)));
  ports.release({2});
  ports.release({3});
  EXPECT_EQ(ports.claim({2}, between(1701, 1701)), TunnelId{1});
}

} // namespace
} // namespace openl2tp::runtime
