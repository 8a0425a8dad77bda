#include "runtime/plugin/loader.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "runtime/plugin/ops_copy.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using testing::CapturedLog;
using testing::real_plugin;
using testing::test_plugin;

TEST(PluginPath, ANameWithoutASlashLiesInThePluginDirectory) {
  EXPECT_EQ(plugin_path("ppp_null", "/opt/lib/openl2tp", "/home/x"), "/opt/lib/openl2tp/ppp_null.so");
  EXPECT_EQ(plugin_path("ppp_null.so", "/opt/lib/openl2tp", "/home/x"), "/opt/lib/openl2tp/ppp_null.so");
}

TEST(PluginPath, AVersionBehindTheEndingIsPartOfTheName) {
  EXPECT_EQ(plugin_path("mine.so.1", "/opt/lib/openl2tp", "/home/x"), "/opt/lib/openl2tp/mine.so.1");
  EXPECT_EQ(plugin_path("./mine.so.1.22", "/opt/lib/openl2tp", "/home/x"), "/home/x/mine.so.1.22");
  EXPECT_EQ(plugin_path("mine.solid", "/opt/lib/openl2tp", "/home/x"), "/opt/lib/openl2tp/mine.solid.so");
  EXPECT_EQ(plugin_path("mine.so1", "/opt/lib/openl2tp", "/home/x"), "/opt/lib/openl2tp/mine.so1.so");
  EXPECT_EQ(plugin_path("a.so.d/mine", "/opt/lib/openl2tp", "/home/x"), "/home/x/a.so.d/mine.so");
}

TEST(PluginPath, APathWithASlashStartsAtTheWorkingDirectory) {
  EXPECT_EQ(plugin_path("./mine", "/opt/lib/openl2tp", "/home/x"), "/home/x/mine.so");
  EXPECT_EQ(plugin_path("a/b.so", "/opt/lib/openl2tp", "/home/x"), "/home/x/a/b.so");
  EXPECT_EQ(plugin_path("/abs/mine", "/opt/lib/openl2tp", "/home/x"), "/abs/mine.so");
}

class LoaderTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& path) {
    const auto loaded = plugins_.load(path);
    if (loaded) return "loaded";
    EXPECT_TRUE(loaded.error().starts_with("plugin " + path + ": ")) << loaded.error();
    return loaded.error().substr(("plugin " + path + ": ").size());
  }
  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
};

TEST_F(LoaderTest, PppNullLoadsAndProvidesPpp) {
  const auto loaded = plugins_.load(real_plugin("ppp_null"));
  ASSERT_TRUE(loaded) << loaded.error();
  ASSERT_EQ(plugins_.ppp_providers().size(), 1u);
  EXPECT_EQ(plugins_.ppp_providers()[0]->name(), "ppp_null");
  EXPECT_TRUE(captured_.has("plugin ppp_null version 1.0 loaded from "));
  EXPECT_TRUE(captured_.has("ppp_null.so: interface 1.1, openl2tp.ppp/1 (data paths none)"));
}

TEST_F(LoaderTest, AMissingFileIsNamedOnce) {
  EXPECT_EQ(refusal("/nowhere/nosuch.so"),
            "cannot be loaded: cannot open shared object file: No such file or directory");
}

TEST_F(LoaderTest, AFileWithoutTheEntryPointIsNoPlugin) {
  EXPECT_EQ(refusal(test_plugin("no_entry")), "is no plugin of openl2tpd: it has no openl2tp_plugin_entry");
}

TEST_F(LoaderTest, AnotherMajorVersionIsRefusedWithBothVersions) {
  EXPECT_EQ(
      refusal(test_plugin("wrong_major")),
      "it was made for version 2.1 of the plugin interface, this daemon has 1.1: the first numbers must be equal");
}

TEST_F(LoaderTest, AShortTableIsRefusedWithItsSize) {
  const std::string expected = "its table of functions has " + std::to_string(plugin_ops_size_min - sizeof(void*)) +
                               " octets, at least " + std::to_string(plugin_ops_size_min) + " are needed";
  EXPECT_EQ(refusal(test_plugin("short_table")), expected);
}

TEST_F(LoaderTest, AMissingRequiredFunctionIsNamed) {
  EXPECT_EQ(refusal(test_plugin("no_ppp_open")), "it offers openl2tp.ppp/1 but has no open");
}

