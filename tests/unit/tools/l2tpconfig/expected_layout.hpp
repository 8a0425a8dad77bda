// What management scripts parse: the layout of show commands, line by line, with values that the tests put in.
#pragma once

namespace openl2tp::test {

inline constexpr const char* kConfiguration = R"(L2TP configuration:
  UDP port: 1701
  max tunnels: 0 (unlimited), max sessions: 10
  drain tunnels: YES
  tunnel establish timeout: 121 seconds
  session establish timeout: 42 seconds
  tunnel persist pend timeout: 301 seconds
  session persist pend timeout: 5 seconds
  deny local tunnel creation: YES, deny remote tunnel creation: YES
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
)";

inline constexpr const char* kStatistics = R"(L2TP counters:-
  Total messages sent: 14, received: 7, retransmitted: 0
    illegal: 0, unsupported: 0, ignored AVPs: 0, vendor AVPs: 0
  Setup failures: tunnels: 0, sessions: 0
  Resource failures: control frames: 0, peers: 0
    tunnels: 0, sessions: 0, ppp: 0
  Limit exceeded errors: tunnels: 0, sessions: 0
  Frame errors: short frames: 0, wrong version frames: 0
     unexpected data frames: 0, bad frames: 0
  Internal: authentication failures: 0, message encode failures: 1
     no matching tunnel discards: 0, mismatched tunnel ids: 0
     no matching session_discards: 0, mismatched session ids: 0
     total control frame send failures: 0, event queue fulls: 0

  Message counters:-
         Message          RX Good           RX Bad               TX
         ILLEGAL                0                0                0
           SCCRQ                0                0                2
           SCCRP                1                0                0
           SCCCN                0                0                1
         STOPCCN                1                0                0
       RESERVED1                0                0                0
           HELLO                0                0                0
            OCRQ                1                0                0
            OCRP                0                0                1
            OCCN                0                0                1
            ICRQ                0                0                4
            ICRP                4                0                0
            ICCN                0                0                4
       RESERVED2                0                0                0
             CDN                0                0                1
             WEN                0                0                0
             SLI                0                0                0
)";

inline constexpr const char* kTunnel = R"(Tunnel 50199, from 192.168.0.2 to 192.168.0.1:-
  state: ESTABLISHED
  created at:  Nov 22 07:01:01 2026
  administrative name: 't1'
  created by admin: YES, tunnel mode: LAC
  peer tunnel id: 35189, host name: NOT SET
  UDP ports: local 49683, peer 39113
  authorization mode: NONE, hide AVPs: OFF, allow PPP proxy: OFF
  session limit: 0, session count: 0
  tunnel profile: default, peer profile: default
  session profile: default, ppp profile: default
  hello timeout: 60, retry timeout: 1, idle timeout: 0
  rx window size: 10, tx window size: 10, max retries: 5
  use udp checksums: ON
  do pmtu discovery: OFF, mtu: 1460
  framing capability: SYNC ASYNC, bearer capability: DIGITAL ANALOG
  use tiebreaker: OFF
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  peer vendor name: Katalix Systems Ltd. Linux
  peer protocol version: 1.0, firmware 264
  peer framing capability: SYNC ASYNC
  peer bearer capability: DIGITAL ANALOG
  peer rx window size: 10
  Transport status:-
    ns/nr: 2/1, peer 2/1
    cwnd: 3, ssthresh: 10, congpkt_acc: 0
  Transport statistics:-
    out-of-sequence control/data discards: 0/0
    zlbs tx/txfail/rx: 1/0/1
    retransmits: 0, duplicate pkt discards: 0, data pkt discards: 0
    hellos tx/txfail/rx: 0/0/0
    control rx packets: 2, rx bytes: 124
    control tx packets: 3, tx bytes: 144
    data rx packets: 0, rx bytes: 0, rx errors: 0
    data tx packets: 0, tx bytes: 0, tx errors: 0
    establish retries: 0
)";

