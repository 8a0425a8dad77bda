// The management of a shard that a test turns.
#include "runtime/sharded_control.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/unit/runtime/shard/lab_plugin.hpp"
#include "tests/unit/runtime/shard/shard_lab.hpp"

namespace openl2tp::runtime {
namespace {

using testing::LabPlugin;
using testing::ShardLab;

TEST(ShardedControl, LooksAtTheSystemWhileATunnelIsBeingOpened) {
  const LabPlugin plugin(OPENL2TP_DATA_PATH_NONE);
  ShardLab lab({.kernel = false, .plugin = &LabPlugin::entry});
  ShardedControl control(lab.group, {}, std::make_unique<ProfileStore>(0));
  std::future<bool> other;
  std::atomic<bool> asked{false};
  bool answered = false;
  // While the first call waits for the shard, a second thread looks.
  lab.group.drive = [&] {
    if (!asked.exchange(true)) {
      other = std::async(std::launch::async, [&control] { return control.system_get().has_value(); });
      answered = other.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    }
    return lab.step();
  };
  TunnelParameters parameters;
  parameters.tunnel_name = "a";
  parameters.peer_addr = ShardLab::there.address;
  EXPECT_TRUE(control.tunnel_create(parameters));
  EXPECT_TRUE(answered);
  EXPECT_TRUE(other.get());
  lab.group.drive = {};
}

} // namespace
} // namespace openl2tp::runtime