TEST_F(LoaderTest, APluginThatRefusesLeavesItsReasonInTheLog) {
  EXPECT_EQ(refusal(test_plugin("refuses")), "its entry point refused to start (the log may have its reason)");
  EXPECT_TRUE(captured_.has("plugin refuses: no modem\\x0afound"));
}

TEST_F(LoaderTest, ANameIsTakenOnce) {
  ASSERT_TRUE(plugins_.load(real_plugin("ppp_null")));
  EXPECT_EQ(refusal(test_plugin("same_name")), "a plugin named ppp_null is already loaded");
}

TEST_F(LoaderTest, AShortPppTableIsRefusedWithItsSize) {
  const std::string expected = "its table of openl2tp.ppp/1 has " + std::to_string(ppp_ops_size_min - sizeof(void*)) +
                               " octets, at least " + std::to_string(ppp_ops_size_min) + " are needed";
  EXPECT_EQ(refusal(test_plugin("short_ppp_table")), expected);
}

TEST_F(LoaderTest, ADataPathThatNobodyHasIsNamed) {
  EXPECT_EQ(refusal(test_plugin("strange_data_path")),
            "it wants data path 7, this daemon has 0 (none), 1 (kernel) and 2 (frames)");
}

TEST_F(LoaderTest, SeveralPluginsMayProvidePppInTheOrderOfLoading) {
  ASSERT_TRUE(plugins_.load(real_plugin("ppp_null")));
  ASSERT_TRUE(plugins_.load(test_plugin("scripted")));
  ASSERT_EQ(plugins_.ppp_providers("any").size(), 2u);
  EXPECT_EQ(plugins_.ppp_providers("any")[0]->name(), "ppp_null");
}

TEST_F(LoaderTest, APppProfileMayBelongToOnePlugin) {
  ASSERT_TRUE(plugins_.load(real_plugin("ppp_null")));
  ASSERT_TRUE(plugins_.load(test_plugin("scripted")));
  ASSERT_TRUE(plugins_.assign("gold", "scripted"));
  ASSERT_EQ(plugins_.ppp_providers("gold").size(), 1u);
  EXPECT_EQ(plugins_.ppp_providers("gold")[0]->name(), "scripted");
  EXPECT_EQ(plugins_.ppp_providers("other").size(), 2u);
  EXPECT_EQ(plugins_.assign("gold", "nobody").error(), "PPP profile gold: no loaded plugin named nobody provides PPP");
}

// What one plugin of a daemon alone may offer.
template <int Number>
const openl2tp_plugin_ops* owner_of_vendor_9(openl2tp_host*, const openl2tp_host_ops*) {
  static const std::string name = "owner" + std::to_string(Number);
  static openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.name = name.c_str();
  ops.get_extension = [](const char* id) -> const void* {
    static openl2tp_vendor_avp_ops avps{};
    avps.struct_size = sizeof avps;
    avps.vendor_id = 9;
    avps.understands = [](std::uint16_t) { return 1U; };
    return std::strcmp(id, OPENL2TP_EXTENSION_VENDOR_AVP) == 0 ? &avps : nullptr;
  };
  return &ops;
}
template <int Number>
const openl2tp_plugin_ops* placer(openl2tp_host*, const openl2tp_host_ops*) {
  static const std::string name = "placer" + std::to_string(Number);
  static openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.name = name.c_str();
  ops.get_extension = [](const char* id) -> const void* {
    static openl2tp_bearer_ops bearers{};
    bearers.struct_size = sizeof bearers;
    bearers.open = [](openl2tp_bearer**, openl2tp_shard*, openl2tp_session_token, const openl2tp_bearer_params*) {
      return openl2tp_status{OPENL2TP_OK};
    };
    bearers.close = [](openl2tp_bearer*, std::uint16_t) {};
    return std::strcmp(id, OPENL2TP_EXTENSION_BEARER) == 0 ? &bearers : nullptr;
  };
  return &ops;
}

TEST_F(LoaderTest, WhatOnePluginAloneMayOfferIsOfferedOnce) {
  ASSERT_TRUE(plugins_.add("a", owner_of_vendor_9<1>));
  EXPECT_EQ(plugins_.add("b", owner_of_vendor_9<2>).error(),
            "plugin b: it owns the AVPs of vendor 9, and so does owner1: load one of them");
  ASSERT_TRUE(plugins_.add("c", placer<1>));
  EXPECT_EQ(plugins_.add("d", placer<2>).error(),
            "plugin d: it places outgoing calls, and so does placer1: load one of them");
  EXPECT_EQ(plugins_.plugins().size(), 2U);
}

