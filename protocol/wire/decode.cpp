// From the octets of a body to a typed message: judging each AVP along avp_table, then filling the fields. RFC 2661 §4,
// §6, §7.1.
#include <algorithm>
#include <array>
#include <cstring>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/avp_table.hpp"
#include "protocol/wire/codec.hpp"
#include "protocol/wire/fields.hpp"
#include "protocol/wire/hiding.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/values.hpp"

namespace openl2tp::protocol {

struct MessageDecoder::Scratch {
  // Room for the hidden values of the longest datagram. Each known AVP is opened once a message and vendor AVPs only
  // while they are listed, so a datagram costs a bounded number of MD5 blocks.
  std::array<std::byte, 65536> clear_text;
  std::size_t clear_text_used = 0;
  std::array<VendorAvp, 32> vendor_avps;
  std::size_t vendor_avps_used = 0;

  ~Scratch() { wipe(); }
  void wipe() noexcept {
    explicit_bzero(clear_text.data(), clear_text_used);
    clear_text_used = 0;
    vendor_avps_used = 0;
  }
};

MessageDecoder::MessageDecoder() : scratch_(new Scratch) {}
MessageDecoder::~MessageDecoder() { delete scratch_; }

namespace {

constexpr unsigned avps_max = 256;

/// Why an AVP cannot be accepted; `seen` and `allowed` as in MessageError.
struct AvpFault {
  MessageFault fault;
  std::uint16_t seen = 0, allowed = 0;
};

std::uint16_t avp_length_of(std::size_t value_size) noexcept {
  return static_cast<std::uint16_t>(avp_header_size + value_size);
}

tl::expected<void, AvpFault> judge_value(const AvpRow& row, Octets value) noexcept {
  if (!row.fits(value.size())) {
    const std::size_t nearest = value.size() > row.value_max ? row.value_max : row.value_min;
    return tl::unexpected(AvpFault{MessageFault::avp_length, avp_length_of(value.size()), avp_length_of(nearest)});
  }
  if (row.kind == ValueKind::nonzero16 && Reader(value).u16() == 0)
    return tl::unexpected(AvpFault{MessageFault::avp_value});
  if (row.kind == ValueKind::low_octet && Reader(value).u16() > 0xff)
    return tl::unexpected(AvpFault{MessageFault::avp_value, Reader(value).u16(), 0xff});
  return {};
}

/// Puts `value` into the member that belongs to `wanted`.
struct FieldReader {
  Attribute wanted;
  Reader value;

  template <class T>
  void operator()(Attribute attribute, T& field) noexcept {
    if (attribute == wanted) read_value(value, field);
  }
  template <class T>
  void operator()(Attribute attribute, std::optional<T>& field) noexcept {
    if (attribute == wanted) read_value(value, field.emplace());
  }
};

/// Makes `message` an empty message of the type `raw_type`. False for a number that is not in §3.2.
bool emplace_message(Message& message, std::uint16_t raw_type) noexcept {
  bool known = false;
  for_each_message([&]<class M>(const M&) {
    constexpr MessageType type = type_of(Message{M{}});
    if (type == MessageType::zlb || static_cast<std::uint16_t>(type) != raw_type) return;
    message.emplace<M>();
    known = true;
  });
  return known;
}

/// Fills the ids that a refusal is addressed to, from whatever is readable in the body. First ones count, as in an
/// accepted message.
void find_assigned_ids(MessageError& error, Octets body, Octets secret) noexcept {
  Octets random_vector;
  for (unsigned count = 0; count < avps_max && !body.empty(); ++count) {
    const auto avp = take_avp(body);
    if (!avp) return;
    if (avp->vendor != 0 || avp->reserved_bits) continue;
    const Attribute attribute{avp->attribute};
    if (attribute == Attribute::random_vector && !avp->hidden) random_vector = avp->value;
    if (attribute != Attribute::assigned_tunnel_id && attribute != Attribute::assigned_session_id) continue;

    auto& id = attribute == Attribute::assigned_tunnel_id ? error.assigned_tunnel_id : error.assigned_session_id;
    if (id) continue;
    std::array<std::byte, hidden_length_size + sizeof(std::uint16_t)> clear_text;
    Octets value = avp->value;
    if (avp->hidden) {
      if (secret.empty() || random_vector.empty()) continue;
      value = unhide(avp->value, avp->attribute, secret, random_vector, clear_text).value_or(Octets{});
    }
    if (value.size() != sizeof(std::uint16_t)) continue;
    if (const std::uint16_t number = Reader(value).u16(); number != 0) id = number;
  }
}

/// One run over one body.
template <class Scratch>
class Pass {
 public:
  Pass(Octets body, Octets secret, AvpObserver* observer, const VendorClaims* claims, Scratch& scratch) noexcept
      : body_(body), rest_(body), secret_(secret), observer_(observer), claims_(claims), scratch_(scratch) {}

