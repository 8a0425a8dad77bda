// The names of the trace categories, as operators write and read them. The bits themselves are in protocol/trace.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "protocol/trace.hpp"

namespace openl2tp::runtime {

struct TraceCategory {
  protocol::TraceMask bit;
  std::string_view name;     // in options and parameters: "avp_info"
  std::string_view shown_as; // in the output of show commands: "AVP"
};

/// The eleven categories, in the order of their bits.
[[nodiscard]] std::span<const TraceCategory> trace_categories() noexcept;

/// The category of the lowest bit of `mask`; "none" when no known bit is set. The view lives for ever.
[[nodiscard]] std::string_view trace_category_name(protocol::TraceMask mask) noexcept;

/// Reads a decimal or hexadecimal (0x) number up to 0x7ff, or a comma list of names, each of which may be shortened as
/// long as it stays unique; "all" and "none" are names too. Case does not matter.
/// @error a sentence for the operator: "Unknown trace flag: bogus".
[[nodiscard]] tl::expected<protocol::TraceMask, std::string> parse_trace_mask(std::string_view text);

/// "protocol,fsm", "all", "none": parse_trace_mask reads it back.
[[nodiscard]] std::string format_trace_mask(protocol::TraceMask mask);

} // namespace openl2tp::runtime
