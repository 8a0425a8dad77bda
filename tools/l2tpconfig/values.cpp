// One parser a type; each says what it saw and what it allows.
#include "tools/l2tpconfig/values.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace openl2tp::cli {
namespace {

struct TraceName {
  std::string_view word;    // on input
  std::string_view display; // on output
  std::uint32_t bit;
};

// In display order, which is not the order of the bits.
constexpr std::array kTraceNames = {
    TraceName{"protocol", "PROTOCOL", 0x001}, TraceName{"fsm", "FSM", 0x002},
    TraceName{"api", "API", 0x004},           TraceName{"avp_info", "AVP", 0x008},
    TraceName{"avp_hide", "AVPHIDE", 0x010},  TraceName{"avp_data", "AVPDATA", 0x020},
    TraceName{"func", "FUNC", 0x040},         TraceName{"transport", "XPRT", 0x080},
    TraceName{"data", "DATA", 0x100},         TraceName{"ppp_control", "PPP", 0x400},
    TraceName{"system", "SYSTEM", 0x200},
};

constexpr std::uint32_t kTraceAll = 0xffffffff;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

ValueError wrong(std::string_view name, std::string_view seen, std::string_view allowed) {
  return {.on_output = {},
          .on_error = std::string(name) + ": '" + std::string(seen) + "', expected " + std::string(allowed)};
}

std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t low, std::int64_t high) {
  const std::string copy(text);
  if (copy.empty() || copy.front() == ' ' || copy.front() == '\t') return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(copy.c_str(), &end, 0);
  if (errno != 0 || *end != '\0' || value < low || value > high) return std::nullopt;
  return value;
}

tl::expected<ArgumentValue, ValueError> number_in(std::string_view name, std::string_view text, std::int64_t low,
                                                  std::int64_t high) {
  const auto number = parse_number(text, low, high);
  if (!number) {
    return tl::unexpected(wrong(name, text, "a number from " + std::to_string(low) + " to " + std::to_string(high)));
  }
  ArgumentValue value;
  value.text = text;
  value.number = *number;
  return value;
}

tl::expected<ArgumentValue, ValueError> parse_boolean(std::string_view name, std::string_view text) {
  ArgumentValue value;
  value.text = text;
  for (const std::string_view word : {"yes", "enable", "true", "on", "1"}) {
    if (equal_ignoring_case(text, word)) {
      value.number = 1;
      return value;
    }
  }
  for (const std::string_view word : {"no", "disable", "false", "off", "0"}) {
    if (equal_ignoring_case(text, word)) return value;
  }
  return tl::unexpected(wrong(name, text, "yes or no"));
}

/// The address that a resolver found; IPv4 where there are both, as scripts have always got that.
protocol::IpAddress best_of(const addrinfo* found) {
  protocol::IpAddress best;
  for (; found != nullptr && best.family != 4; found = found->ai_next) {
    if (found->ai_family == AF_INET) {
      best = {.family = 4, .octets = {}};
      std::memcpy(best.octets.data(), &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr, 4);
    } else if (found->ai_family == AF_INET6 && best.family == 0) {
      best.family = 6;
      std::memcpy(best.octets.data(), &reinterpret_cast<const sockaddr_in6*>(found->ai_addr)->sin6_addr, 16);
    }
  }
  return best;
}

tl::expected<ArgumentValue, ValueError> parse_address(std::string_view name, std::string_view text, bool v4_only) {
  ArgumentValue value;
  value.text = text;
  if (const auto numeric = protocol::parse_ip_address(text)) {
    if (v4_only && numeric->family != 4) return tl::unexpected(wrong(name, text, "an IPv4 address"));
    value.address = *numeric;
    return value;
  }
  addrinfo hints{};
  hints.ai_family = v4_only ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(value.text.c_str(), nullptr, &hints, &found);
  if (failed != 0) {
    return tl::unexpected(ValueError{
        .on_output = "Failed to resolve address '" + value.text + "': " + gai_strerror(failed), .on_error = {}});
  }
  value.address = best_of(found);
  freeaddrinfo(found);
  return value;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

tl::expected<ArgumentValue, ValueError> parse_hex(std::string_view name, std::string_view text) {
  ArgumentValue value;
  value.text = text;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return tl::unexpected(wrong(name, value.text, "hexadecimal digits"));
    value.octets.push_back(static_cast<std::byte>(high << 4 | low));
  }
  if (text.size() % 2 != 0) return tl::unexpected(wrong(name, value.text, "an even number of hexadecimal digits"));
  return value;
}

/// "a_b" as people read it: "a b".
std::string words_of(std::string_view name) {
  std::string words(name);
  for (char& c : words) {
    if (c == '_') c = ' ';
  }
  return words;
}

