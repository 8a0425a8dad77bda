// Packets of others. RFC 2865 section 7, and what FreeRADIUS 3.2.1's radclient and freeradius (Debian 12) sent each
// other on 2026-12-01: user "User", password "clientPass", secret "testing123". That freeradius puts no
// Message-Authenticator into its answers.
#pragma once

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::radius::vectors {

using ppp::testing_support::hex;

inline constexpr std::string_view rfc_secret = "xyzzy5461";
inline const auto rfc_request =
    hex("010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
        "0406c0a80110050600000003");
inline const auto rfc_accept = hex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103");

inline constexpr std::string_view secret = "testing123";
inline const auto pap_request =
    hex("01000042fb1b3573e78d38d48531da6e7caf2aa7010655736572021276d8571ba700340f9dc411ee2d10"
        "8bc35012df6c767bd25093f8ee0db2e49a409a2b21040102");
inline const auto pap_accept =
    hex("0200004b224d1e936b80c9be19a81f653165de2b0806c00002071906626c75651a0c000001371c06c000"
        "02354515018074b78132c5398b12bd47f48bd9e618c8881b0600000e1021040102");
inline const auto chap_request =
    hex("0110003faafb9270cf0ec887434bf9c80d7a10ac0106557365720313ff803ce50a1c55225488598f5491"
        "f68f845012ac4e2339d9d4292e647cc75544172fee");
inline const auto chap_accept =
    hex("02100047aeae4dff89fcc6c2d23aa6dfb060bfa50806c00002071906626c75651a0c000001371c06c000"
        "023545150188575fd070d96ab2cf9ddd80ace6a264272f1b0600000e10");
inline const auto ms_chap2_request = hex(
    "01f7007e2f19195c66353a272ac57eeaece85ecd0106557365721a18000001370b125b5d7c7d7b3f2f3e3c2c6021322626281a3a0000013719"
    "34"
    "070021402324255e262a28295f2b3a337c7e000000000000000082309ecd8d708b5ea08faa3981cd83544233114a3d85d6df5012fdfbfd3d96"
    "64e2f7aadddc5b27ea033b");
inline const auto ms_chap2_accept = hex(
    "02f700e61485d068f1b918499b50d0e49ea002e50806c00002071906626c75651a0c000001371c06c0000235451501950032a072a4b80b34f5"
    "68"
    "33b61c2b2813641b0600000e101a33000001371a2d07533d343037413535383931313546443044363230394635313046453943303435363639"
    "33324344413536"
    "1a2a00000137112499582f87c77fcf86a5f0ca98b899381d3fe23e898a292941da9f3ac5564728a106661a2a000001371024a582e3a53877cf"
    "1acb85fe1f5abec581dc1b45acd4189e626fab9a68497e61ed37d11a0c000001370706000000021a0c00000137080600000004");
inline const auto ms_chap2_wrong_request = hex(
    "01c6007e8cbcc8674133c8ab6063ca42bc0ebb6f0106557365721a18000001370b125b5d7c7d7b3f2f3e3c2c6021322626281a3a0000013719"
    "34"
    "070021402324255e262a28295f2b3a337c7e000000000000000082309ecd8d708b5ea08faa3981cd83544233114a3d85d6005012dd6b2160a3"
    "2dba245413eacec6e0003b");
inline const auto ms_chap2_reject = hex(
    "03c6009a61b0f2d639e5788a31af62500eebfc8f0806c00002071906626c75651a0c000001371c06c0000235451501adba9914a6f3b9fecfca"
    "8"
    "9adfbb1b43e88431b0600000e101a5300000137024d07453d36393120523d3120433d333864393364663464663631626338323637346231613"
    "536316266313534336120563d33204d3d41757468656e7469636174696f6e2072656a6563746564");
inline const auto accounting_request = hex("0443002305ef4d779ca5d0c19bcf34f6fa49d8f30106557365722c0331280600000001");
inline const auto coa_request =
    hex("2b6f0032e46f8bc88016c0397b9aadd8fce3a3010106557365721b060000003c50126fae94501412019e95af"
        "315c54df173a");

inline const std::vector<std::vector<std::byte>> all = {rfc_request,      rfc_accept,         pap_request,
                                                        pap_accept,       chap_request,       chap_accept,
                                                        ms_chap2_request, ms_chap2_accept,    ms_chap2_wrong_request,
                                                        ms_chap2_reject,  accounting_request, coa_request};

} // namespace openl2tp::radius::vectors