TEST_F(LoaderTest, ARefusedPluginLeavesNothingBehind) {
  EXPECT_NE(refusal(test_plugin("short_table")), "loaded");
  EXPECT_TRUE(plugins_.plugins().empty());
  EXPECT_TRUE(plugins_.ppp_providers().empty());
}

openl2tp_plugin_ops good_ops() {
  openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.name = "x";
  ops.get_extension = [](const char*) -> const void* { return nullptr; };
  return ops;
}

TEST(OpsCopy, ATableOfALaterReleaseIsReadAsFarAsWeKnowIt) {
  struct {
    openl2tp_plugin_ops known;
    void* later[4];
  } table{};
  table.known = good_ops();
  table.known.struct_size = sizeof table;
  table.known.abi_minor = 9;
  const auto copy = copy_plugin_ops(&table.known);
  ASSERT_TRUE(copy) << copy.error();
  EXPECT_EQ(copy->struct_size, sizeof(openl2tp_plugin_ops));
  EXPECT_EQ(copy->abi_minor, 9);
}

TEST(OpsCopy, APluginWithoutGetExtensionIsRefused) {
  openl2tp_plugin_ops ops = good_ops();
  ops.get_extension = nullptr;
  EXPECT_EQ(copy_plugin_ops(&ops).error(), "it has no get_extension, so it offers nothing");
}

TEST(OpsCopy, FramesNeedAFunctionForThem) {
  const std::uint32_t paths[] = {OPENL2TP_DATA_PATH_KERNEL, OPENL2TP_DATA_PATH_FRAMES};
  openl2tp_ppp_ops ops{};
  ops.struct_size = sizeof ops;
  ops.data_path_count = 2;
  ops.data_paths = paths;
  ops.open = [](openl2tp_ppp**, openl2tp_shard*, openl2tp_session_token, const openl2tp_ppp_params*) {
    return openl2tp_status{OPENL2TP_OK};
  };
  ops.close = [](openl2tp_ppp*, std::uint16_t) {};
  EXPECT_EQ(copy_ppp_ops(&ops).error(), "it offers the frames data path but has no frames");
  ops.data_path_count = 1;
  EXPECT_TRUE(copy_ppp_ops(&ops));
  ops.data_path_count = 0;
  EXPECT_EQ(copy_ppp_ops(&ops).error(), "it states 0 data paths, 1 to 8 are allowed");
}

TEST(OpsCopy, TheVendorOfTheRfcIsNobodysOwn) {
  openl2tp_vendor_avp_ops ops{};
  ops.struct_size = sizeof ops;
  ops.understands = [](std::uint16_t) { return 1U; };
  EXPECT_FALSE(copy_vendor_avp_ops(&ops));
  ops.vendor_id = 9;
  EXPECT_TRUE(copy_vendor_avp_ops(&ops));
}

TEST(OpsCopy, AReservedMemberOfATableIsZero) {
  openl2tp_observer_ops observer{};
  observer.struct_size = sizeof observer;
  EXPECT_TRUE(copy_observer_ops(&observer));
  observer.reserved = 1;
  EXPECT_EQ(copy_observer_ops(&observer).error(),
            "its table of openl2tp.observer/1 has a reserved member that is not zero");
  openl2tp_policy_ops policy{};
  policy.struct_size = sizeof policy;
  policy.reserved = 1;
  EXPECT_FALSE(copy_policy_ops(&policy));
  openl2tp_vendor_avp_ops vendor{};
  vendor.struct_size = sizeof vendor;
  vendor.vendor_id = 9;
  vendor.understands = [](std::uint16_t) { return 1U; };
  vendor.reserved = 1;
  EXPECT_FALSE(copy_vendor_avp_ops(&vendor));
}

TEST(OpsCopy, ShardFunctionsComeInPairs) {
  openl2tp_plugin_ops ops = good_ops();
  ops.shard_stop = [](openl2tp_shard*) {};
  EXPECT_EQ(copy_plugin_ops(&ops).error(), "shard_start and shard_stop must be there together");
}

TEST(OpsCopy, NamesAreShortAndPlain) {
  for (const char* name :
       {static_cast<const char*>(nullptr), "", "Has Space", "has\nline", "a23456789012345678901234567890123"}) {
    openl2tp_plugin_ops ops = good_ops();
    ops.name = name;
    EXPECT_FALSE(copy_plugin_ops(&ops));
  }
}

} // namespace
} // namespace openl2tp::runtime
