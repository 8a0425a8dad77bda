// From a typed message to the octets of a datagram. RFC 2661 §4, §6.
#include <algorithm>
#include <array>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/avp_table.hpp"
#include "protocol/wire/codec.hpp"
#include "protocol/wire/fields.hpp"
#include "protocol/wire/header.hpp"
#include "protocol/wire/hiding.hpp"
#include "protocol/wire/values.hpp"
#include "protocol/wire/writer.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::size_t hidden_padding_max = 64;
constexpr std::uint16_t authen_type_text = 1,
                        authen_type_pap = 3; // §4.4.5: their Proxy Authen Response is a password in clear

/// Which AVPs of a message are to be hidden.
class HidingPolicy {
 public:
  HidingPolicy(const Message& message, const EncodeOptions& options) noexcept {
    if (options.secret.empty()) return;
    hide_ = options.hide;
    if (const auto* iccn = std::get_if<Iccn>(&message)) {
      const auto type = iccn->proxy.authen_type;
      hide_password_ = type == authen_type_text || type == authen_type_pap;
    }
    std::visit([this](const auto& body) { visit_fields(body, *this); }, message);
    for (const VendorAvp& avp : options.vendor_avps)
      applies_ = applies_ || avp.hidden;
  }
  [[nodiscard]] bool hides(Attribute attribute) const noexcept {
    return (hide_ && avp_table[avp_index(attribute)].may_hide) ||
           (hide_password_ && attribute == Attribute::proxy_authen_response);
  }
  /// True when the message has anything to hide, so that it needs a Random Vector.
  [[nodiscard]] bool applies() const noexcept { return applies_; }

  template <class T>
  void operator()(Attribute attribute, const T&) noexcept {
    applies_ = applies_ || hides(attribute);
  }
  template <class T>
  void operator()(Attribute attribute, const std::optional<T>& field) noexcept {
    if (field) (*this)(attribute, *field);
  }

 private:
  bool hide_ = false, hide_password_ = false, applies_ = false;
};

/// Writes AVPs one after another; a visitor of visit_fields.
class BodyWriter {
 public:
  BodyWriter(Writer& writer, const EncodeOptions& options, const HidingPolicy& policy) noexcept
      : writer_(writer), options_(options), policy_(policy),
        padding_(std::min(options.hidden_padding, hidden_padding_max)) {}

  /// False when an AVP was over 1023 octets; the writer knows when the message did not fit.
  [[nodiscard]] bool ok() const noexcept { return ok_; }

  void random_vector() {
    options_.random->fill(random_vector_);
    put(0, Attribute::random_vector, true, false, random_vector_);
  }
  void vendor_avp(const VendorAvp& avp) {
    put(avp.vendor, Attribute{avp.attribute}, avp.mandatory, avp.hidden, avp.value);
  }

  void operator()(Attribute attribute, bool present) {
    if (present) put_ours(attribute, present);
  }
  template <class T>
  void operator()(Attribute attribute, const std::optional<T>& field) {
    if (field) put_ours(attribute, *field);
  }
  template <class T>
  void operator()(Attribute attribute, const T& field) {
    put_ours(attribute, field);
  }

 private:
  template <class T>
  void put_ours(Attribute attribute, const T& field) {
    put(0, attribute, avp_table[avp_index(attribute)].mandatory, policy_.hides(attribute), field);
  }

  template <class T>
  void put(std::uint16_t vendor, Attribute attribute, bool mandatory, bool hidden, const T& value) {
    const auto number = static_cast<std::uint16_t>(attribute);
    const auto header = writer_.reserve(avp_header_size);
    const std::size_t start = writer_.position();
    const auto original_length = hidden ? writer_.reserve(hidden_length_size) : std::span<std::byte>{};
    write_value(writer_, value);
    if (!writer_.ok() || writer_.position() - start > avp_value_max) {
      ok_ = false;
      return;
    }
    if (hidden) {
      Writer(original_length).u16(static_cast<std::uint16_t>(writer_.position() - start - hidden_length_size));
      const auto padding = writer_.reserve(std::min(padding_, avp_value_max - (writer_.position() - start)));
      if (!padding.empty()) options_.random->fill(padding);
      hide(writer_.written(start), number, options_.secret, random_vector_);
    }
    Writer header_writer(header);
    write_avp_header(header_writer, mandatory, hidden, vendor, number, writer_.position() - start);
  }

  Writer& writer_;
  const EncodeOptions& options_;
  const HidingPolicy& policy_;
  const std::size_t padding_;
  std::array<std::byte, random_vector_size> random_vector_;
  bool ok_ = true;
};

} // namespace

tl::expected<std::size_t, EncodeError> encode(std::span<std::byte> out, std::uint16_t tunnel_id,
                                              std::uint16_t session_id, const Message& message,
                                              const EncodeOptions& options) {
  if (options.secret.empty())
    for (const VendorAvp& avp : options.vendor_avps)
      if (avp.hidden) return tl::unexpected(EncodeError::no_secret);
  const HidingPolicy policy(message, options);
  if (policy.applies() && options.random == nullptr) return tl::unexpected(EncodeError::no_random);

  Writer writer(out.first(std::min<std::size_t>(out.size(), 0xffff)));
  static_cast<void>(writer.reserve(control_header_size));
  BodyWriter body(writer, options, policy);
  if (const MessageType type = type_of(message); type != MessageType::zlb) {
    body(Attribute::message_type, static_cast<std::uint16_t>(type));
    if (policy.applies()) body.random_vector();
    std::visit([&](const auto& fields) { visit_fields(fields, body); }, message);
    for (const VendorAvp& avp : options.vendor_avps)
      body.vendor_avp(avp);
  }
  if (!writer.ok() || !body.ok()) return tl::unexpected(EncodeError::too_long);
  encode_control_header(out.first(writer.position()),
                        {.tunnel_id = tunnel_id, .session_id = session_id, .ns = 0, .nr = 0});
  return writer.position();
}

} // namespace openl2tp::protocol
