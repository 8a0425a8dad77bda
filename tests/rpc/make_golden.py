#!/usr/bin/python3
"""Writes golden requests and replies of the profile, peer, user, test and extension procedures into tests/rpc/golden.

Usage: make_golden.py [DIRECTORY]. The octets come from idl.py, which shares nothing with the daemon's encoder; the
values below are those that golden_test.cpp sets up and expects. Run it after a change of the interface, and read what
changed: a golden file that moved is a wire that moved.
"""
import os
import sys

import idl

HERE = os.path.dirname(os.path.abspath(__file__))
IDL = idl.Idl()
C = IDL.consts


def flags(prefix, *names):
    word = 0
    for name in names:
        word |= C[prefix + name]
    return word


def units(octets):
    return " ".join(octets[i:i + 4].hex() for i in range(0, len(octets), 4))


def lines(kind, value, label, counted=False):
    """One line a leaf: its octets and what they are."""
    if not counted and kind in IDL.structs and kind != "l2tp_api_ip_addr":
        for field, name, many in IDL.structs[kind]:
            yield from lines(field, (value or {}).get(name), name, many)
    else:
        octets = IDL.encode(kind, value, counted)
        shown = value if value is not None else "absent" if kind == "optstring" else 0
        for start in range(0, max(len(octets), 1), 32):
            yield "%s # %s" % (units(octets[start:start + 32]), "%s = %s" % (label, shown) if start == 0 else "")


def write(folder, name, title, head, body):
    with open(os.path.join(folder, name + ".hex"), "w", encoding="ascii") as out:
        out.write("# %s\n# Source: tests/rpc/make_golden.py, which shares nothing with the project's encoder.\n\n" % title)
        out.write("\n".join(line.rstrip(" #") for line in head + list(body)) + "\n")


def request(folder, name, procedure, *values):
    number, parts, _ = IDL.procedures[procedure]
    head = ["2a3b4c5d # xid", "00000000 # CALL", "00000002 # RPC version", "000496e5 # program 300773",
            "00000001 # version", "%08x # procedure %s" % (number, procedure),
            "00000000 00000000 # credential: AUTH_NONE, empty", "00000000 00000000 # verifier: AUTH_NONE, empty"]
    body = [line for (kind, label, many), value in zip(parts, values) for line in lines(kind, value, label, many)]
    write(folder, name + ".request", procedure[5:], head, body)


def reply(folder, name, procedure, value):
    head = ["2a3b4c5d # xid", "00000001 # REPLY", "00000000 # MSG_ACCEPTED",
            "00000000 00000000 # verifier: AUTH_NONE, empty", "00000000 # SUCCESS"]
    write(folder, name + ".reply", procedure[5:], head, lines(IDL.procedures[procedure][2], value, "result"))


PEER = {"flags": flags("L2TP_API_PEER_PROFILE_FLAG_", "LACLNS", "TUNNEL_PROFILE_NAME", "SESSION_PROFILE_NAME",
                       "PPP_PROFILE_NAME", "PEER_IPADDR", "PEER_PORT", "NETMASK"),
        "peer_addr": "10.1.2.0", "peer_port": 1702, "we_can_be_lac": True, "profile_name": "p1",
        "default_tunnel_profile_name": "tp1", "default_session_profile_name": "sp1",
        "default_ppp_profile_name": "pp1", "netmask": "255.255.255.0"}

TUNNEL_FLAGS = ("HIDE_AVPS", "AUTH_MODE", "FRAMING_CAP", "BEARER_CAP", "USE_TIEBREAKER", "HELLO_TIMEOUT",
                "MAX_RETRIES", "RX_WINDOW_SIZE", "TX_WINDOW_SIZE", "RETRY_TIMEOUT", "IDLE_TIMEOUT", "SECRET",
                "ALLOW_PPP_PROXY", "TRACE_FLAGS", "USE_UDP_CHECKSUMS", "HOST_NAME", "MAX_SESSIONS", "OUR_ADDR",
                "PEER_ADDR", "OUR_UDP_PORT", "PEER_UDP_PORT", "PEER_PROFILE_NAME", "SESSION_PROFILE_NAME",
                "PPP_PROFILE_NAME", "DO_PMTU_DISCOVERY", "MTU")
