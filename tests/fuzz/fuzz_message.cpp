// Whole control messages. RFC 2661 §4, §6. Input: a datagram; the secret is that of the vectors. Oracle: an accepted
// message holds as many AVPs as were not ignored; encoded, in clear and hidden, it decodes to the same message; a
// refusal is explained and inside the body.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/codec.hpp"
#include "protocol/wire/header.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::protocol;

namespace {

constexpr std::string_view secret_text = "correct horse battery staple";

class SeededRandom : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out)
      octet = static_cast<std::byte>((state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL) >> 56);
  }

 private:
  std::uint64_t state_;
};

/// How many AVPs, and how many of them are Random Vectors that the decoder takes as such.
struct Counts {
  unsigned avps = 0, vectors = 0;
};

class Counter : public AvpObserver {
 public:
  void avp(std::uint16_t vendor, std::uint16_t attribute, bool, bool hidden, std::size_t length,
           Octets value) override {
    ++counts.avps;
    if (vendor == 0 && attribute == 36 && !hidden && length > 6) ++counts.vectors;
    const bool secret = vendor == 0 && (attribute == 11 || attribute == 13 || attribute == 33 || attribute == 36);
    if (hidden || secret) FUZZ_CHECK(value.empty());
  }
  Counts counts;
};

unsigned count_frames(Octets body) {
  unsigned frames = 0;
  for (; !body.empty(); ++frames)
    FUZZ_CHECK(take_avp(body).has_value());
  return frames;
}

std::vector<std::byte> encoded(const Message& message, const EncodeOptions& options) {
  std::vector<std::byte> out(65535);
  const auto size = encode(out, 1, 2, message, options);
  out.resize(size.value_or(0));
  return out;
}

bool reserved_vectors(
    Octets body) { // a Random Vector with reserved bits is unrecognised, which the observer cannot tell
  while (!body.empty()) {
    const auto avp = take_avp(body);
    if (!avp) return false;
    if (avp->vendor == 0 && avp->attribute == 36 && avp->reserved_bits) return true;
  }
  return false;
}

/// Owns every odd vendor and understands every attribute but 13.
struct Claims final : VendorClaims {
  [[nodiscard]] bool owns(std::uint16_t vendor) const noexcept override { return vendor % 2 == 1; }
  [[nodiscard]] bool understands(std::uint16_t, std::uint16_t attribute) const noexcept override {
    return attribute != 13;
  }
};

/// The same body for somebody who owns AVPs of other vendors: what is taken without is taken with, within the bounds,
/// and what is listed comes back when it is sent.
void check_claimed(Octets body, Octets secret, bool taken_without) {
  static MessageDecoder decoder, second_decoder;
  const Claims claims;
  const auto decoded = decoder.decode(body, secret, nullptr, &claims);
  if (taken_without) FUZZ_CHECK(decoded.has_value());
  if (!decoded) return;
  FUZZ_CHECK(decoded->vendor_avps.size() <= decoded->notes.vendor_avps);
  for (const VendorAvp& avp : decoded->vendor_avps) {
    FUZZ_CHECK(claims.owns(avp.vendor) && (!avp.mandatory || claims.understands(avp.vendor, avp.attribute)));
    const auto same_vendor = [&](const VendorAvp& other) { return other.vendor == avp.vendor; };
    FUZZ_CHECK(std::ranges::count_if(decoded->vendor_avps, same_vendor) <= static_cast<int>(vendor_avps_max));
  }
  if (decoded->vendor_avps.empty()) return;
  SeededRandom random(body.size());
  const auto sent = encoded(
      decoded->message,
      {.hide = false, .secret = secret, .hidden_padding = 0, .random = &random, .vendor_avps = decoded->vendor_avps});
  if (sent.empty()) return; // too long
  const auto again = second_decoder.decode(Octets(sent).subspan(control_header_size), secret, nullptr, &claims);
  FUZZ_CHECK(again.has_value() && again->vendor_avps.size() == decoded->vendor_avps.size());
  for (std::size_t i = 0; i < again->vendor_avps.size(); ++i) {
    const VendorAvp &before = decoded->vendor_avps[i], &after = again->vendor_avps[i];
    FUZZ_CHECK(before.vendor == after.vendor && before.attribute == after.attribute);
    FUZZ_CHECK(before.mandatory == after.mandatory && before.hidden == after.hidden);
    FUZZ_CHECK(std::ranges::equal(before.value, after.value));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Octets datagram = std::as_bytes(std::span(data, size));
  const Octets secret = std::as_bytes(std::span(secret_text));
  static MessageDecoder decoder, second_decoder;
  const auto header = decode_control_header(datagram);
  if (!header) return 0;

  Counter counter;
  const auto decoded = decoder.decode(header->body, secret, &counter);
  check_claimed(header->body, secret, decoded.has_value());
  if (!decoded) {
    const MessageError& error = decoded.error();
    FUZZ_CHECK(!error.describe().empty());
    FUZZ_CHECK(error.wire_error() != GeneralError::none);
    FUZZ_CHECK(error.offset <= header->body.size());
    FUZZ_CHECK(!error.assigned_tunnel_id || *error.assigned_tunnel_id != 0);
    FUZZ_CHECK(!error.assigned_session_id || *error.assigned_session_id != 0);
    return 0;
  }

  const DecodeNotes& notes = decoded->notes;
  FUZZ_CHECK(counter.counts.avps == count_frames(header->body));
  FUZZ_CHECK(decoded->vendor_avps.size() == std::min<std::size_t>(notes.vendor_avps, 32));
  std::vector<std::byte> plain = encoded(decoded->message, {});
  FUZZ_CHECK(plain.size() >= control_header_size);
  if (!reserved_vectors(header->body))
    FUZZ_CHECK(count_frames(Octets(plain).subspan(control_header_size)) ==
               counter.counts.avps - counter.counts.vectors - notes.ignored_avps - notes.vendor_avps);

  const auto again = second_decoder.decode(Octets(plain).subspan(control_header_size), {});
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->message.index() == decoded->message.index());
  FUZZ_CHECK(again->notes.ignored_avps == 0 && again->notes.vendor_avps == 0 && again->notes.hidden_avps == 0);
  FUZZ_CHECK(encoded(again->message, {}) == plain);

  SeededRandom random(size);
  const EncodeOptions hide{
      .hide = true, .secret = secret, .hidden_padding = size % 65, .random = &random, .vendor_avps = {}};
  const std::vector<std::byte> hidden = encoded(decoded->message, hide);
  if (hidden.empty()) return 0; // a value that has no room for its hidden form
  const auto opened = second_decoder.decode(Octets(hidden).subspan(control_header_size), secret);
  FUZZ_CHECK(opened.has_value());
  FUZZ_CHECK(opened->notes.ignored_avps == 0);
  FUZZ_CHECK(encoded(opened->message, {}) == plain);
  return 0;
}
