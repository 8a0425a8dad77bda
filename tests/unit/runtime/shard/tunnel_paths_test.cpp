#include "runtime/shard/tunnel_paths.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

using protocol::IpAddress;
using protocol::Path;

constexpr IpAddress first = IpAddress::v4(192, 0, 2, 1), second = IpAddress::v4(192, 0, 2, 2),
                    any = IpAddress::any_v4();

Path from(const IpAddress& local, std::uint16_t port = 1701, std::uint16_t peer_port = 1701) {
  return {.local = {.address = local, .port = port},
          .peer = {.address = IpAddress::v4(198, 51, 100, 1), .port = peer_port}};
}

TEST(TunnelPaths, OneThatWasAddedIsThereUntilItIsRemoved) {
  TunnelPaths paths;
  EXPECT_FALSE(paths.contains(from(first)));
  paths.add(from(first));
  EXPECT_TRUE(paths.contains(from(first)));
  paths.remove(from(first));
  EXPECT_FALSE(paths.contains(from(first)));
}

TEST(TunnelPaths, TwoOnTheSamePathAreCounted) {
  TunnelPaths paths;
  paths.add(from(first));
  paths.add(from(first));
  paths.remove(from(first));
  EXPECT_TRUE(paths.contains(from(first)));
}

TEST(TunnelPaths, AnotherPortOrAddressIsAnotherPath) {
  TunnelPaths paths;
  paths.add(from(first));
  EXPECT_FALSE(paths.contains(from(second)));
  EXPECT_FALSE(paths.contains(from(first, 1702)));
  EXPECT_FALSE(paths.contains(from(first, 1701, 1702)));
}

TEST(TunnelPaths, AnUnspecifiedAddressMayBeAny) {
  TunnelPaths paths;
  paths.add(from(second));
  EXPECT_TRUE(paths.contains(from(any)));
  paths.remove(from(second));
  paths.add(from(any));
  EXPECT_TRUE(paths.contains(from(first)));
  EXPECT_FALSE(paths.contains(from(first, 1702)));
}

TEST(TunnelPaths, RemovingWhatIsNotThereIsHarmless) {
  TunnelPaths paths;
  paths.remove(from(first));
  EXPECT_FALSE(paths.contains(from(first)));
}

} // namespace
} // namespace openl2tp::runtime