TUNNEL = {"flags": flags("L2TP_API_TUNNEL_PROFILE_FLAG_", *TUNNEL_FLAGS), "profile_name": "tp1", "hide_avps": 1,
          "auth_mode": 2, "framing_cap_sync": True, "bearer_cap_analog": True, "use_tiebreaker": True,
          "allow_ppp_proxy": True, "hello_timeout": 61, "max_retries": 6, "rx_window_size": 11, "tx_window_size": 12,
          "retry_timeout": 2, "idle_timeout": 13, "trace_flags": 5, "max_sessions": 14, "our_addr": "192.168.0.2",
          "peer_addr": "192.168.0.1", "our_udp_port": 1703, "peer_udp_port": 1704, "do_pmtu_discovery": True,
          "mtu": 1400, "peer_profile_name": "p1", "session_profile_name": "sp1", "ppp_profile_name": "pp1",
          "secret": "abc", "host_name": "lac"}

SESSION_FLAGS = ("TRACE_FLAGS", "SEQUENCING_REQUIRED", "PPP_PROFILE_NAME", "SESSION_TYPE", "PRIV_GROUP_ID",
                 "FRAMING_TYPE", "BEARER_TYPE", "MINIMUM_BPS", "MAXIMUM_BPS", "CONNECT_SPEED", "USE_PPP_PROXY",
                 "USE_SEQUENCE_NUMBERS", "REORDER_TIMEOUT", "NO_PPP")
SESSION = {"flags": flags("L2TP_API_SESSION_PROFILE_FLAG_", *SESSION_FLAGS), "profile_name": "sp1",
           "sequencing_required": True, "use_sequence_numbers": True, "no_ppp": True, "reorder_timeout": 20,
           "trace_flags": 6, "ppp_profile_name": "pp1", "session_type": 1, "priv_group_id": "g",
           "framing_type_async": True, "bearer_type_digital": True, "minimum_bps": 21, "maximum_bps": 22,
           "tx_connect_speed": 23, "rx_connect_speed": 24, "use_ppp_proxy": True}

PPP_FLAGS = ("TRACE_FLAGS", "ASYNCMAP", "MRU", "MTU", "USE_RADIUS", "RADIUS_HINT", "SYNC_MODE", "CHAP_INTERVAL",
             "CHAP_MAX_CHALLENGE", "CHAP_RESTART", "PAP_MAX_AUTH_REQUESTS", "PAP_RESTART_INTERVAL", "PAP_TIMEOUT",
             "IDLE_TIMEOUT", "IPCP_MAX_CONFIG_REQUESTS", "IPCP_MAX_CONFIG_NAKS", "IPCP_MAX_TERMINATE_REQUESTS",
             "IPCP_RETRANSMIT_INTERVAL", "LCP_ECHO_FAILURE_COUNT", "LCP_ECHO_INTERVAL", "LCP_MAX_CONFIG_REQUESTS",
             "LCP_MAX_CONFIG_NAKS", "LCP_MAX_TERMINATE_REQUESTS", "LCP_RETRANSMIT_INTERVAL", "MAX_CONNECT_TIME",
             "MAX_FAILURE_COUNT")
PPP_FLAGS2 = ("DNS_ADDR_1", "DNS_ADDR_2", "WINS_ADDR_1", "WINS_ADDR_2", "LOCAL_IP_ADDR", "PEER_IP_ADDR",
              "IP_POOL_NAME", "USE_AS_DEFAULT_ROUTE", "MULTILINK", "LOCAL_NAME", "REMOTE_NAME", "PROXY_ARP",
              "AUTH_NONE", "AUTH_REFUSE_EAP", "AUTH_REFUSE_MSCHAPV2", "AUTH_REFUSE_MSCHAP", "AUTH_REFUSE_CHAP",
              "AUTH_REFUSE_PAP", "AUTH_PEER")
PPP_NUMBERS = ("chap_interval", "chap_max_challenge", "chap_restart", "pap_max_auth_requests", "pap_restart_interval",
               "pap_timeout", "idle_timeout", "ipcp_max_config_requests", "ipcp_max_config_naks",
               "ipcp_max_terminate_requests", "ipcp_retransmit_interval", "lcp_echo_failure_count",
               "lcp_echo_interval", "lcp_max_config_requests", "lcp_max_config_naks", "lcp_max_terminate_requests",
               "lcp_retransmit_interval", "max_connect_time", "max_failure_count")
PPP = {"flags": flags("L2TP_API_PPP_PROFILE_FLAG_", *PPP_FLAGS),
       "flags2": flags("L2TP_API_PPP_PROFILE_FLAG_", *PPP_FLAGS2), "trace_flags": 7, "profile_name": "pp1",
       "asyncmap": 0xffffffff, "mru": 1490, "mtu": 1480, "auth_refuse_pap": True, "auth_refuse_mschapv2": True,
       "auth_peer": True, "sync_mode": 2, "local_ip_addr": "10.0.0.1", "peer_ip_addr": "10.0.0.2",
       "dns_addr_1": "10.0.0.3", "dns_addr_2": "10.0.0.4", "wins_addr_1": "10.0.0.5", "wins_addr_2": "10.0.0.6",
       "ip_pool_name": "pool", "use_radius": True, "radius_hint": "hint", "use_as_default_route": True,
       "local_name": "ln", "remote_name": "rn", "proxy_arp": True}
