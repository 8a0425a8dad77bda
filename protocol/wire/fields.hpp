// Which AVP fills which member of which message: one list a message, in the order in which we send. RFC 2661 §6.
// Encoder, decoder and the checks at the end of this file all walk the same lists; how a value looks on the wire is
// values.hpp's business.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "protocol/wire/avp_table.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

/// `M` is `T` or `const T`: the lists serve the decoder, which fills, and the encoder, which reads.
template <class M, class T>
concept MaybeConst = std::same_as<std::remove_const_t<M>, T>;

template <class M, class Visitor>
  requires std::derived_from<std::remove_const_t<M>, TunnelOffer>
constexpr void visit_offer(M& message, Visitor& visit) {
  visit(Attribute::protocol_version, message.protocol_version);
  visit(Attribute::host_name, message.host_name);
  visit(Attribute::framing_capabilities, message.framing_capabilities);
  visit(Attribute::assigned_tunnel_id, message.assigned_tunnel_id);
  visit(Attribute::bearer_capabilities, message.bearer_capabilities);
  visit(Attribute::receive_window_size, message.receive_window_size);
  visit(Attribute::firmware_revision, message.firmware_revision);
  visit(Attribute::vendor_name, message.vendor_name);
  visit(Attribute::challenge, message.challenge);
}

/// Calls `visit(Attribute, member)` for every AVP that `message` may carry besides Message Type, Random Vector and
/// those of vendors. A plain member is required, an optional one is not, a bool is an AVP without value.
template <MaybeConst<Zlb> M, class Visitor>
constexpr void visit_fields(M&, Visitor&) {}

template <MaybeConst<Sccrq> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit_offer(message, visit);
  visit(Attribute::tie_breaker, message.tie_breaker);
}

template <MaybeConst<Sccrp> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit_offer(message, visit);
  visit(Attribute::challenge_response, message.challenge_response);
}

template <MaybeConst<Scccn> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::challenge_response, message.challenge_response);
}

template <MaybeConst<StopCcn> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::assigned_tunnel_id, message.assigned_tunnel_id);
  visit(Attribute::result_code, message.result_code);
}

template <MaybeConst<Hello> M, class Visitor>
constexpr void visit_fields(M&, Visitor&) {}

template <MaybeConst<Ocrq> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::assigned_session_id, message.assigned_session_id);
  visit(Attribute::call_serial_number, message.call_serial_number);
  visit(Attribute::minimum_bps, message.minimum_bps);
  visit(Attribute::maximum_bps, message.maximum_bps);
  visit(Attribute::bearer_type, message.bearer_type);
  visit(Attribute::framing_type, message.framing_type);
  visit(Attribute::called_number, message.called_number);
  visit(Attribute::sub_address, message.sub_address);
}

template <MaybeConst<Ocrp> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::assigned_session_id, message.assigned_session_id);
  visit(Attribute::physical_channel_id, message.physical_channel_id);
}

template <MaybeConst<Occn> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::tx_connect_speed, message.tx_connect_speed);
  visit(Attribute::framing_type, message.framing_type);
  visit(Attribute::rx_connect_speed, message.rx_connect_speed);
  visit(Attribute::sequencing_required, message.sequencing_required);
}

template <MaybeConst<Icrq> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::assigned_session_id, message.assigned_session_id);
  visit(Attribute::call_serial_number, message.call_serial_number);
  visit(Attribute::bearer_type, message.bearer_type);
  visit(Attribute::physical_channel_id, message.physical_channel_id);
  visit(Attribute::calling_number, message.calling_number);
  visit(Attribute::called_number, message.called_number);
  visit(Attribute::sub_address, message.sub_address);
}

template <MaybeConst<Icrp> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::assigned_session_id, message.assigned_session_id);
}

