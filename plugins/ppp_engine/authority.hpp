// Who decides about users, behind one small interface: a secrets file today, RADIUS later. It may answer at once or
// later; the link asks with actions (action.hpp) and is answered through Link::answer_verdict and answer_secret.
#pragma once

#include <cstdint>
#include <functional>
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

/// Why a proof is not accepted: for the log alone, the peer hears nothing of it.
enum class Refusal : std::uint8_t {
  none,
  unknown_user,   // nobody is known by that name
  another_server, // the user's secret is not for our name
  wrong_secret,
};
[[nodiscard]] std::string_view name(Refusal refusal) noexcept;

struct Verdict {
  bool accepted = false;
  Refusal refusal = Refusal::none; // of one that is not accepted, where that is known
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

/// Who wants to know with what we prove ourselves. All views are of the caller's, valid during the call.
struct SecretRequest {
  AuthMethod method{};
  std::string_view user;       // who we are to be: never chosen by the peer
  std::string_view server;     // towards whom
  std::string_view local_name; // our name towards callers: what they prove themselves with has it as server
  bool called = false;         // `server` called us
};

class Authority {
 public:
  using Answer = std::function<void(const Verdict& verdict)>;

  virtual ~Authority() = default;
  /// Judges a proof: calls `answer` once, from inside or later on the same thread; whoever answers later keeps a copy
  /// of the request, and drops the answer when the thread's shard ends. One that never answers is given up on in time.
  virtual void judge(const VerdictRequest& request, Answer answer) = 0;
  /// Our credentials: a secret that `user` has by name, towards `server`; never one that a caller of ours could prove
  /// itself with. Towards who called us, only one that is for that caller alone.
  /// @return nullopt: there are none.
  [[nodiscard]] virtual std::optional<Credentials> credentials(const SecretRequest& request) = 0;
  /// Whether there are any towards some server; `request.server` does not count.
  [[nodiscard]] virtual bool has_credentials(const SecretRequest& request) = 0;
};

/// Judges a proof with the user's password in clear: all five methods. For authorities that have it.
/// @return a verdict with `accepted` and `authenticator_response` alone
[[nodiscard]] Verdict judge_proof(const VerdictRequest& request, std::string_view secret) noexcept;

/// Sizes of CHAP values.
inline constexpr std::size_t chap_challenge_size = 16;     // ours for CHAP-MD5, and RFC 2759's
inline constexpr std::size_t mschap_v1_challenge_size = 8; // RFC 2433 section 4
inline constexpr std::size_t mschap_response_size = 49;

} // namespace openl2tp::ppp