PPP.update({name: 101 + i for i, name in enumerate(PPP_NUMBERS)})

DEFAULTS = {
    "peer": {"netmask": "255.255.255.255", "we_can_be_lac": True, "we_can_be_lns": True,
             "default_tunnel_profile_name": "default", "default_session_profile_name": "default", "default_ppp_profile_name": "default"},
    "tunnel": {"framing_cap_sync": True, "framing_cap_async": True, "bearer_cap_digital": True,
               "bearer_cap_analog": True, "use_udp_checksums": True, "hello_timeout": 60, "max_retries": 5,
               "rx_window_size": 10, "tx_window_size": 10, "retry_timeout": 1, "mtu": 1460},
    "session": {"ppp_profile_name": "default", "framing_type_sync": True, "framing_type_async": True,
                "bearer_type_digital": True, "bearer_type_analog": True, "tx_connect_speed": 1000000},
    "ppp": {"mru": 1500, "mtu": 1500, "chap_interval": 10, "chap_max_challenge": 10, "chap_restart": 3,
            "pap_max_auth_requests": 10, "pap_restart_interval": 3, "ipcp_max_config_requests": 10,
            "ipcp_max_config_naks": 10, "ipcp_max_terminate_requests": 3, "ipcp_retransmit_interval": 3,
            "lcp_max_config_requests": 10, "lcp_max_config_naks": 10, "lcp_max_terminate_requests": 3,
            "lcp_retransmit_interval": 3, "max_failure_count": 10}}

KINDS = {"peer": (PEER, {"flags": PEER["flags"]}, -503), "tunnel": (TUNNEL, {"flags": TUNNEL["flags"]}, -521),
         "session": (SESSION, {"flags": SESSION["flags"]}, -512),
         "ppp": (PPP, {"flags": PPP["flags"], "flags2": PPP["flags2"]}, -504)}


PPP_STATE = {"phase": C["L2TP_EXT_PPP_UP"], "up_at": 1795330875, "plugin": "ppp_kernel", "data_path": "frames",
             "interface_name": "l2tp7", "user_name": "fred", "auth_method": "CHAP", "local_ipv4": "10.77.0.1",
             "peer_ipv4": "10.77.0.10", "local_ipv6": "fe80::1", "peer_ipv6": "fe80::2", "mtu": 1450, "mru": 1500,
             "unit": -1, "process": 4711}


