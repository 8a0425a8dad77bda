#include "runtime/trace/category.hpp"

#include <array>
#include <cctype>
#include <charconv>

namespace openl2tp::runtime {

namespace {

namespace trace = protocol::trace;
using protocol::TraceMask;

constexpr std::array<TraceCategory, 11> categories{{
    {trace::protocol, "protocol", "PROTOCOL"},
    {trace::fsm, "fsm", "FSM"},
    {trace::api, "api", "API"},
    {trace::avp, "avp_info", "AVP"},
    {trace::avp_hide, "avp_hide", "AVPHIDE"},
    {trace::avp_data, "avp_data", "AVPDATA"},
    {trace::function, "func", "FUNC"},
    {trace::transport, "transport", "XPRT"},
    {trace::data, "data", "DATA"},
    {trace::system, "system", "SYSTEM"},
    {trace::ppp, "ppp_control", "PPP"},
}};

bool starts_with_ignoring_case(std::string_view name, std::string_view start) {
  if (start.size() > name.size()) return false;
  for (std::size_t i = 0; i < start.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(start[i])) != name[i]) return false;
  return true;
}

tl::expected<TraceMask, std::string> parse_number(std::string_view text) {
  std::string_view digits = text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  }
  TraceMask value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (fault != std::errc{} || end != digits.data() + digits.size() || value > trace::all)
    return tl::unexpected("Trace flags " + std::string(text) + ": a number must be 0 to 2047 (0x7ff)");
  return value;
}

tl::expected<TraceMask, std::string> parse_name(std::string_view name) {
  TraceMask found = 0;
  std::string candidates;
  const auto consider = [&](std::string_view candidate, TraceMask bits) {
    if (!starts_with_ignoring_case(candidate, name)) return false;
    found = bits;
    if (candidate.size() == name.size()) return true;
    candidates += candidates.empty() ? "" : ", ";
    candidates += candidate;
    return false;
  };
  if (name.empty()) return tl::unexpected(std::string("Empty trace flag"));
  for (const TraceCategory& category : categories)
    if (consider(category.name, category.bit)) return found;
  if (consider("all", trace::all)) return found;
  if (consider("none", 0)) return found;
  if (candidates.empty()) return tl::unexpected("Unknown trace flag: " + std::string(name));
  if (candidates.find(',') != std::string::npos)
    return tl::unexpected("Ambiguous trace flag: " + std::string(name) + " (" + candidates + ")");
  return found;
}

} // namespace

std::span<const TraceCategory> trace_categories() noexcept { return categories; }

std::string_view trace_category_name(TraceMask mask) noexcept {
  for (const TraceCategory& category : categories)
    if ((mask & category.bit) != 0) return category.name;
  return "none";
}

tl::expected<TraceMask, std::string> parse_trace_mask(std::string_view text) {
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) return parse_number(text);
  TraceMask mask = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto bits = parse_name(text.substr(0, comma));
    if (!bits) return bits;
    mask |= *bits;
    if (comma == std::string_view::npos) return mask;
    text.remove_prefix(comma + 1);
  }
}

std::string format_trace_mask(TraceMask mask) {
  mask &= trace::all;
  if (mask == 0) return "none";
  if (mask == trace::all) return "all";
  std::string text;
  for (const TraceCategory& category : categories) {
    if ((mask & category.bit) == 0) continue;
    text += text.empty() ? "" : ",";
    text += category.name;
  }
  return text;
}

} // namespace openl2tp::runtime