inline constexpr const char* kTunnelLns = R"(Tunnel 35189, from 192.168.0.1 to 192.168.0.2:-
  state: ESTABLISHED
  created at:  Nov 22 07:01:01 2026
  created by admin: NO, tunnel mode: LNS
  peer tunnel id: 50199, host name: NOT SET
  UDP ports: local 39113, peer 49683
  authorization mode: NONE, hide AVPs: OFF, allow PPP proxy: OFF
  session limit: 0, session count: 0
  tunnel profile: default, peer profile: default
  session profile: default, ppp profile: default
  hello timeout: 60, retry timeout: 1, idle timeout: 0
  rx window size: 10, tx window size: 10, max retries: 5
  use udp checksums: ON
  do pmtu discovery: OFF, mtu: 1460
  framing capability: SYNC ASYNC, bearer capability: DIGITAL ANALOG
  use tiebreaker: OFF
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  peer vendor name: Katalix Systems Ltd. Linux
  peer protocol version: 1.0, firmware 264
  peer framing capability: SYNC ASYNC
  peer bearer capability: DIGITAL ANALOG
  peer rx window size: 10
  Transport status:-
    ns/nr: 1/2, peer 1/2
    cwnd: 2, ssthresh: 10, congpkt_acc: 0
  Transport statistics:-
    out-of-sequence control/data discards: 0/0
    zlbs tx/txfail/rx: 1/0/1
    retransmits: 0, duplicate pkt discards: 0, data pkt discards: 0
    hellos tx/txfail/rx: 0/0/0
    control rx packets: 3, rx bytes: 144
    control tx packets: 2, tx bytes: 124
    data rx packets: 0, rx bytes: 0, rx errors: 0
    data tx packets: 0, tx bytes: 0, tx errors: 0
)";

inline constexpr const char* kTunnelClosing = R"(Tunnel 46181, from 192.168.0.2 to 192.168.0.1, config_id 77:-
  state: CLOSING
  created at:  Nov 22 07:01:12 2026
  administrative name: 'tun2'
  created by admin: YES, tunnel mode: LAC
  local host name: myhost
  peer tunnel id: 53042, host name: NOT SET
  UDP ports: local 1805, peer 47045
  authorization mode: CHALLENGE, hide AVPs: OFF, allow PPP proxy: OFF
  tunnel secret: 'abc'
  session limit: 0, session count: 0
  tunnel profile: default, peer profile: default
  session profile: default, ppp profile: default
  hello timeout: 60, retry timeout: 1, idle timeout: 0
  rx window size: 10, tx window size: 10, max retries: 5
  use udp checksums: ON
  do pmtu discovery: OFF, mtu: 1460
  framing capability: SYNC ASYNC, bearer capability: DIGITAL ANALOG
  use tiebreaker: ON
  tiebreaker: ea cf 52 c8 0b a9 5f 22
  last error information from peer:-
    result code: 4, error code: 0
    last error message: no tunnel secret available
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  peer protocol version: 0.0, firmware 0
  peer framing capability: NONE
  peer bearer capability: NONE
  peer rx window size: 0
  Transport status:-
    ns/nr: 1/1, peer 1/0
    cwnd: 2, ssthresh: 10, congpkt_acc: 0
  Transport statistics:-
    out-of-sequence control/data discards: 0/0
    zlbs tx/txfail/rx: 1/0/0
    retransmits: 0, duplicate pkt discards: 0, data pkt discards: 0
    hellos tx/txfail/rx: 0/0/0
    control rx packets: 1, rx bytes: 65
    control tx packets: 2, tx bytes: 164
    data rx packets: 0, rx bytes: 0, rx errors: 0
    data tx packets: 0, tx bytes: 0, tx errors: 0
    establish retries: 0
)";

inline constexpr const char* kTunnelTransport = R"(Tunnel 50199, from 192.168.0.2 to 192.168.0.1:-
  state: ESTABLISHED
  Transport status:-
    ns/nr: 2/1, peer 2/1
    cwnd: 3, ssthresh: 10, congpkt_acc: 0
  Transport statistics:-
    out-of-sequence control/data discards: 0/0
    zlbs tx/txfail/rx: 1/0/1
    retransmits: 0, duplicate pkt discards: 0, data pkt discards: 0
    hellos tx/txfail/rx: 0/0/0
    control rx packets: 2, rx bytes: 124
    control tx packets: 3, tx bytes: 144
    data rx packets: 0, rx bytes: 0, rx errors: 0
    data tx packets: 0, tx bytes: 0, tx errors: 0
    establish retries: 0
)";

