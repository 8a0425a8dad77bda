// Messages of pppd: from octets of the socket to what the host wants to know. Whoever sends them is root's own pppd,
// but another version of it, or of our part in it, may say anything: every field is checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openl2tp/host.h>

#include "plugins/ppp_unix/report.h"

namespace openl2tp::ppp_unix {

/// A report as it came, checked: its type is one that pppd may say, its texts end within their arrays, `given` has no
/// unknown bit.
using Report = openl2tp_pppd_report;

/// @return nullopt when the message is not one that this version knows.
[[nodiscard]] std::optional<Report> decode_report(std::span<const std::byte> message) noexcept;

/// For the host; its texts point into `report`.
[[nodiscard]] openl2tp_ppp_facts facts_of(const Report& report) noexcept;

/// One line for the trace.
[[nodiscard]] std::string describe(const Report& report);

/// User name and password of a session, in the message that carries them. Wiped when it goes.
class Credentials {
 public:
  /// Texts of more than 255 octets are refused elsewhere (contradiction()); here they are cut, also at a NUL.
  Credentials(std::string_view user, std::string_view password) noexcept;
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  /// Valid as long as the object.
  [[nodiscard]] std::span<const std::byte> message() const noexcept { return std::as_bytes(std::span(&message_, 1)); }

 private:
  openl2tp_pppd_credentials message_{};
};

} // namespace openl2tp::ppp_unix
