#include "runtime/trace/category.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

namespace trace = protocol::trace;

TEST(TraceCategory, DecimalAndHexadecimalNumbersAreTaken) {
  EXPECT_EQ(parse_trace_mask("0"), protocol::TraceMask{0});
  EXPECT_EQ(parse_trace_mask("3"), trace::protocol | trace::fsm);
  EXPECT_EQ(parse_trace_mask("0x7ff"), trace::all);
  EXPECT_EQ(parse_trace_mask("0X400"), trace::ppp);
}

TEST(TraceCategory, NumbersBeyondTheElevenBitsAreRefusedWithTheRange) {
  for (const char* text : {"2048", "0x800", "99999999999", "0x", "12x", "1,2"}) {
    const auto mask = parse_trace_mask(text);
    ASSERT_FALSE(mask) << text;
    EXPECT_NE(mask.error().find(text), std::string::npos);
    EXPECT_NE(mask.error().find("0 to 2047"), std::string::npos);
  }
}

TEST(TraceCategory, EveryNameStandsForItsBit) {
  ASSERT_EQ(trace_categories().size(), 11u);
  protocol::TraceMask bit = 1;
  for (const TraceCategory& category : trace_categories()) {
    EXPECT_EQ(category.bit, bit);
    EXPECT_EQ(parse_trace_mask(category.name), bit) << category.name;
    EXPECT_EQ(trace_category_name(bit), category.name);
    bit <<= 1;
  }
}

TEST(TraceCategory, NamesMayBeShortenedWhileUniqueAndInAnyCase) {
  EXPECT_EQ(parse_trace_mask("fs,tr"), trace::fsm | trace::transport);
  EXPECT_EQ(parse_trace_mask("AVP_H,Pro"), trace::avp_hide | trace::protocol);
  EXPECT_EQ(parse_trace_mask("all"), trace::all);
  EXPECT_EQ(parse_trace_mask("none"), protocol::TraceMask{0});
}

TEST(TraceCategory, AnUnknownNameIsNamed) {
  EXPECT_EQ(parse_trace_mask("bogus").error(), "Unknown trace flag: bogus");
  EXPECT_EQ(parse_trace_mask("fsm,bogus").error(), "Unknown trace flag: bogus");
  EXPECT_EQ(parse_trace_mask("fsmx").error(), "Unknown trace flag: fsmx");
}

TEST(TraceCategory, AnAmbiguousNameListsWhatItCouldMean) {
  EXPECT_EQ(parse_trace_mask("avp").error(), "Ambiguous trace flag: avp (avp_info, avp_hide, avp_data)");
}

TEST(TraceCategory, EmptyFlagsAreRefused) {
  for (const char* text : {"", ",", "fsm,", ",fsm"})
    EXPECT_FALSE(parse_trace_mask(text)) << text;
}

TEST(TraceCategory, FormattedMasksReadBack) {
  for (protocol::TraceMask mask = 0; mask <= trace::all; ++mask)
    ASSERT_EQ(parse_trace_mask(format_trace_mask(mask)), mask);
}

} // namespace
} // namespace openl2tp::runtime