def main(folder):
    for kind, (full, everything, missing) in KINDS.items():
        upper, name = "L2TP_%s_PROFILE_" % kind.upper(), full["profile_name"]
        file = kind + "_profile_"
        request(folder, file + "create", upper + "CREATE", full)
        request(folder, file + "modify", upper + "MODIFY", full)
        request(folder, file + "delete", upper + "DELETE", name)
        request(folder, file + "get", upper + "GET", name)
        reply(folder, file + "get", upper + "GET", full)
        reply(folder, file + "get_refused", upper + "GET", {"result_code": missing, "profile_name": name})
        request(folder, file + "unset", upper + "UNSET", dict(everything, profile_name=name))
        reply(folder, file + "get_unset", upper + "GET", dict(DEFAULTS[kind], profile_name=name))
        request(folder, file + "list", upper + "LIST")
        reply(folder, file + "list", upper + "LIST",
              {"num_profiles": 2, "profiles": [{"profile_name": "default"}, {"profile_name": name}, {}]})

    request(folder, "peer_get", "L2TP_PEER_GET", "192.168.0.2", "192.168.0.1")
    reply(folder, "peer_get", "L2TP_PEER_GET",
          {"peer_addr": "192.168.0.1", "local_addr": "192.168.0.2", "num_tunnels": 3})
    reply(folder, "peer_get_refused", "L2TP_PEER_GET", {"result_code": -502})
    request(folder, "peer_list", "L2TP_PEER_LIST")
    reply(folder, "peer_list", "L2TP_PEER_LIST",
          {"peers": [{"peer_addr": "192.168.0.1", "local_addr": "192.168.0.2"}, {}]})
    reply(folder, "peer_list_empty", "L2TP_PEER_LIST", {"peers": [{}]})
    request(folder, "user_list", "L2TP_USER_LIST")
    reply(folder, "user_list", "L2TP_USER_LIST",
          {"num_users": 1, "users": [{"user_name": "fred", "create_time": "Sun Nov 22 07:01:14 2026\n",
                                      "created_by_admin": True, "tunnel_id": 50199, "session_id": 566}, {}]})
    reply(folder, "user_list_empty", "L2TP_USER_LIST", {"users": [{}]})
    request(folder, "session_incall_ind", "L2TP_SESSION_INCALL_IND",
            {"ppp_unit": 3, "tunnel_profile_name": "default",
             "session": {"flags": flags("L2TP_API_SESSION_FLAG_", "CALLING_NUMBER", "SESSION_NAME"),
                         "session_name": "in", "calling_number": "123"}})
    reply(folder, "session_incall_ind", "L2TP_SESSION_INCALL_IND", 36523)

    request(folder, "test_log", "L2TP_TEST_LOG", "hello")
    request(folder, "test_modify", "L2TP_TEST_MODIFY", {"flags": C["L2TP_API_TEST_FLAG_DEFAULT_CONFIG"]})
    request(folder, "test_get", "L2TP_TEST_GET")
    reply(folder, "test_get", "L2TP_TEST_GET", {})
    reply(folder, "test_off", "L2TP_TEST_LOG", -95)

    request(folder, "ext_monitor_next", "L2TP_EXT_MONITOR_NEXT", {"wait_ms": 1000})
    reply(folder, "ext_monitor_next", "L2TP_EXT_MONITOR_NEXT",
          {"lost": 1 << 32 | 5, "events": [{"kind": 4, "at_ms": 1795330874123, "tunnel_id": 1, "session_id": 2,
                                            "peer_tunnel_id": 3, "peer_session_id": 4, "text": "up"}]})
    request(folder, "ext_tunnel_create", "L2TP_EXT_TUNNEL_CREATE", {"tunnel_name": "six"}, None, "2001:db8::1")
    reply(folder, "ext_tunnel_create", "L2TP_EXT_TUNNEL_CREATE", 50199)
    request(folder, "ext_tunnel_addresses", "L2TP_EXT_TUNNEL_ADDRESSES", 50199, None)
    reply(folder, "ext_tunnel_addresses", "L2TP_EXT_TUNNEL_ADDRESSES",
          {"first": "192.168.0.2", "second": "192.168.0.1"})
    request(folder, "ext_peer_list", "L2TP_EXT_PEER_LIST")
    reply(folder, "ext_peer_list", "L2TP_EXT_PEER_LIST",
          {"peers": [{"local_addr": "2001:db8::2", "peer_addr": "2001:db8::1", "num_tunnels": 3}]})
    request(folder, "ext_profile_addresses", "L2TP_EXT_PROFILE_ADDRESSES", 0, "p1")
    reply(folder, "ext_profile_addresses", "L2TP_EXT_PROFILE_ADDRESSES",
          {"first": "2001:db8::", "second": "ffff:ffff::"})
    request(folder, "ext_profile_set_addresses", "L2TP_EXT_PROFILE_SET_ADDRESSES", 0, "p1", "2001:db8::",
            "ffff:ffff::")
    reply(folder, "peer_profile_get_used", "L2TP_PEER_PROFILE_GET", dict(PEER, use_count=2))
    request(folder, "ext_session_ppp", "L2TP_EXT_SESSION_PPP", 50199, None, 0, "s1")
    reply(folder, "ext_session_ppp", "L2TP_EXT_SESSION_PPP", {"ppp": PPP_STATE})
    reply(folder, "ext_session_ppp_refused", "L2TP_EXT_SESSION_PPP", {"result": -511, "ppp": {"unit": -1}})
    request(folder, "ext_user_list", "L2TP_EXT_USER_LIST", 50199, 17)
    reply(folder, "ext_user_list", "L2TP_EXT_USER_LIST",
          {"more": True, "users": [{"user_name": "fred", "tunnel_id": 50199, "session_id": 566, "created_by_admin": True,
                                    "created_at": 1795330874, "ppp": PPP_STATE, "data_rx_packets": 1, "data_rx_bytes": 2,
                                    "data_tx_packets": 3, "data_tx_bytes": 4 << 32}]})
    request(folder, "ext_error_detail", "L2TP_EXT_ERROR_DETAIL")
    reply(folder, "ext_error_detail", "L2TP_EXT_ERROR_DETAIL",
          {"text": "hello_timeout: 900000, allowed 0 to 86400"})
    reply(folder, "ext_error_detail_udp", "L2TP_EXT_ERROR_DETAIL", {"result": -95})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "golden"))
