// Tells control messages apart by what they say.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

/// Of a message without its header; equal for a retransmission.
[[nodiscard]] inline std::uint64_t fingerprint_of(Octets body) noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(body.data()), body.size()});
}

} // namespace openl2tp::protocol
