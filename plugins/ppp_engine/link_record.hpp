// What a link keeps as LAC for the LNS (RFC 2661 section 4.4.5). Internal to link.cpp and link_phases.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "plugins/ppp_engine/link.hpp"

namespace openl2tp::ppp {

struct Link::ProxyRecord {
  /// Options that are longer are not kept: the LNS then negotiates anew.
  struct Kept {
    std::array<std::byte, 255> octets;
    std::uint8_t size = 0;
    void keep(Octets of) noexcept {
      size = of.size() <= octets.size() ? static_cast<std::uint8_t>(of.size()) : std::uint8_t{0};
      std::copy_n(of.begin(), size, octets.begin());
    }
    [[nodiscard]] Octets view() const noexcept { return Octets(octets).first(size); }
  };

  Kept initial_received, last_sent, last_received, response;
  AuthMethod method = AuthMethod::none;
  bool received = false; // a Configure-Request

  ProxyRecord() = default;
  ProxyRecord(const ProxyRecord&) = delete;
  ProxyRecord& operator=(const ProxyRecord&) = delete;
  ~ProxyRecord() { explicit_bzero(response.octets.data(), response.octets.size()); }
};

} // namespace openl2tp::ppp