template <MaybeConst<Iccn> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::tx_connect_speed, message.tx_connect_speed);
  visit(Attribute::framing_type, message.framing_type);
  visit(Attribute::initial_received_lcp_confreq, message.proxy.initial_received_confreq);
  visit(Attribute::last_sent_lcp_confreq, message.proxy.last_sent_confreq);
  visit(Attribute::last_received_lcp_confreq, message.proxy.last_received_confreq);
  visit(Attribute::proxy_authen_type, message.proxy.authen_type);
  visit(Attribute::proxy_authen_name, message.proxy.authen_name);
  visit(Attribute::proxy_authen_challenge, message.proxy.authen_challenge);
  visit(Attribute::proxy_authen_id, message.proxy.authen_id);
  visit(Attribute::proxy_authen_response, message.proxy.authen_response);
  visit(Attribute::private_group_id, message.private_group_id);
  visit(Attribute::rx_connect_speed, message.rx_connect_speed);
  visit(Attribute::sequencing_required, message.sequencing_required);
}

template <MaybeConst<Cdn> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::result_code, message.result_code);
  visit(Attribute::assigned_session_id, message.assigned_session_id);
  visit(Attribute::q931_cause_code, message.q931_cause);
  visit(Attribute::ppp_disconnect_cause, message.ppp_disconnect_cause);
}

template <MaybeConst<Wen> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::call_errors, message.call_errors);
}

template <MaybeConst<Sli> M, class Visitor>
constexpr void visit_fields(M& message, Visitor& visit) {
  visit(Attribute::accm, message.accm);
}

/// A set of AVPs, one bit a row of avp_table.
class AvpSet {
 public:
  constexpr void add(Attribute attribute) noexcept { bits_ |= std::uint64_t{1} << avp_index(attribute); }
  [[nodiscard]] constexpr bool has(Attribute attribute) const noexcept {
    return (bits_ >> avp_index(attribute) & 1) != 0;
  }
  constexpr bool operator==(const AvpSet&) const = default;

  /// The lowest attribute that is in this set and not in `other`; nothing when `other` covers it.
  [[nodiscard]] constexpr std::optional<Attribute> first_not_in(const AvpSet& other) const noexcept {
    const std::uint64_t rest = bits_ & ~other.bits_;
    if (rest == 0) return std::nullopt;
    return avp_table[static_cast<std::size_t>(__builtin_ctzll(rest))].attribute;
  }

 private:
  std::uint64_t bits_ = 0;
};

/// Calls `use` with an empty message of each type in turn.
template <class Use>
constexpr void for_each_message(Use&& use) {
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (use(std::variant_alternative_t<Index, Message>{}), ...);
  }(std::make_index_sequence<std::variant_size_v<Message>>{});
}

/// What a message type may and must carry besides Message Type and Random Vector.
struct CarriedAvps {
  AvpSet may, must;

  template <class T>
  constexpr void operator()(Attribute attribute, const T&) noexcept {
    may.add(attribute);
    if constexpr (!std::same_as<T, bool>) must.add(attribute);
  }
  template <class T>
  constexpr void operator()(Attribute attribute, const std::optional<T>&) noexcept {
    may.add(attribute);
  }
  constexpr bool operator==(const CarriedAvps&) const = default;
};

template <class M>
[[nodiscard]] constexpr CarriedAvps carried_avps(const M& message) noexcept {
  CarriedAvps carried;
  visit_fields(message, carried);
  return carried;
}

static_assert(
    [] {
      bool same = true;
      for_each_message([&](const auto& message) {
        CarriedAvps table;
        const MessageType type = type_of(Message{message});
        for (const AvpRow& row : avp_table) {
          if (row.attribute == Attribute::message_type || row.attribute == Attribute::random_vector) continue;
          if (row.may.has(type)) table.may.add(row.attribute);
          if (row.must.has(type)) table.must.add(row.attribute);
        }
        same = same && carried_avps(message) == table;
      });
      return same;
    }(),
    "avp_table and the lists of fields disagree about which message carries which AVP");

} // namespace openl2tp::protocol
