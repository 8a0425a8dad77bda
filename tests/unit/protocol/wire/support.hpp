// What the tests of the wire share: octets from text, AVPs put together without the code under test, one smallest and
// one fullest raw form of every message. Nothing here calls the encoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/random.hpp"
#include "protocol/wire/codec.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

// So that a failing comparison names the fault instead of its octets.
inline void PrintTo(MessageFault fault, std::ostream* out) {
  *out << "MessageFault(" << static_cast<int>(fault) << ")";
}

namespace test {

using Bytes = std::vector<std::byte>;

/// "80 08 00" and "800800" alike; '#' begins a comment that runs to the end of the line.
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  bool comment = false;
  for (const char c : text) {
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (comment) continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

inline Bytes octets_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

inline void append(Bytes& to, std::span<const std::byte> more) { to.insert(to.end(), more.begin(), more.end()); }

inline void append_u16(Bytes& to, unsigned value) {
  to.push_back(static_cast<std::byte>(value >> 8));
  to.push_back(static_cast<std::byte>(value));
}

/// One AVP as raw material.
struct RawAvp {
  std::uint16_t attribute = 0;
  Bytes value{};
  bool mandatory = true;
  bool hidden = false;
  std::uint16_t vendor = 0;
  unsigned reserved = 0; // the four bits, as they stand in the first 16
};

inline Bytes raw(const RawAvp& avp) {
  Bytes out;
  append_u16(out, (avp.mandatory ? 0x8000u : 0u) | (avp.hidden ? 0x4000u : 0u) | avp.reserved |
                      static_cast<unsigned>(avp.value.size() + 6));
  append_u16(out, avp.vendor);
  append_u16(out, avp.attribute);
  append(out, avp.value);
  return out;
}

inline Bytes raw(const std::vector<RawAvp>& avps) {
  Bytes out;
  for (const RawAvp& avp : avps)
    append(out, raw(avp));
  return out;
}

inline RawAvp type_avp(MessageType type) {
  Bytes value;
  append_u16(value, static_cast<unsigned>(type));
  return {.attribute = 0, .value = value};
}

/// The required AVPs of a message, in the order of the RFC, Message Type first.
inline std::vector<RawAvp> minimal_avps(MessageType type) {
  using enum MessageType;
  std::vector<RawAvp> avps{type_avp(type)};
  const auto add = [&](std::uint16_t attribute, std::string_view value) {
    avps.push_back({.attribute = attribute, .value = hex(value)});
  };
  switch (type) {
  case sccrq:
  case sccrp:
    add(2, "0100");
    add(7, "6c6163"); // "lac"
    add(3, "00000003");
    add(9, "1234");
    break;
  case stopccn:
    add(9, "1234");
    add(1, "0001");
    break;
  case ocrq:
    add(14, "2345");
    add(15, "00000007");
    add(16, "00002580");
    add(17, "0000fa00");
    add(18, "00000001");
    add(19, "00000002");
    add(21, "35353531323132");
    break;
  case ocrp: add(14, "2345"); break;
  case occn:
    add(24, "0000fa00");
    add(19, "00000001");
    break;
  case icrq:
    add(14, "2345");
    add(15, "00000007");
    break;
  case icrp: add(14, "2345"); break;
  case iccn:
    add(24, "0000fa00");
    add(19, "00000001");
    break;
  case cdn:
    add(1, "0003");
    add(14, "2345");
    break;
  case wen: add(34, "0000 00000001 00000002 00000003 00000004 00000005 00000006"); break;
  case sli: add(35, "0000 ffffffff 000a0000"); break;
  case zlb:
  case scccn:
  case hello: break;
  }
  return avps;
}

/// The optional AVPs of a message, in the order in which we send them.
inline std::vector<RawAvp> optional_avps(MessageType type) {
  using enum MessageType;
  std::vector<RawAvp> avps;
  const auto add = [&](std::uint16_t attribute, std::string_view value, bool mandatory) {
    avps.push_back({.attribute = attribute, .value = hex(value), .mandatory = mandatory});
  };
  switch (type) {
  case sccrq:
  case sccrp:
    add(4, "00000002", true);
    add(10, "0008", true);
    add(6, "0690", false);
    add(8, "41636d65", false);
    add(11, "00112233445566778899aabbccddeeff", true);
    if (type == sccrq)
      add(5, "0102030405060708", false);
    else
      add(13, "f0e0d0c0b0a090807060504030201000", true);
    break;
  case scccn: add(13, "f0e0d0c0b0a090807060504030201000", true); break;
  case ocrq: add(23, "3939", true); break;
  case ocrp: add(25, "00000011", false); break;
  case occn:
    add(38, "00007d00", false);
    add(39, "", true);
    break;
  case icrq:
    add(18, "00000002", true);
    add(25, "00000011", false);
    add(22, "31323334", true);
    add(21, "35353531", true);
    add(23, "39", true);
    break;
  case iccn:
    add(26, "0104 05dc", false);
    add(27, "0104 05d4", false);
    add(28, "0506 11223344", false);
    add(29, "0002", false);
    add(30, "75736572", false);
    add(31, "0badcafe", false);
    add(32, "002a", false);
    add(33, "deadbeef", false);
    add(37, "6772703031", false);
    add(38, "00007d00", false);
    add(39, "", true);
    break;
  case cdn:
    add(12, "0010 02 627573 79", true);
    add(46, "0003 c021 01 627965", false);
    break;
  case zlb:
  case stopccn:
  case hello:
  case icrp:
  case wen:
  case sli: break;
  }
  return avps;
}

inline std::vector<RawAvp> full_avps(MessageType type) {
  auto avps = minimal_avps(type);
  for (auto& avp : optional_avps(type))
    avps.push_back(avp);
  return avps;
}

inline constexpr std::array message_types{
    MessageType::sccrq, MessageType::sccrp, MessageType::scccn, MessageType::stopccn, MessageType::hello,
    MessageType::ocrq,  MessageType::ocrp,  MessageType::occn,  MessageType::icrq,    MessageType::icrp,
    MessageType::iccn,  MessageType::cdn,   MessageType::wen,   MessageType::sli};

/// The AVP of `attribute` in `avps`; null when there is none.
inline RawAvp* find(std::vector<RawAvp>& avps, std::uint16_t attribute) {
  for (RawAvp& avp : avps)
    if (avp.attribute == attribute && avp.vendor == 0) return &avp;
  return nullptr;
}

/// Reads a whole body back into raw AVPs; trusts it, so only for what the encoder under test wrote.
inline std::vector<RawAvp> split(std::span<const std::byte> body) {
  std::vector<RawAvp> avps;
  const auto u16 = [&](std::size_t at) {
    return std::to_integer<unsigned>(body[at]) << 8 | std::to_integer<unsigned>(body[at + 1]);
  };
  while (body.size() >= 6) {
    const unsigned flags = u16(0);
    const std::size_t length = flags & 0x3ff;
    if (length < 6 || length > body.size()) break;
    avps.push_back({.attribute = static_cast<std::uint16_t>(u16(4)),
                    .value = Bytes(body.begin() + 6, body.begin() + static_cast<std::ptrdiff_t>(length)),
                    .mandatory = (flags & 0x8000) != 0,
                    .hidden = (flags & 0x4000) != 0,
                    .vendor = static_cast<std::uint16_t>(u16(2)),
                    .reserved = flags & 0x3c00});
    body = body.subspan(length);
  }
  return avps;
}

/// 0, 1, 2, ...: a random source whose octets a test can name.
class CountingRandom : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& b : out)
      b = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0;
};

/// Encodes into octets of its own; an empty result is an error.
inline Bytes encoded(const Message& message, const EncodeOptions& options = {}, std::uint16_t tunnel_id = 0,
                     std::uint16_t session_id = 0) {
  Bytes out(65535);
  const auto size = encode(out, tunnel_id, session_id, message, options);
  out.resize(size.value_or(0));
  return out;
}

inline Bytes body_of(const Message& message, const EncodeOptions& options = {}) {
  const Bytes whole = encoded(message, options);
  return whole.size() < 12 ? Bytes{} : Bytes(whole.begin() + 12, whole.end());
}

/// An invented name for a parameter of a test.
inline std::string camel(std::string_view words) {
  std::string out;
  bool up = true;
  for (const char c : words) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter) {
      up = true;
      continue;
    }
    out += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = false;
  }
  return out;
}

} // namespace test
} // namespace openl2tp::protocol