inline constexpr const char* kTunnelModified = R"(Tunnel 50199, from 192.168.0.2 to 192.168.0.1:-
  state: ESTABLISHED
  created at:  Nov 22 07:01:01 2026
  administrative name: 't1'
  interface name: ifx
  created by admin: YES, tunnel mode: LAC, persist: YES
  peer tunnel id: 35189, host name: NOT SET
  UDP ports: local 49683, peer 39113
  authorization mode: NONE, hide AVPs: OFF, allow PPP proxy: OFF
  session limit: 0, session count: 0
  tunnel profile: default, peer profile: default
  session profile: default, ppp profile: default
  hello timeout: 11, retry timeout: 1, idle timeout: 0
  rx window size: 10, tx window size: 10, max retries: 7
  use udp checksums: ON
  do pmtu discovery: OFF, mtu: 1300
  framing capability: SYNC ASYNC, bearer capability: DIGITAL ANALOG
  use tiebreaker: OFF
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  peer vendor name: Katalix Systems Ltd. Linux
  peer protocol version: 1.0, firmware 264
  peer framing capability: SYNC ASYNC
  peer bearer capability: DIGITAL ANALOG
  peer rx window size: 10
)";

inline constexpr const char* kSession = R"(Session 566 on tunnel 50199:-
  type: LAC Incoming Call, state: ESTABLISHED
  created at:  Nov 22 07:01:14 2026
  administrative name: s1
  created by admin: YES, peer session id: 44883
  data sequencing required: ON
  use data sequence numbers: ON
  reorder timeout: 12
  trace flags: FSM
  framing types: SYNC ASYNC
  bearer types: DIGITAL ANALOG
  call serial number: 1
  connect speed: 1000000
  use ppp proxy: NO

  Peer configuration data:-
    data sequencing required: OFF
    framing types:
    bearer types:
    call serial number: 1
  data rx packets: 0, rx bytes: 0, rx errors: 0
  data tx packets: 0, tx bytes: 0, tx errors: 0
)";

inline constexpr const char* kSessionFull = R"(Session 36523 on tunnel 50199:-
  type: LAC Incoming Call, state: ESTABLISHED
  created at:  Nov 22 07:01:15 2026
  administrative name: full
  created by admin: YES, peer session id: 43799
  private group id: g
  data sequencing required: OFF
  use data sequence numbers: OFF
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  framing types: SYNC
  bearer types: ANALOG
  call serial number: 4
  min bps: 10, max bps: 20
  tx connect speed: 2000, rx connect speed: 1000
  calling number: '123'
  called number: '456'
  sub address: '789'

  Peer configuration data:-
    data sequencing required: OFF
    framing types:
    bearer types:
    call serial number: 4
  data rx packets: 0, rx bytes: 0, rx errors: 0
  data tx packets: 0, tx bytes: 0, tx errors: 0
)";

inline constexpr const char* kSessionLns = R"(Session 24579 on tunnel 35189:-
  type: LNS Incoming Call, state: ESTABLISHED
  created at:  Nov 22 07:01:14 2026
  created by admin: NO, peer session id: 42430
  data sequencing required: OFF
  use data sequence numbers: OFF
  trace flags: PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM
  framing types: SYNC ASYNC
  bearer types: DIGITAL ANALOG
  call serial number: 2
  connect speed: 1000000
  use ppp proxy: NO

  Peer configuration data:-
    data sequencing required: OFF
    framing types: SYNC ASYNC
    bearer types: DIGITAL ANALOG
    call serial number: 2
    connect speed: 1000000
  data rx packets: 0, rx bytes: 0, rx errors: 0
  data tx packets: 0, tx bytes: 0, tx errors: 0
)";

} // namespace openl2tp::test