  tl::expected<DecodedMessage, MessageError> run() {
    tl::expected<DecodedMessage, MessageError> result;
    if (auto begun = begin(result->message); !begun) return tl::unexpected(begun.error());
    const CarriedAvps carried = std::visit([](const auto& message) { return carried_avps(message); }, result->message);
    while (!rest_.empty())
      if (auto taken = take_one(*result, carried); !taken) return tl::unexpected(taken.error());
    if (const auto missing = carried.must.first_not_in(present_))
      return tl::unexpected(refusal({MessageFault::missing_avp}, 0, static_cast<std::uint16_t>(*missing)));
    result->vendor_avps = std::span(scratch_.vendor_avps).first(scratch_.vendor_avps_used);
    return result;
  }

 private:
  using Step = tl::expected<void, MessageError>;

  MessageError refusal(const AvpFault& fault, std::uint16_t vendor, std::uint16_t attribute) const noexcept {
    MessageError error{.fault = fault.fault,
                       .type = type_,
                       .raw_type = raw_type_,
                       .mandatory = type_mandatory_,
                       .vendor = vendor,
                       .attribute = attribute,
                       .offset = offset_,
                       .seen = fault.seen,
                       .allowed = fault.allowed,
                       .assigned_tunnel_id = {},
                       .assigned_session_id = {}};
    find_assigned_ids(error, body_, secret_);
    return error;
  }

  /// The next AVP, in its frame.
  tl::expected<Avp, MessageError> next() {
    offset_ = static_cast<std::uint16_t>(body_.size() - rest_.size());
    if (++count_ > avps_max)
      return tl::unexpected(refusal({MessageFault::too_many_avps, 0, avps_max}, 0, unreadable_attribute));
    const auto avp = take_avp(rest_);
    if (!avp) {
      const AvpFramingError& error = avp.error();
      return tl::unexpected(
          refusal({MessageFault::avp_length, error.seen, error.allowed}, error.vendor, error.attribute));
    }
    if (observer_ != nullptr) {
      const std::size_t row = avp->vendor == 0 ? avp_index(Attribute{avp->attribute}) : avp_table.size();
      const bool secret = avp->hidden || (row < avp_table.size() && avp_table[row].secret);
      observer_->avp(avp->vendor, avp->attribute, avp->mandatory, avp->hidden, avp->length(),
                     secret ? Octets{} : avp->value);
    }
    return *avp;
  }

  /// The Message Type AVP, which says what all others may be.
  Step begin(Message& message) {
    const auto avp = next();
    if (!avp) return tl::unexpected(avp.error());
    constexpr auto expected = static_cast<std::uint16_t>(Attribute::message_type);
    if (avp->vendor != 0 || avp->attribute != expected || avp->hidden || avp->reserved_bits || avp->value.size() != 2)
      return tl::unexpected(refusal({MessageFault::no_message_type, avp->length(), 8}, avp->vendor, avp->attribute));
    raw_type_ = Reader(avp->value).u16();
    type_mandatory_ = avp->mandatory;
    if (!emplace_message(message, raw_type_))
      return tl::unexpected(refusal({MessageFault::unknown_message_type, raw_type_}, 0, expected));
    type_ = MessageType{raw_type_};
    present_.add(Attribute::message_type);
    return {};
  }

  Step take_one(DecodedMessage& decoded, const CarriedAvps& carried) {
    const auto avp = next();
    if (!avp) return tl::unexpected(avp.error());
    if (avp->vendor != 0 && !avp->reserved_bits && claims_ != nullptr && carries_vendor_avps(type_) &&
        claims_->owns(avp->vendor)) [[unlikely]]
      return take_owned(*avp, decoded.notes);
    const AvpRow* row = avp->vendor == 0 ? find_avp_row(avp->attribute) : nullptr;
    if (row == nullptr || avp->reserved_bits) {
      if (avp->mandatory)
        return tl::unexpected(refusal({MessageFault::unknown_mandatory_avp}, avp->vendor, avp->attribute));
      if (avp->vendor == 0 || avp->reserved_bits || !note_vendor_avp(*avp, decoded.notes)) ++decoded.notes.ignored_avps;
      return {};
    }

    const bool is_vector = row->attribute == Attribute::random_vector;
    if (!is_vector && (!carried.may.has(row->attribute) || present_.has(row->attribute))) {
      ++decoded.notes.ignored_avps; // out of place, or not the first of its kind
      return {};
    }
    const auto value = judge(*row, *avp);
    if (!value) {
      if (avp->mandatory) return tl::unexpected(refusal(value.error(), avp->vendor, avp->attribute));
      ++decoded.notes.ignored_avps;
      return {};
    }
    if (avp->hidden) ++decoded.notes.hidden_avps;
    if (is_vector) {
      random_vector_ = *value;
      return {};
    }
    present_.add(row->attribute);
    FieldReader reader{row->attribute, Reader(*value)};
    std::visit([&](auto& message) { visit_fields(message, reader); }, decoded.message);
    return {};
  }

