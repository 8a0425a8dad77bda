#include "protocol/vendor_avps.hpp"

#include <algorithm>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/hiding.hpp"

namespace openl2tp::protocol {

void VendorAvpWriter::begin(std::size_t room, bool can_hide) noexcept {
  wipe();
  room_ = std::min(room, octets_max);
  can_hide_ = can_hide;
  has_vector_ = false;
}

VendorAvpWriter::Added VendorAvpWriter::add(const VendorAvp& avp) noexcept {
  const std::size_t value_size = avp.value.size() + (avp.hidden ? hidden_length_size : 0);
  if (avp.vendor == 0 || value_size > avp_value_max) return Added::invalid;
  if (avp.hidden && !can_hide_) return Added::no_secret;
  std::size_t need = avp_header_size + value_size;
  if (avp.hidden && !has_vector_) need += avp_header_size + random_vector_size;
  if (count_ == avps_max || need > room_) return Added::no_room;

  const std::span<std::byte> copy = std::span(octets_).subspan(used_, avp.value.size());
  if (!copy.empty()) std::memcpy(copy.data(), avp.value.data(), copy.size());
  used_ += copy.size();
  room_ -= need;
  if (avp.hidden) has_vector_ = true;
  avps_[count_] = avp;
  avps_[count_++].value = copy;
  return Added::yes;
}

} // namespace openl2tp::protocol
