// One parser a type; each says what it saw and what it allows.
#include "tools/l2tpconfig/values.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
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

/// A number of any size, the nearest of `low` to `high`.
tl::expected<ArgumentValue, ValueError> nearest_number(std::string_view name, std::string_view text, std::int64_t low,
                                                       std::int64_t high) {
  const std::string copy(text);
  char* end = nullptr;
  const long long given = std::strtoll(copy.c_str(), &end, 0); // what overflows becomes the nearest there is
  if (copy.empty() || copy.front() == ' ' || copy.front() == '\t' || *end != '\0') {
    return tl::unexpected(wrong(name, text, "a number from " + std::to_string(low) + " to " + std::to_string(high)));
  }
  ArgumentValue value;
  value.text = text;
  value.number = std::clamp<std::int64_t>(given, low, high);
  if (value.number != given)
    value.note = std::string(name) + ": " + copy + " is not allowed, " + std::to_string(value.number) + " is used";
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

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// True when the last label of `text` is a number: such text is an address, or wrong, but never a name. Resolvers take
/// "010.1.1.1" for 8.1.1.1 and "1.2.3" for 1.2.0.3.
bool ends_in_number(std::string_view text) {
  while (text.ends_with('.'))
    text.remove_suffix(1);
  std::string_view last = text.substr(text.rfind('.') + 1);
  const bool hex = last.starts_with("0x") || last.starts_with("0X");
  if (hex) last.remove_prefix(2);
  return std::ranges::all_of(last, [hex](char c) { return (c >= '0' && c <= '9') || (hex && hex_digit(c) >= 0); });
}

tl::expected<ArgumentValue, ValueError> parse_address(std::string_view name, std::string_view text, bool v4_only,
                                                      const Resolver& resolver) {
  ArgumentValue value;
  value.text = text;
  if (const auto numeric = protocol::parse_ip_address(text)) {
    if (v4_only && numeric->family != 4) return tl::unexpected(wrong(name, text, "an IPv4 address"));
    value.address = *numeric;
    return value;
  }
  if (ends_in_number(text) || text.find(':') != std::string_view::npos)
    return tl::unexpected(wrong(name, text, v4_only ? "an IPv4 address, four numbers from 0 to 255" : "an address"));
  const auto found = resolver(value.text, v4_only);
  if (!found) {
    return tl::unexpected(ValueError{.on_output = "Failed to resolve address '" + value.text + "': " + found.error(),
                                     .on_error = {},
                                     .unresolved = value.text});
  }
  value.address = *found;
  return value;
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
                                                     std::string_view choices, const ValueBounds& bounds) {
  ArgumentValue value;
  value.text = text;
  const auto number = parse_number(text, 0, bounds.numbered + std::ranges::count(choices, '|'));
  if (bounds.numbered >= 0 && number) {
    value.number = *number - bounds.numbered;
    return value;
  }
  for (std::string_view rest = choices; !rest.empty(); ++value.number) {
    const std::size_t bar = rest.find('|');
    if (equal_ignoring_case(text, rest.substr(0, bar))) return value;
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  return tl::unexpected(ValueError{
      .on_output = {}, .on_error = "Bad " + words_of(name) + " " + value.text + ": expecting " + std::string(choices)});
}

/// One speed is meant for both directions, "N:" as well.
tl::expected<ArgumentValue, ValueError> parse_speed(std::string_view name, std::string_view text) {
  constexpr std::int64_t max = std::numeric_limits<std::int32_t>::max();
  const std::size_t colon = text.find(':');
  const std::string_view rx_text = text.substr(0, colon);
  std::string_view tx_text = colon == std::string_view::npos ? rx_text : text.substr(colon + 1);
  if (tx_text.empty()) tx_text = rx_text;
  const auto rx = nearest_number(name, rx_text, 0, max);
  auto tx = nearest_number(name, tx_text, 0, max);
  if (!tx || !rx) return tl::unexpected(wrong(name, text, "a speed N or RX:TX in bits a second"));
  tx->text = text;
  tx->second = rx->number;
  if (tx->note.empty()) tx->note = rx->note;
  return tx;
}

} // namespace

tl::expected<std::vector<protocol::IpAddress>, std::string> addresses_of_host(const std::string& name, bool v4_only) {
  addrinfo hints{};
  hints.ai_family = v4_only ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(name.c_str(), nullptr, &hints, &found); failed != 0)
    return tl::unexpected(std::string(gai_strerror(failed)));
  std::vector<protocol::IpAddress> all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    protocol::IpAddress address;
    if (one->ai_family == AF_INET) {
      address.family = 4;
      std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr, 4);
    } else if (one->ai_family == AF_INET6) {
      address.family = 6;
      std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in6*>(one->ai_addr)->sin6_addr, 16);
    } else {
      continue;
    }
    all.push_back(address);
  }
  freeaddrinfo(found);
  if (all.empty()) return tl::unexpected(std::string("no IPv4 or IPv6 address"));
  return all;
}

tl::expected<protocol::IpAddress, std::string> resolve_host(const std::string& name, bool v4_only) {
  const auto all = addresses_of_host(name, v4_only);
  if (!all) return tl::unexpected(all.error());
  const auto v4 = std::ranges::find(*all, 4, &protocol::IpAddress::family);
  return v4 == all->end() ? all->front() : *v4;
}

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
  if (text.empty()) return 0U;
  if (const auto number = parse_number(text, -1, kTraceAll)) return static_cast<std::uint32_t>(*number); // -1: all
  if (equal_ignoring_case(text, "all")) return kTraceAll;
  if (text.ends_with(',')) text.remove_suffix(1);
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
                                                    std::string_view choices, const ValueBounds& bounds,
                                                    const Resolver& resolver) {
  ArgumentValue value;
  value.text = text;
  switch (type) {
  case Type::flag: return tl::unexpected(wrong(name, text, "no value"));
  case Type::text: return value;
  case Type::uint16: return number_in(name, text, 0, std::numeric_limits<std::uint16_t>::max());
  case Type::int32:
    return nearest_number(name, text, std::numeric_limits<std::int32_t>::min(),
                          std::min<std::int64_t>(bounds.max, std::numeric_limits<std::int32_t>::max()));
  case Type::uint32:
    return nearest_number(name, text, 0, std::min<std::int64_t>(bounds.max, std::numeric_limits<std::uint32_t>::max()));
  case Type::boolean: return parse_boolean(name, text);
  case Type::address: return parse_address(name, text, false, resolver);
  case Type::address_v4: return parse_address(name, text, true, resolver);
  case Type::hex: return parse_hex(name, text);
  case Type::trace: {
    const auto mask = parse_trace_flags(text);
    if (!mask) return tl::unexpected(ValueError{.on_output = {}, .on_error = "Unknown trace flag: " + mask.error()});
    value.number = *mask;
    return value;
  }
  case Type::choice: return parse_choice(name, text, choices, bounds);
  case Type::speed: return parse_speed(name, text);
  }
  return tl::unexpected(wrong(name, text, "a known type"));
}

} // namespace openl2tp::cli