  /// The value of a known AVP, in clear and within what the table allows.
  tl::expected<Octets, AvpFault> judge(const AvpRow& row, const Avp& avp) noexcept {
    if (avp.hidden && !row.may_hide) return tl::unexpected(AvpFault{MessageFault::illegally_hidden});
    const auto value = avp.hidden ? open(avp) : tl::expected<Octets, AvpFault>(avp.value);
    if (!value) return value;
    if (const auto judged = judge_value(row, *value); !judged) return tl::unexpected(judged.error());
    return value;
  }

  tl::expected<Octets, AvpFault> open(const Avp& avp) noexcept {
    if (secret_.empty()) return tl::unexpected(AvpFault{MessageFault::hidden_without_secret});
    if (random_vector_.empty()) return tl::unexpected(AvpFault{MessageFault::hidden_without_vector});
    const auto out = std::span(scratch_.clear_text).subspan(scratch_.clear_text_used);
    const auto value = unhide(avp.value, avp.attribute, secret_, random_vector_, out);
    if (!value) return tl::unexpected(AvpFault{MessageFault::hidden_garbage});
    scratch_.clear_text_used += hidden_length_size + value->size();
    return *value;
  }

  /// An AVP of a vendor that somebody here knows.
  Step take_owned(const Avp& avp, DecodeNotes& notes) {
    const auto refuse = [&](const AvpFault& fault) -> Step {
      if (avp.mandatory) return tl::unexpected(refusal(fault, avp.vendor, avp.attribute));
      ++notes.ignored_avps;
      return {};
    };
    if (avp.mandatory && !claims_->understands(avp.vendor, avp.attribute))
      return refuse({MessageFault::unknown_mandatory_avp});
    const auto listed = std::span(scratch_.vendor_avps).first(scratch_.vendor_avps_used);
    const auto same_vendor = [&](const VendorAvp& other) { return other.vendor == avp.vendor; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(listed, same_vendor));
    if (listed.size() == scratch_.vendor_avps.size() || count >= vendor_avps_max)
      return refuse({MessageFault::too_many_avps, 0, vendor_avps_max});
    const auto value = avp.hidden ? open(avp) : tl::expected<Octets, AvpFault>(avp.value);
    if (!value) return refuse(value.error());
    if (avp.hidden) ++notes.hidden_avps;
    ++notes.vendor_avps;
    scratch_.vendor_avps[scratch_.vendor_avps_used++] = {avp.vendor, avp.attribute, avp.mandatory, *value, avp.hidden};
    return {};
  }

  /// Lists an AVP of another vendor while there is room. False when it is hidden and cannot be opened.
  bool note_vendor_avp(const Avp& avp, DecodeNotes& notes) noexcept {
    if (claims_ == nullptr && scratch_.vendor_avps_used < scratch_.vendor_avps.size()) {
      const auto value = avp.hidden ? open(avp) : tl::expected<Octets, AvpFault>(avp.value);
      if (!value) return false;
      if (avp.hidden) ++notes.hidden_avps;
      scratch_.vendor_avps[scratch_.vendor_avps_used++] = {avp.vendor, avp.attribute, avp.mandatory, *value,
                                                           avp.hidden};
    }
    ++notes.vendor_avps;
    return true;
  }

  const Octets body_;
  Octets rest_;
  const Octets secret_;
  AvpObserver* const observer_;
  const VendorClaims* const claims_;
  Scratch& scratch_;
  Octets random_vector_; // the nearest before the AVP at hand
  AvpSet present_;
  unsigned count_ = 0;
  std::uint16_t offset_ = 0; // of the AVP at hand
  MessageType type_ = MessageType::zlb;
  std::uint16_t raw_type_ = 0;
  bool type_mandatory_ = true;
};

} // namespace

tl::expected<DecodedMessage, MessageError> MessageDecoder::decode(Octets body, Octets secret, AvpObserver* observer,
                                                                  const VendorClaims* claims) {
  scratch_->wipe();
  if (body.empty()) return DecodedMessage{};
  return Pass(body, secret, observer, claims, *scratch_).run();
}

} // namespace openl2tp::protocol