tl::expected<ArgumentValue, ValueError> parse_choice(std::string_view name, std::string_view text,
                                                     std::string_view choices) {
  ArgumentValue value;
  value.text = text;
  for (std::string_view rest = choices; !rest.empty(); ++value.number) {
    const std::size_t bar = rest.find('|');
    if (equal_ignoring_case(text, rest.substr(0, bar))) return value;
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return tl::unexpected(ValueError{
      .on_output = {}, .on_error = "Bad " + words_of(name) + " " + value.text + ": expecting " + std::string(choices)});
}

tl::expected<ArgumentValue, ValueError> parse_speed(std::string_view name, std::string_view text) {
  constexpr std::int64_t max = std::numeric_limits<std::int32_t>::max();
  const std::size_t colon = text.find(':');
  ArgumentValue value;
  value.text = text;
  const auto tx = parse_number(colon == std::string_view::npos ? text : text.substr(colon + 1), 0, max);
  const auto rx =
      colon == std::string_view::npos ? std::optional<std::int64_t>(0) : parse_number(text.substr(0, colon), 0, max);
  if (!tx || !rx) return tl::unexpected(wrong(name, text, "a speed N or RX:TX in bits a second"));
  value.number = *tx;
  value.second = *rx;
  return value;
}

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && abbreviates(a, b);
}

bool abbreviates(std::string_view word, std::string_view full) noexcept {
  if (word.empty() || word.size() > full.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != lower(full[i])) return false;
  }
  return true;
}

std::string_view type_name(Type type) noexcept {
  switch (type) {
  case Type::flag: return "";
  case Type::text: return "<string>";
  case Type::uint16: return "<uint16>";
  case Type::int32: return "<int32>";
  case Type::uint32: return "<uint32>";
  case Type::boolean: return "<bool>";
  case Type::address:
  case Type::address_v4: return "<ipaddr>";
  case Type::hex: return "<hex>";
  case Type::trace: return "<flags>";
  case Type::choice: return "<word>";
  case Type::speed: return "<speed>";
  }
  return "";
}

tl::expected<std::uint32_t, std::string> parse_trace_flags(std::string_view text) {
  if (const auto number = parse_number(text, 0, kTraceAll)) return static_cast<std::uint32_t>(*number);
  if (equal_ignoring_case(text, "all")) return kTraceAll;
  std::uint32_t mask = 0;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const TraceName* match = nullptr;
    int matches = 0;
    for (const TraceName& name : kTraceNames) {
      if (!abbreviates(word, name.word)) continue;
      match = &name;
      ++matches;
      if (word.size() != name.word.size()) continue;
      matches = 1; // the whole name is no abbreviation of another
      break;
    }
    if (matches != 1) return tl::unexpected(std::string(word));
    mask |= match->bit;
    if (comma == std::string_view::npos) return mask;
    rest = rest.substr(comma + 1);
  }
}

std::vector<std::string_view> trace_flag_names() {
  std::vector<std::string_view> names;
  for (const TraceName& name : kTraceNames)
    names.push_back(name.word);
  return names;
}

std::string trace_flags_text(std::uint32_t mask) {
  std::string text;
  for (const TraceName& name : kTraceNames) {
    if ((mask & name.bit) == 0) continue;
    if (!text.empty()) text += ' ';
    text += name.display;
  }
  return text.empty() ? "NONE" : text;
}

tl::expected<ArgumentValue, ValueError> parse_value(std::string_view name, Type type, std::string_view text,
                                                    std::string_view choices) {
  ArgumentValue value;
  value.text = text;
  switch (type) {
  case Type::flag: return tl::unexpected(wrong(name, text, "no value"));
  case Type::text: return value;
  case Type::uint16: return number_in(name, text, 0, std::numeric_limits<std::uint16_t>::max());
  case Type::int32:
    return number_in(name, text, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
  case Type::uint32: return number_in(name, text, 0, std::numeric_limits<std::uint32_t>::max());
  case Type::boolean: return parse_boolean(name, text);
  case Type::address: return parse_address(name, text, false);
  case Type::address_v4: return parse_address(name, text, true);
  case Type::hex: return parse_hex(name, text);
  case Type::trace: {
    const auto mask = parse_trace_flags(text);
    if (!mask) return tl::unexpected(ValueError{.on_output = {}, .on_error = "Unknown trace flag: " + mask.error()});
    value.number = *mask;
    return value;
  }
  case Type::choice: return parse_choice(name, text, choices);
  case Type::speed: return parse_speed(name, text);
  }
  return tl::unexpected(wrong(name, text, "a known type"));
}

} // namespace openl2tp::cli
