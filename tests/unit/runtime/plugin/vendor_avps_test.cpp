// Vendor AVPs between the engine and the plugin that owns them.
#include "runtime/plugin/vendor_avps.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::MessageType;
using protocol::VendorAvp;
using protocol::VendorAvpWriter;
using testing::CapturedLog;
using testing::FakeShard;
using testing::test_plugin;

constexpr std::uint16_t vendor = 9999; // of tests/abi/plugins/vendor_avps.c

std::string_view text_of(const VendorAvp& avp) {
  return {reinterpret_cast<const char*>(avp.value.data()), avp.value.size()};
}

class OwnedByAPlugin : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(plugins_.load(test_plugin("vendor_avps")));
    ASSERT_TRUE(host_.start({}));
    writer_.begin(VendorAvpWriter::octets_max, true);
  }
  void TearDown() override { host_.stop(); }

  std::span<const VendorAvp> add(protocol::VendorMessage message) {
    owner_.add(message, writer_);
    return writer_.avps();
  }
  /// What the plugin adds to an ICRQ of our session `id`.
  std::span<const VendorAvp> add_to_call(std::uint16_t id) {
    return add({.type = MessageType::icrq, .tunnel = {3}, .session = {id}});
  }
  bool logged(std::string_view part) {
    host_.stop();
    return captured_.has(part);
  }

  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  FakeShard shard_;
  PluginHost host_{plugins_, shard_, 0, 1};
  PluginVendorAvps owner_{plugins_, host_};
  VendorAvpWriter writer_;
};

TEST_F(OwnedByAPlugin, TheSetKnowsThatThereIsOne) {
  EXPECT_TRUE(plugins_.has_vendor_avps());
  EXPECT_TRUE(owner_.owns(vendor));
  EXPECT_FALSE(owner_.owns(vendor + 1));
}

TEST_F(OwnedByAPlugin, ThePluginSaysWhatItUnderstands) {
  EXPECT_TRUE(owner_.understands(vendor, 1));
  EXPECT_FALSE(owner_.understands(vendor, 77));
  EXPECT_FALSE(owner_.understands(vendor + 1, 1)) << "of another vendor nobody is asked";
}

TEST_F(OwnedByAPlugin, WhatItAddsHasItsVendor) {
  const auto added = add_to_call(2);
  ASSERT_EQ(added.size(), 2u);
  EXPECT_EQ(added[0].vendor, vendor);
  EXPECT_EQ(added[0].attribute, 1);
  EXPECT_FALSE(added[0].mandatory);
  EXPECT_EQ(text_of(added[0]), "type 10");
  EXPECT_EQ(added[1].vendor, vendor);
  EXPECT_EQ(added[1].attribute, 2);
  EXPECT_TRUE(added[1].mandatory);
  EXPECT_FALSE(added[1].hidden);
  EXPECT_EQ(text_of(added[1]), "two");
}

TEST_F(OwnedByAPlugin, ItMayHideThemWhereThereIsASecret) {
  const auto added = add_to_call(4);
  ASSERT_EQ(added.size(), 2u);
  EXPECT_TRUE(added[1].hidden);
  EXPECT_TRUE(logged("plugin vendor_avps: hidden 0"));
}

TEST_F(OwnedByAPlugin, WithoutASecretItIsToldSo) {
  writer_.begin(VendorAvpWriter::octets_max, false);
  EXPECT_EQ(add_to_call(4).size(), 1u);
  EXPECT_TRUE(logged("plugin vendor_avps: hidden -3"));
}

TEST_F(OwnedByAPlugin, WhatDoesNotFitIsRefusedAndTheRestStays) {
  EXPECT_EQ(add_to_call(6).size(), 3u);
  EXPECT_TRUE(logged("plugin vendor_avps: taken 2 then -2"));
}

TEST_F(OwnedByAPlugin, WhatIsNotAllowedIsRefused) {
  EXPECT_EQ(add_to_call(8).size(), 1u);
  EXPECT_TRUE(logged("plugin vendor_avps: too long -1"));
  EXPECT_TRUE(captured_.has("plugin vendor_avps: strange flag -1"));
  EXPECT_TRUE(captured_.has("plugin vendor_avps: no value -1"));
}

TEST_F(OwnedByAPlugin, ItReadsItsOwnWithTheFactsOfTheMessage) {
  const auto octets = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  const std::array avps{
      VendorAvp{.vendor = vendor, .attribute = 3, .mandatory = true, .value = octets("three"), .hidden = true},
      VendorAvp{.vendor = vendor + 1, .attribute = 4, .mandatory = false, .value = octets("other"), .hidden = false},
      VendorAvp{.vendor = vendor, .attribute = 5, .mandatory = false, .value = octets("five"), .hidden = false}};
  owner_.read({.type = MessageType::iccn, .tunnel = {1}, .session = {2}, .peer_tunnel = {3}, .peer_session = {4}},
              avps);
  EXPECT_TRUE(logged("read type 12 tunnel 1/3 session 2/4 avp 1 of 2 attribute 3 flags 3 value 'three'"));
  EXPECT_TRUE(captured_.has("avp 2 of 2 attribute 5 flags 0 value 'five'"));
  EXPECT_FALSE(captured_.has("other"));
}

TEST_F(OwnedByAPlugin, ItIsNotAskedAboutMessagesWithoutAnyOfItsOwn) {
  const std::array avps{
      VendorAvp{.vendor = vendor + 1, .attribute = 4, .mandatory = false, .value = {}, .hidden = false}};
  owner_.read({.type = MessageType::iccn}, avps);
  EXPECT_FALSE(logged("read type"));
}

TEST_F(OwnedByAPlugin, AfterTheShardStoppedItIsNotAsked) {
  host_.stop();
  EXPECT_TRUE(add_to_call(2).empty());
}

} // namespace
} // namespace openl2tp::runtime
