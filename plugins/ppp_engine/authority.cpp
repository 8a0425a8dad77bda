#include "plugins/ppp_engine/authority.hpp"

#include <algorithm>

namespace openl2tp::ppp {
namespace {

bool mschap_v1_proves(const VerdictRequest& request, std::string_view secret) noexcept {
  if (request.response.size() != mschap_response_size || request.challenge.size() != mschap_v1_challenge_size)
    return false;
  // 24 octets for LAN Manager, 24 for NT, a flag that says which to use. LAN Manager's proves too little to be taken.
  if (request.response[48] == std::byte{0}) return false;
  const NtResponse expected = nt_challenge_response(nt_password_hash(secret), request.challenge);
  return equal_secretly(expected, request.response.subspan(24, 24));
}

Verdict judge_mschap_v2(const VerdictRequest& request, std::string_view secret) noexcept {
  Verdict verdict;
  if (request.response.size() != mschap_response_size || request.challenge.size() != chap_challenge_size)
    return verdict;
  const Octets peer_challenge = request.response.first(16);
  const NtResponse expected = mschap_v2_response(secret, request.user, request.challenge, peer_challenge);
  verdict.accepted = equal_secretly(expected, request.response.subspan(24, 24));
  if (verdict.accepted)
    verdict.authenticator_response =
        mschap_v2_authenticator_response(secret, request.user, expected, request.challenge, peer_challenge);
  return verdict;
}

} // namespace

std::string_view name(Refusal refusal) noexcept {
  switch (refusal) {
  case Refusal::none: break;
  case Refusal::unknown_user: return "unknown user";
  case Refusal::another_server: return "the secret is not for our name";
  case Refusal::wrong_secret: return "wrong password";
  }
  return "refused";
}

Verdict judge_proof(const VerdictRequest& request, std::string_view secret) noexcept {
  switch (request.method) {
  case AuthMethod::none: return {};
  case AuthMethod::pap: {
    // Of digests, so that the time does not tell the password's length either.
    const Md5Digest given = chap_md5(0, as_text(request.response), {}), wanted = chap_md5(0, secret, {});
    return {.accepted = request.response.size() == secret.size() && equal_secretly(given, wanted)};
  }
  case AuthMethod::chap_md5:
    return {.accepted = !request.challenge.empty() &&
                        equal_secretly(chap_md5(request.id, secret, request.challenge), request.response)};
  case AuthMethod::mschap_v1: return {.accepted = mschap_v1_proves(request, secret)};
  case AuthMethod::mschap_v2: return judge_mschap_v2(request, secret);
  }
  return {};
}

} // namespace openl2tp::ppp
