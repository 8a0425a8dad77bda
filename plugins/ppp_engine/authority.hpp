// Who decides about users, behind one small interface: a secrets file today, RADIUS later. It may answer at once or
// later; the link asks with actions (action.hpp) and is answered through Link::answer_verdict and answer_secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/clock.hpp"
#include "plugins/ppp_engine/crypto.hpp"
#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp {

/// A peer's proof, to be judged. All views are of the caller's, valid during the call.
struct VerdictRequest {
  AuthMethod method{};
  std::string_view user;   // as the peer says; at most 255 octets of any value
  std::string_view server; // our name
  std::uint8_t id = 0;     // CHAP: the identifier that the response is computed with
  Octets challenge;        // CHAP: ours (or the LAC's)
  Octets response;         // CHAP: the value field; PAP: the password
};

struct Verdict {
  bool accepted = false;
  /// MS-CHAPv2, accepted: what proves that we know the password too (RFC 2759 section 5).
  AuthenticatorResponse authenticator_response{};
  Ipv4 peer_address;          // the user's own; empty: none
  AddressRules addresses;     // which others the user may have
  Duration session_timeout{}; // 0: the profile's
  Duration idle_timeout{};    // 0: the profile's
};

/// What we prove ourselves with.
struct Credentials {
  std::string name;   // at most 255 octets
  std::string secret; // at most 255 octets; wiped by who owns it
};

class Authority {
 public:
  virtual ~Authority() = default;
  /// @return the verdict, or nullopt when it comes later: then whoever implements this keeps a copy of the request.
  [[nodiscard]] virtual std::optional<Verdict> verify(const VerdictRequest& request) = 0;
  /// Our credentials towards `server` for a method that it asks for: a secret of `user` (empty: whichever there is).
  /// @return nullopt: there are none.
  [[nodiscard]] virtual std::optional<Credentials> credentials(std::string_view user, std::string_view server,
                                                               AuthMethod method) = 0;
};

/// Judges a proof with the user's password in clear: all five methods. For authorities that have it.
/// @return a verdict with `accepted` and `authenticator_response` alone
[[nodiscard]] Verdict judge_proof(const VerdictRequest& request, std::string_view secret) noexcept;

/// Sizes of CHAP values.
inline constexpr std::size_t chap_challenge_size = 16;     // ours for CHAP-MD5, and RFC 2759's
inline constexpr std::size_t mschap_v1_challenge_size = 8; // RFC 2433 section 4
inline constexpr std::size_t mschap_response_size = 49;

} // namespace openl2tp::ppp
