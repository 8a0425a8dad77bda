// What a refusal says: the General Error of RFC 2661 §4.4.2 and a sentence for people.
#include "protocol/wire/avp_table.hpp"
#include "protocol/wire/codec.hpp"

namespace openl2tp::protocol {
namespace {

/// "AVP 9 (Assigned Tunnel ID)", "AVP 1 of vendor 9".
std::string avp_name(const MessageError& error) {
  if (error.attribute == unreadable_attribute) return "AVP header";
  std::string text = "AVP " + std::to_string(error.attribute);
  if (error.vendor != 0) return text + " of vendor " + std::to_string(error.vendor);
  if (const AvpRow* row = find_avp_row(error.attribute)) text.append(" (").append(row->name).append(")");
  return text;
}

std::string length_text(const MessageError& error) {
  const AvpRow* row = error.vendor == 0 ? find_avp_row(error.attribute) : nullptr;
  const bool exact =
      row != nullptr && row->value_min == row->value_max && error.allowed == avp_header_size + row->value_min;
  const char* bound = exact ? "" : error.seen < error.allowed ? "at least " : "at most ";
  return ": length " + std::to_string(error.seen) + ", expected " + bound + std::to_string(error.allowed);
}

} // namespace

GeneralError MessageError::wire_error() const noexcept {
  switch (fault) {
  case MessageFault::avp_length:
  case MessageFault::hidden_garbage: return GeneralError::wrong_length;
  case MessageFault::no_message_type:
  case MessageFault::avp_value:
  case MessageFault::hidden_without_vector:
  case MessageFault::hidden_without_secret:
  case MessageFault::illegally_hidden: return GeneralError::value_out_of_range;
  case MessageFault::unknown_message_type:
  case MessageFault::unknown_mandatory_avp: return GeneralError::unknown_mandatory_avp;
  case MessageFault::missing_avp: return GeneralError::vendor_specific; // no number fits; the Error Message explains
  case MessageFault::too_many_avps: return GeneralError::insufficient_resources;
  }
  return GeneralError::none;
}

std::string MessageError::describe() const {
  switch (fault) {
  case MessageFault::no_message_type: return "the first AVP is not a Message Type of length 8";
  case MessageFault::unknown_message_type: return "unknown message type " + std::to_string(raw_type);
  case MessageFault::avp_length: return avp_name(*this) + length_text(*this);
  case MessageFault::avp_value:
    if (seen == 0) return avp_name(*this) + ": value 0 is not allowed";
    return avp_name(*this) + ": value " + std::to_string(seen) + ", expected at most " + std::to_string(allowed);
  case MessageFault::unknown_mandatory_avp: return avp_name(*this) + ": mandatory and not recognised";
  case MessageFault::hidden_without_vector: return avp_name(*this) + ": hidden without a Random Vector before it";
  case MessageFault::hidden_without_secret: return avp_name(*this) + ": hidden, and there is no shared secret";
  case MessageFault::hidden_garbage: return avp_name(*this) + ": cannot be unhidden";
  case MessageFault::illegally_hidden: return avp_name(*this) + ": must not be hidden";
  case MessageFault::missing_avp: return avp_name(*this) + ": missing in " + std::string(name(type));
  case MessageFault::too_many_avps: return "more than " + std::to_string(allowed) + " AVPs";
  }
  return {};
}

} // namespace openl2tp::protocol
