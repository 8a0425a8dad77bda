#include "tools/l2tpload/message.hpp"

#include <cstring>

#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace openl2tp::load {
namespace {

constexpr std::uint16_t control_header = 0xc802; // T, L and S set, version 2
constexpr std::uint16_t control_header_mask = 0xc80f;
constexpr std::uint16_t header_size = 12;
constexpr std::uint16_t avp_header_size = 6;
constexpr std::uint16_t mandatory = 0x8000, hidden = 0x4000, avp_length_mask = 0x03ff;

// AVP numbers, §4.4.
enum Attribute : std::uint16_t {
  message_type = 0,
  result_code = 1,
  protocol_version = 2,
  framing_capabilities = 3,
  host_name_avp = 7,
  assigned_tunnel_id = 9,
  receive_window_size = 10,
  challenge = 11,
  assigned_session_id = 14,
  call_serial_number = 15,
  framing_type = 19,
  tx_connect_speed = 24,
};

void put(std::span<std::byte> at, std::uint16_t value) noexcept { protocol::Writer(at).u16(value); }

/// Writes AVPs and remembers where the numbers are that encode() fills in.
class Builder {
 public:
  explicit Builder(std::span<std::byte> buffer) noexcept : writer_(buffer), buffer_(buffer) {}

  void begin(MessageType type) noexcept {
    writer_.u16(control_header);
    for (int i = 0; i < 5; ++i)
      writer_.u16(0); // length, ids, Ns, Nr
    if (type != MessageType::zlb) number16(message_type, static_cast<std::uint16_t>(type));
  }
  std::uint16_t number16(Attribute attribute, std::uint16_t value) noexcept {
    header(attribute, 2);
    writer_.u16(value);
    return at(2);
  }
  std::uint16_t number32(Attribute attribute, std::uint32_t value) noexcept {
    header(attribute, 4);
    writer_.u32(value);
    return at(4);
  }
  void text(Attribute attribute, std::string_view value) noexcept {
    header(attribute, value.size());
    writer_.text(value);
  }
  std::uint16_t end() noexcept {
    put(buffer_.subspan(2), at(0));
    return at(0);
  }

 private:
  void header(Attribute attribute, std::size_t value_size) noexcept {
    writer_.u16(static_cast<std::uint16_t>(mandatory | (avp_header_size + value_size)));
    writer_.u16(0); // vendor: IETF
    writer_.u16(attribute);
  }
  [[nodiscard]] std::uint16_t at(std::size_t before_end) const noexcept {
    return static_cast<std::uint16_t>(writer_.position() - before_end);
  }

  protocol::Writer writer_;
  std::span<std::byte> buffer_;
};

void read_avp(Received& message, std::uint16_t attribute, protocol::Reader value) noexcept {
  switch (attribute) {
  case result_code:
    message.result = value.u16();
    if (value.remaining() >= 2) message.error = value.u16();
    break;
  case assigned_tunnel_id: message.assigned_tunnel = value.u16(); break;
  case assigned_session_id: message.assigned_session = value.u16(); break;
  case receive_window_size: message.receive_window = value.u16(); break;
  case challenge: message.challenged = true; break;
  default: break; // what a load generator has no use for
  }
}

} // namespace

std::optional<Received> decode(std::span<const std::byte> datagram) noexcept {
  protocol::Reader reader(datagram);
  if ((reader.u16() & control_header_mask) != control_header) return std::nullopt;
  const std::uint16_t length = reader.u16();
  Received message;
  message.header.tunnel = reader.u16();
  message.header.session = reader.u16();
  message.header.ns = reader.u16();
  message.header.nr = reader.u16();
  if (!reader.ok() || length < header_size || length > datagram.size()) return std::nullopt;
  if (length == header_size) return message;

  protocol::Reader body(datagram.subspan(header_size, static_cast<std::size_t>(length - header_size)));
  for (bool first = true; body.remaining() != 0; first = false) {
    const std::uint16_t flags = body.u16();
    const std::uint16_t vendor = body.u16();
    const std::uint16_t attribute = body.u16();
    const std::uint16_t avp_length = flags & avp_length_mask;
    if (avp_length < avp_header_size) return std::nullopt;
    protocol::Reader value(body.octets(static_cast<std::size_t>(avp_length - avp_header_size)));
    if (!body.ok()) return std::nullopt;
    if (first) { // §4.4.1: the message type comes first
      if (vendor != 0 || attribute != message_type) return std::nullopt;
      const std::uint16_t type = value.u16();
      if (!value.ok() || type == 0 || type > protocol::message_type_max) return std::nullopt;
      message.type = static_cast<MessageType>(type);
    } else if (vendor == 0 && (flags & hidden) == 0) {
      read_avp(message, attribute, value);
    }
  }
  return message;
}

Templates::Templates(std::string_view host_name, std::uint16_t receive_window) noexcept {
  for (std::uint16_t number = 0; number < templates_.size(); ++number) {
    const auto type = static_cast<MessageType>(number);
    Template& built = templates_[number];
    Builder builder(built.octets);
    builder.begin(type);
    bool known = true;
    switch (type) {
    case MessageType::zlb:
    case MessageType::scccn:
    case MessageType::hello: break;
    case MessageType::sccrq:
    case MessageType::sccrp:
      builder.number16(protocol_version, 0x0100);
      builder.number32(framing_capabilities, 3);
      builder.text(host_name_avp, host_name.substr(0, 32));
      built.assigned_at = builder.number16(assigned_tunnel_id, 0);
      builder.number16(receive_window_size, receive_window);
      break;
    case MessageType::stopccn:
      built.assigned_at = builder.number16(assigned_tunnel_id, 0);
      builder.number16(result_code, 1); // general request to clear
      break;
    case MessageType::icrq:
      built.assigned_at = builder.number16(assigned_session_id, 0);
      built.serial_at = builder.number32(call_serial_number, 0);
      break;
    case MessageType::icrp: built.assigned_at = builder.number16(assigned_session_id, 0); break;
    case MessageType::iccn:
      builder.number32(tx_connect_speed, 1'000'000);
      builder.number32(framing_type, 1);
      break;
    case MessageType::cdn:
      builder.number16(result_code, 3); // administrative
      built.assigned_at = builder.number16(assigned_session_id, 0);
      break;
    case MessageType::ocrq:
    case MessageType::ocrp:
    case MessageType::occn:
    case MessageType::wen:
    case MessageType::sli: known = false; break;
    }
    if (protocol::name(type) == "ILLEGAL") known = false;
    built.size = known ? builder.end() : std::uint16_t{0};
  }
}

std::size_t Templates::encode(MessageType type, const Header& header, std::uint16_t assigned, std::uint32_t serial,
                              std::span<std::byte> out) const noexcept {
  const Template& source = templates_[static_cast<std::size_t>(type)];
  if (source.size == 0 || out.size() < source.size) return 0;
  std::memcpy(out.data(), source.octets.data(), source.size);
  protocol::Writer writer(out.subspan(4));
  writer.u16(header.tunnel);
  writer.u16(header.session);
  writer.u16(header.ns);
  writer.u16(header.nr);
  if (source.assigned_at != 0) put(out.subspan(source.assigned_at), assigned);
  if (source.serial_at != 0) protocol::Writer(out.subspan(source.serial_at)).u32(serial);
  return source.size;
}

} // namespace openl2tp::load
