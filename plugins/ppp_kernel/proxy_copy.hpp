// What a LAC told of its caller (RFC 2661 section 4.4.5), until the link begins: a copy, for the daemon's lives during
// a call only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <openl2tp/ppp.h>

#include "plugins/ppp_engine/proxy.hpp"

namespace openl2tp::ppp_kernel {

class ProxyCopy {
 public:
  explicit ProxyCopy(const openl2tp_ppp_proxy& of)
      : type_(of.auth_type), id_(of.auth_id), name_(text(of.auth_name, of.auth_name_length)),
        challenge_(text(of.auth_challenge, of.auth_challenge_length)),
        response_(text(of.auth_response, of.auth_response_length)),
        initial_(text(of.initial_received_confreq, of.initial_received_confreq_length)),
        sent_(text(of.last_sent_confreq, of.last_sent_confreq_length)),
        received_(text(of.last_received_confreq, of.last_received_confreq_length)) {}
  ProxyCopy(const ProxyCopy&) = delete;
  ProxyCopy& operator=(const ProxyCopy&) = delete;
  ~ProxyCopy() { // the response may be a password
    if (!response_.empty()) explicit_bzero(response_.data(), response_.size());
  }

  /// As the LNS takes it. Views this object.
  [[nodiscard]] ppp::ProxyPpp view() const noexcept {
    return {.initial_received = ppp::as_octets(initial_),
            .last_sent = ppp::as_octets(sent_),
            .last_received = ppp::as_octets(received_),
            .auth_type = static_cast<ppp::ProxyAuthType>(type_),
            .auth_id = id_,
            .auth_name = name_,
            .auth_challenge = ppp::as_octets(challenge_),
            .auth_response = ppp::as_octets(response_)};
  }

 private:
  static std::string text(const std::uint8_t* octets, std::size_t length) {
    return length == 0 ? std::string() : std::string(reinterpret_cast<const char*>(octets), length);
  }

  std::uint16_t type_;
  std::uint8_t id_;
  std::string name_, challenge_, response_, initial_, sent_, received_;
};

} // namespace openl2tp::ppp_kernel
