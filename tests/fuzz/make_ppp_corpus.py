#!/usr/bin/env python3
"""Writes the seeds of fuzz_ppp_frame, fuzz_ppp_link, fuzz_ppp_secrets and fuzz_ppp_configuration, tests/fuzz/corpus/<target>/. The operations are those of
fuzz_ppp_link.cpp; inputs of other names are left alone."""

import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus"
RAW, ANSWER, ASK, VERDICT, SECRET, ADDRESS, TIME, DATA, CLOSE, IDLE, REPEAT, OPEN = range(12)
LCP, IPCP, IPV6CP, PAP, CHAP, EAP, CCP, IPV4 = range(8)
ACK, NAK, REJECT = 2, 3, 4
OTHER = 8  # with octets of the program instead of the request's options


def seed(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def ask(protocol, code, ident, data=""):
    body = bytes.fromhex(data)
    return bytes([ASK, protocol, code, ident, len(body)]) + body


def answer(which, how, data=None):
    if data is None:
        return bytes([ANSWER, which << 4 | how])
    body = bytes.fromhex(data)
    return bytes([ANSWER, which << 4 | how | OTHER, len(body)]) + body


def raw(frame):
    body = bytes.fromhex(frame)
    return bytes([RAW, len(body)]) + body


def program(*operations, auth=0, flags=0):
    return bytes([auth, flags]) + b"".join(operations)


LCP_UP = [answer(0, ACK), ask(LCP, 1, 1, "0506aabbccdd")]
NETWORKS_UP = [answer(1, ACK), ask(IPCP, 1, 1, "03060a000002"), answer(2, ACK), ask(IPV6CP, 1, 1, "010a0000000000000001")]
MD5, PAP_BIT, MS1, MS2 = 2, 1, 4, 8
RESPONSE = "10" + "11" * 16 + b"carol".hex()

frames = {
    "lcp": "ff03c02101010012010405b40304c0230506aabbccdd",
    "lcp_compressed": "c02101010004",
    "ipv4": "2145000014",
    "ccp": "ff0380fd0101000a120601000020",
    "chap": "ff03c2230101001510" + "00" * 16,
    "options": "010405dc0304c0230506010203040702080211040578",
    "auth_options": "0304c0230305c223050305c223800305c223810304c227",
    "option_of_zero": "0100",
    "option_beyond": "0106ff",
    "padding": "ff03c02101010004ffffffff",
    "long_protocol": "ff03ffff",
    "cut": "ff03c0",
    "all_stations": "00ffffff",
}
for name, text in frames.items():
    seed("fuzz_ppp_frame", name, bytes.fromhex(text))

lives = {
    "up": program(*LCP_UP, *NETWORKS_UP, bytes([DATA, 0, DATA, 1, TIME, 100, CLOSE, 255])),
    "address_by_nak": program(*LCP_UP, ask(IPCP, 1, 1, "030600000000810600000000"), ask(IPCP, 1, 2, "03060a00000281060a000003")),
    "chap": program(*LCP_UP, ask(CHAP, 2, 1, RESPONSE), bytes([VERDICT, 1]), *NETWORKS_UP, bytes([TIME, 255]), auth=MD5),
    "chap_refused": program(*LCP_UP, ask(CHAP, 2, 1, RESPONSE), bytes([VERDICT, 0]), auth=MD5),
    "mschap_v2": program(*LCP_UP, ask(CHAP, 2, 1, "31" + "22" * 49 + b"carol".hex()), bytes([VERDICT, 1]), *NETWORKS_UP, auth=MS2),
    "pap": program(*LCP_UP, ask(PAP, 1, 1, "0163" "0173"), bytes([VERDICT, 1]), *NETWORKS_UP, auth=PAP_BIT),
    "pap_lies": program(*LCP_UP, ask(PAP, 1, 1, "ff63"), ask(PAP, 1, 1, "01"), auth=PAP_BIT),
    "prove_chap": program(answer(0, ACK), ask(LCP, 1, 1, "0305c22305"), ask(CHAP, 1, 5, "04010203046c6e73"), bytes([SECRET, 5]),
                          ask(CHAP, 3, 5), *NETWORKS_UP, auth=MD5 << 4),
    "prove_mschap_v2": program(answer(0, ACK), ask(LCP, 1, 1, "0305c22381"), ask(CHAP, 1, 5, "10" + "33" * 16), bytes([SECRET, 5]),
                               ask(CHAP, 3, 5, b"S=00".hex()), auth=MS2 << 4),
    "prove_pap": program(answer(0, ACK), ask(LCP, 1, 1, "0304c023"), bytes([SECRET, 5]), ask(PAP, 2, 1), *NETWORKS_UP, auth=PAP_BIT << 4),
    "no_secret": program(answer(0, ACK), ask(LCP, 1, 1, "0305c22305"), ask(CHAP, 1, 5, "0401020304"), bytes([SECRET, 0]), auth=MD5 << 4),
    "eap": program(ask(LCP, 1, 1, "0304c227"), answer(0, NAK, "0304c227"), auth=0x33),
    "naks": program(*[answer(0, NAK, "01040200050601020304")] * 30),
    "rejects": program(answer(0, REJECT), answer(0, REJECT, "01040578")),
    "renegotiation": program(*[b"".join(LCP_UP)] * 20),
    "terminate": program(*LCP_UP, *NETWORKS_UP, ask(LCP, 5, 9), ask(LCP, 6, 9), ask(LCP, 5, 10)),
    "terminate_network": program(*LCP_UP, *NETWORKS_UP, ask(IPCP, 5, 9), bytes([TIME, 40]), ask(IPV6CP, 5, 9), bytes([TIME, 40])),
    "protocol_rejects": program(*LCP_UP, ask(LCP, 8, 1, "8021"), ask(LCP, 8, 2, "8057"), ask(LCP, 8, 3, "c021")),
    "code_rejects": program(*LCP_UP, ask(LCP, 7, 1, "09000004"), ask(LCP, 200, 1), ask(IPCP, 9, 1), ask(LCP, 7, 1, "01000004")),
    "echo": program(*LCP_UP, *[ask(LCP, 9, 1, "01020304")] * 10, ask(LCP, 10, 1, "01020304"), ask(LCP, 11, 1, "00000000")),
    "ccp": program(*LCP_UP, *[ask(CCP, 1, 1, "120601000020")] * 5, raw("ff03002d4500")),
    "data_too_early": program(bytes([DATA, 0]), *LCP_UP, bytes([DATA, 0, DATA, 1])),
    "address_from_owner": program(*LCP_UP, bytes([ADDRESS, 1]), *NETWORKS_UP, flags=4),
    "no_address": program(*LCP_UP, bytes([ADDRESS, 0]), flags=4),
    "hand_over": program(*LCP_UP, ask(CHAP, 2, 1, RESPONSE), raw("2145"), auth=MD5, flags=16),
    "idle": program(*LCP_UP, *NETWORKS_UP, bytes([TIME, 255, TIME, 255, IDLE, 60]), flags=128 | 64),
    "proxy": program(bytes([6]) + bytes.fromhex("050601020304") + bytes([6]) + bytes.fromhex("050605060708") + bytes(4),
                     *NETWORKS_UP, flags=8),
    "proxy_chap": program(bytes([11]) + bytes.fromhex("0305c223050506010203" "04") + bytes([6]) + bytes.fromhex("050605060708") +
                          bytes([2, 5]) + b"carol" + bytes([16]) + bytes(16) + bytes([16]) + bytes(16), bytes([VERDICT, 1]), *NETWORKS_UP,
                          auth=MD5, flags=8),
    "proxy_multilink": program(bytes([4]) + bytes.fromhex("110405dc") + bytes([0, 0, 0, 0, 0]), *LCP_UP, flags=8),
    "malformed": program(raw("ff03c021"), raw("ff03c02101010003"), raw("ff"), raw("ff03c0210101000801010000"), raw("")),
    "repeated": program(*LCP_UP, *NETWORKS_UP, bytes([REPEAT, 0, REPEAT, 1, REPEAT, 2, REPEAT, 3])),
    "looped": program(*[ask(LCP, 1, i, "0506aabbccdd") for i in range(6)], answer(0, 1), answer(0, 1)),
}
for name, content in lives.items():
    seed("fuzz_ppp_link", name, content)

texts = {
    "plain": "carol lns secret\ndave * \"two words\" 10.0.0.5 # comment\n",
    "wild": "* * any\n* lns server\n",
    "quotes": "'a b' \"c\\\"d\" e\\ f \\\n 1.2.3.4/24 !1.2.3.4 * - -- mtu 1400\n",
    "problems": "one\nopen \"quote\nfile x @/etc/secret\naddr y z 1.2.3\nprefix y z 1.2.3.4/99\n",
    "many_addresses": "a b c 1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7\n",
    "zero": "a b c\0d\n",
    "last_line": "a b c",
}
for name, text in texts.items():
    seed("fuzz_ppp_secrets", name, text.encode())

configurations = {
    "all": "pool a 10.0.0.0/24,10.1.0.1-10.1.0.9 leases=/var/lib/a # one\nscript ip-up /etc/up\nscript ip-down none\nprofile p data=tun\n",
    "pools": "pool a 10.0.0.1\r\npool b 10.0.0.2-10.0.0.3\n\tpool c 10.0.1.0/30",
    "overlap": "pool a 10.0.0.0/24\npool b 10.0.0.9\n",
    "mistakes": "pool\npool a/b 1.2.3.4\npool a 300.1.1.1\nscript up /x\nprofile p data=no\nfoo\n",
    "same_again": "profile p data=any\nprofile p data=tun\nscript ip-up /x\nscript ip-up /y\npool a 1.2.3.4\npool a 1.2.3.5\n",
    "zero": "pool a 10.0.0.1 leases=/x\0y\n",
    "leases": "# who\n10.0.0.1 alice\n10.0.0.2 a%20b%25%ff\n10.0.0.3 %\n0.0.0.0 x\n",
}
for name, text in configurations.items():
    seed("fuzz_ppp_configuration", name, text.encode())
