#include "plugins/ppp_engine/frame.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::hex;
using testing_support::to_hex;

TEST(Frame, MayHaveAddressAndControlOrNot) {
  for (const char* text : {"ff03c02101020004", "c02101020004"}) {
    const auto octets = hex(text);
    const auto frame = decode_frame(octets);
    ASSERT_TRUE(frame) << text;
    EXPECT_EQ(frame->protocol, Protocol::lcp);
    EXPECT_EQ(to_hex(frame->information), "01020004");
  }
}

TEST(Frame, MayHaveACompressedProtocol) {
  for (const char* text : {"ff032145", "2145", "ff03002145", "002145"}) {
    const auto octets = hex(text);
    const auto frame = decode_frame(octets);
    ASSERT_TRUE(frame) << text;
    EXPECT_EQ(frame->protocol, Protocol::ipv4);
    EXPECT_EQ(to_hex(frame->information), "45");
  }
}

TEST(Frame, ThatIsCutIsRefused) {
  for (const char* text : {"", "ff", "ff03", "ff03c0", "c0", "00"}) {
    const auto octets = hex(text);
    const auto frame = decode_frame(octets);
    ASSERT_FALSE(frame) << text;
    EXPECT_EQ(frame.error(), FrameError::truncated) << text;
  }
}

TEST(Frame, WithAnotherControlFieldIsRefused) {
  const auto octets = hex("ff13c02101020004");
  EXPECT_EQ(decode_frame(octets).error(), FrameError::bad_control);
}

TEST(Frame, WithAnEvenProtocolIsRefused) {
  const auto octets = hex("ff03c02201");
  EXPECT_EQ(decode_frame(octets).error(), FrameError::bad_protocol);
}

TEST(Frame, WithAProtocolThatLooksLikeAnAddressIsRefused) {
  for (const char* text : {"ff03ff0321", "ff0300ff21", "00ff"})
    EXPECT_EQ(decode_frame(hex(text)).error(), FrameError::bad_protocol) << text;
}

TEST(FrameHeader, OfLcpIsNeverCompressed) {
  const FrameHeader header = make_frame_header(Protocol::lcp, {.address_control = true, .protocol = true});
  EXPECT_EQ(to_hex(header.view()), "ff03c021");
}

TEST(FrameHeader, IsCompressedAsThePeerAllows) {
  const auto text = [](Protocol protocol, bool acfc, bool pfc) {
    return to_hex(make_frame_header(protocol, {.address_control = acfc, .protocol = pfc}).view());
  };
  EXPECT_EQ(text(Protocol::ipv4, false, false), "ff030021");
  EXPECT_EQ(text(Protocol::ipv4, true, false), "0021");
  EXPECT_EQ(text(Protocol::ipv4, false, true), "ff0321");
  EXPECT_EQ(text(Protocol::ipv4, true, true), "21");
  EXPECT_EQ(text(Protocol::ipcp, true, true), "8021");
}

TEST(FrameHeader, IsReadBackAsItWasWritten) {
  for (const Protocol protocol : {Protocol::ipv4, Protocol::ipv6, Protocol::ipcp, Protocol::lcp, Protocol::chap})
    for (const bool acfc : {false, true})
      for (const bool pfc : {false, true}) {
        const FrameHeader header = make_frame_header(protocol, {.address_control = acfc, .protocol = pfc});
        const auto frame = decode_frame(header.view());
        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->protocol, protocol);
        EXPECT_TRUE(frame->information.empty());
      }
}

} // namespace
} // namespace openl2tp::ppp
