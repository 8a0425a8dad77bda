#include "plugins/radius/packet.hpp"

#include <algorithm>
#include <cstring>

#include <nettle/hmac.h>
#include <nettle/md5.h>

#include "plugins/ppp_engine/crypto.hpp"

namespace openl2tp::radius {
namespace {

constexpr std::size_t digest_size = 16;
constexpr std::size_t authenticator_offset = 4;
constexpr std::size_t attribute_header_size = 2;
constexpr std::size_t vendor_header_size = 6; // vendor number, vendor type, vendor length
constexpr Authenticator zero_authenticator{};

const std::uint8_t* in(Octets octets) noexcept { return reinterpret_cast<const std::uint8_t*>(octets.data()); }
std::uint8_t* out(std::span<std::byte> octets) noexcept { return reinterpret_cast<std::uint8_t*>(octets.data()); }

std::size_t length_at(Octets octets) noexcept { return std::to_integer<std::size_t>(octets[1]); }

/// Every attribute has 2 octets or more and ends where the next begins; `size` is where the first wrong one begins.
std::size_t well_formed_size(Octets attributes) noexcept {
  std::size_t size = 0;
  while (size < attributes.size()) {
    const Octets rest = attributes.subspan(size);
    if (rest.size() < attribute_header_size || length_at(rest) < attribute_header_size || length_at(rest) > rest.size())
      break;
    size += length_at(rest);
  }
  return size;
}

/// MD5(code, identifier, length, `authenticator`, attributes, secret): RFC 2865 section 3, RFC 2866 section 3.
Authenticator packet_digest(Octets packet, const Authenticator& authenticator, std::string_view secret) noexcept {
  Authenticator digest;
  md5_ctx hash;
  md5_init(&hash);
  md5_update(&hash, authenticator_offset, in(packet));
  md5_update(&hash, authenticator.size(), in(authenticator));
  md5_update(&hash, packet.size() - header_size, in(packet.subspan(header_size)));
  md5_update(&hash, secret.size(), in(ppp::as_octets(secret)));
  md5_digest(&hash, digest.size(), out(digest));
  explicit_bzero(&hash, sizeof(hash)); // the secret is still in its block
  return digest;
}

/// HMAC-MD5 over the packet with `authenticator` in its header and zeros in place of the digest at `value_offset`.
Authenticator message_digest(Octets packet, std::size_t value_offset, const Authenticator& authenticator,
                             std::string_view secret) noexcept {
  Authenticator digest;
  hmac_md5_ctx hash;
  hmac_md5_set_key(&hash, secret.size(), in(ppp::as_octets(secret)));
  hmac_md5_update(&hash, authenticator_offset, in(packet));
  hmac_md5_update(&hash, authenticator.size(), in(authenticator));
  hmac_md5_update(&hash, value_offset - header_size, in(packet.subspan(header_size)));
  hmac_md5_update(&hash, digest_size, in(zero_authenticator));
  const Octets behind = packet.subspan(value_offset + digest_size);
  hmac_md5_update(&hash, behind.size(), in(behind));
  hmac_md5_digest(&hash, digest.size(), out(digest));
  explicit_bzero(&hash, sizeof(hash));
  return digest;
}

enum class Kind : std::uint8_t { random_request, keyed_request, answer };

/// Where the authenticator of a packet comes from. A code that we do not know is handled like an answer: it needs a
/// request.
Kind kind_of(Code code) noexcept {
  if (code == Code::access_request || code == Code::status_server) return Kind::random_request;
  if (code == Code::accounting_request || code == Code::disconnect_request || code == Code::coa_request)
    return Kind::keyed_request;
  return Kind::answer;
}

} // namespace

std::optional<Attribute> AttributeReader::next() noexcept {
  if (vendor_rest_.empty()) {
    if (rest_.empty()) return std::nullopt;
    const Octets whole = rest_.first(length_at(rest_));
    const Octets value = whole.subspan(attribute_header_size);
    const AttributeId id{0, std::to_integer<std::uint8_t>(whole[0])};
    rest_ = rest_.subspan(whole.size());
    if (id != attribute::vendor_specific || value.size() < vendor_header_size) return Attribute{id, value};
    ppp::Reader reader(value);
    vendor_ = reader.u32();
    const Octets inside = reader.rest();
    // Vendor 0 would pass for the RADIUS space itself.
    if (vendor_ == 0 || well_formed_size(inside) != inside.size()) return Attribute{id, value};
    vendor_rest_ = inside;
  }
  const Octets whole = vendor_rest_.first(length_at(vendor_rest_));
  vendor_rest_ = vendor_rest_.subspan(whole.size());
  return Attribute{{vendor_, std::to_integer<std::uint8_t>(whole[0])}, whole.subspan(attribute_header_size)};
}

tl::expected<Packet, DecodeError> Packet::decode(Octets datagram) noexcept {
  if (datagram.size() < header_size) return tl::unexpected(DecodeError{DecodeReason::truncated, datagram.size()});
  ppp::Reader reader(datagram.subspan(2));
  const std::size_t length = reader.u16();
  if (length < header_size || length > packet_size_max) return tl::unexpected(DecodeError{DecodeReason::bad_length, 2});
  if (length > datagram.size()) return tl::unexpected(DecodeError{DecodeReason::truncated, datagram.size()});
  const Octets octets = datagram.first(length);
  const std::size_t size = header_size + well_formed_size(octets.subspan(header_size));
  if (size != length) return tl::unexpected(DecodeError{DecodeReason::bad_attribute, size});
  return Packet(octets);
}

Authenticator Packet::authenticator() const noexcept {
  Authenticator authenticator;
  std::ranges::copy(octets_.subspan(authenticator_offset, authenticator.size()), authenticator.begin());
  return authenticator;
}

std::optional<Octets> Packet::find(AttributeId id) const noexcept {
  AttributeReader reader = attributes();
  while (const auto found = reader.next())
    if (found->id == id) return found->value;
  return std::nullopt;
}

std::optional<std::uint32_t> Packet::find_u32(AttributeId id) const noexcept {
  const auto value = find(id);
  if (!value || value->size() != 4) return std::nullopt;
  return ppp::Reader(*value).u32();
}

std::optional<Octets> Packet::join(AttributeId id, std::span<std::byte> buffer) const noexcept {
  ppp::Writer writer(buffer);
  AttributeReader reader = attributes();
  while (const auto found = reader.next())
    if (found->id == id) writer.octets(found->value);
  if (!writer.ok()) return std::nullopt;
  return writer.written();
}

bool is_answer_to(const Packet& answer, const Authenticator& request_authenticator, std::string_view secret) noexcept {
  return ppp::equal_secretly(packet_digest(answer.octets(), request_authenticator, secret), answer.authenticator());
}

bool is_request_from(const Packet& request, std::string_view secret) noexcept {
  return kind_of(request.code()) == Kind::keyed_request && is_answer_to(request, zero_authenticator, secret);
}

MessageAuthenticator check_message_authenticator(const Packet& packet, const Authenticator& request_authenticator,
                                                 std::string_view secret) noexcept {
  std::optional<Octets> value;
  AttributeReader reader = packet.attributes();
  while (const auto found = reader.next()) {
    if (found->id != attribute::message_authenticator) continue;
    if (value || found->value.size() != digest_size) return MessageAuthenticator::bad;
    value = found->value;
  }
  if (!value) return MessageAuthenticator::absent;
  const Kind kind = kind_of(packet.code());
  const Authenticator authenticator = kind == Kind::random_request  ? packet.authenticator()
                                      : kind == Kind::keyed_request ? zero_authenticator
                                                                    : request_authenticator;
  const auto offset = static_cast<std::size_t>(value->data() - packet.octets().data());
  return ppp::equal_secretly(message_digest(packet.octets(), offset, authenticator, secret), *value)
             ? MessageAuthenticator::good
             : MessageAuthenticator::bad;
}

PacketWriter::PacketWriter(std::span<std::byte> buffer, Code code, std::uint8_t identifier,
                           const Authenticator& authenticator) noexcept
    : buffer_(buffer.first(std::min(buffer.size(), packet_size_max))), authenticator_(authenticator) {
  const std::byte header[authenticator_offset] = {static_cast<std::byte>(code), static_cast<std::byte>(identifier)};
  put(header);
  put(authenticator_);
  if (code == Code::accounting_request || code == Code::accounting_response) return;
  add(attribute::message_authenticator, zero_authenticator);
  has_message_authenticator_ = true;
}

void PacketWriter::put(Octets octets) noexcept {
  if (!ok_ || octets.size() > buffer_.size() - size_) {
    ok_ = false;
    return;
  }
  std::ranges::copy(octets, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += octets.size();
}

void PacketWriter::add(AttributeId id, Octets value) noexcept {
  const bool vendor = id.vendor != 0;
  if (value.empty() || value.size() > (vendor ? vendor_value_size_max : value_size_max)) {
    ok_ = false;
    return;
  }
  std::array<std::byte, attribute_header_size + vendor_header_size> storage;
  ppp::Writer header(storage);
  if (vendor) {
    header.u8(attribute::vendor_specific.type);
    header.u8(static_cast<std::uint8_t>(attribute_header_size + vendor_header_size + value.size()));
    header.u32(id.vendor);
  }
  header.u8(id.type);
  header.u8(static_cast<std::uint8_t>(attribute_header_size + value.size()));
  put(header.written());
  put(value);
}

void PacketWriter::add_u32(AttributeId id, std::uint32_t value) noexcept {
  std::array<std::byte, 4> octets;
  ppp::Writer writer(octets);
  writer.u32(value);
  add(id, octets);
}

void PacketWriter::add_long(AttributeId id, Octets value) noexcept {
  const std::size_t part_max = id.vendor != 0 ? vendor_value_size_max : value_size_max;
  do {
    const Octets part = value.first(std::min(value.size(), part_max));
    add(id, part);
    value = value.subspan(part.size());
  } while (ok_ && !value.empty());
}

void PacketWriter::copy(AttributeId id, const Packet& from) noexcept {
  AttributeReader reader = from.attributes();
  while (const auto found = reader.next())
    if (found->id == id && !found->value.empty()) add(id, found->value);
}

std::optional<Octets> PacketWriter::finish(std::string_view secret) noexcept {
  if (!ok_) return std::nullopt;
  buffer_[2] = static_cast<std::byte>(size_ >> 8);
  buffer_[3] = static_cast<std::byte>(size_);
  const std::span<std::byte> packet = buffer_.first(size_);
  const Kind kind = kind_of(static_cast<Code>(packet[0]));
  const Authenticator& hashed = kind == Kind::keyed_request ? zero_authenticator : authenticator_;
  if (has_message_authenticator_) {
    constexpr std::size_t offset = header_size + attribute_header_size;
    std::ranges::copy(message_digest(packet, offset, hashed, secret), packet.subspan(offset).begin());
  }
  if (kind != Kind::random_request)
    std::ranges::copy(packet_digest(packet, hashed, secret), packet.subspan(authenticator_offset).begin());
  return packet;
}

} // namespace openl2tp::radius
