// The netlink half of KernelL2tp: requests of the generic netlink family "l2tp", one socket a request at a time.
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/l2tp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/dataplane/kernel_journal.hpp"
#include "runtime/dataplane/kernel_l2tp.hpp"

namespace openl2tp::runtime {

namespace {

struct MessageDeleter {
  void operator()(nl_msg* message) const noexcept { nlmsg_free(message); }
};
using MessagePointer = std::unique_ptr<nl_msg, MessageDeleter>;

using Attributes = std::array<nlattr*, L2TP_ATTR_MAX + 1>;

std::uint64_t counter(nlattr* const* statistics, int attribute) noexcept {
  return statistics[attribute] != nullptr ? nla_get_u64(statistics[attribute]) : 0;
}

SessionStatistics statistics_in(const Attributes& attributes) {
  std::array<nlattr*, L2TP_ATTR_STATS_MAX + 1> in{};
  if (attributes[L2TP_ATTR_STATS] == nullptr ||
      nla_parse_nested(in.data(), L2TP_ATTR_STATS_MAX, attributes[L2TP_ATTR_STATS], nullptr) < 0) {
    return {};
  }
  return {.received_packets = counter(in.data(), L2TP_ATTR_RX_PACKETS),
          .received_octets = counter(in.data(), L2TP_ATTR_RX_BYTES),
          .received_errors = counter(in.data(), L2TP_ATTR_RX_ERRORS),
          .received_out_of_sequence = counter(in.data(), L2TP_ATTR_RX_OOS_PACKETS),
          .received_out_of_sequence_discards = counter(in.data(), L2TP_ATTR_RX_SEQ_DISCARDS),
          .sent_packets = counter(in.data(), L2TP_ATTR_TX_PACKETS),
          .sent_octets = counter(in.data(), L2TP_ATTR_TX_BYTES),
          .sent_errors = counter(in.data(), L2TP_ATTR_TX_ERRORS)};
}

template <class Number>
Number number_in(const Attributes& attributes, int attribute) noexcept {
  Number value{};
  nlattr* const found = attributes[static_cast<std::size_t>(attribute)];
  if (found != nullptr && nla_len(found) >= static_cast<int>(sizeof value))
    std::memcpy(&value, nla_data(found), sizeof value);
  return value;
}

protocol::Endpoint endpoint_in(const Attributes& attributes, int v4, int v6, int port) noexcept {
  protocol::Endpoint endpoint;
  endpoint.port = number_in<std::uint16_t>(attributes, port);
  for (const auto& [attribute, octets, family] : {std::tuple{v4, 4, std::uint8_t{4}}, {v6, 16, std::uint8_t{6}}}) {
    nlattr* const found = attributes[static_cast<std::size_t>(attribute)];
    if (found == nullptr || nla_len(found) < octets) continue;
    endpoint.address.family = family;
    std::memcpy(endpoint.address.octets.data(), nla_data(found), static_cast<std::size_t>(octets));
  }
  return endpoint;
}

KernelTunnelReport tunnel_in(const Attributes& attributes) {
  return {.tunnel = number_in<std::uint32_t>(attributes, L2TP_ATTR_CONN_ID),
          .peer_tunnel = number_in<std::uint32_t>(attributes, L2TP_ATTR_PEER_CONN_ID),
          .protocol_version = number_in<std::uint8_t>(attributes, L2TP_ATTR_PROTO_VERSION),
          .path = {.local = endpoint_in(attributes, L2TP_ATTR_IP_SADDR, L2TP_ATTR_IP6_SADDR, L2TP_ATTR_UDP_SPORT),
                   .peer = endpoint_in(attributes, L2TP_ATTR_IP_DADDR, L2TP_ATTR_IP6_DADDR, L2TP_ATTR_UDP_DPORT)},
          .statistics = statistics_in(attributes)};
}

KernelSessionReport session_in(const Attributes& attributes) {
  nlattr* const interface_name = attributes[L2TP_ATTR_IFNAME];
  return {.tunnel = number_in<std::uint32_t>(attributes, L2TP_ATTR_CONN_ID),
          .session = number_in<std::uint32_t>(attributes, L2TP_ATTR_SESSION_ID),
          .peer_session = number_in<std::uint32_t>(attributes, L2TP_ATTR_PEER_SESSION_ID),
          .send_sequence = number_in<std::uint8_t>(attributes, L2TP_ATTR_SEND_SEQ) != 0,
          .receive_sequence = number_in<std::uint8_t>(attributes, L2TP_ATTR_RECV_SEQ) != 0,
          .lns = number_in<std::uint8_t>(attributes, L2TP_ATTR_LNS_MODE) != 0,
          .reorder_timeout_ms = number_in<std::uint64_t>(attributes, L2TP_ATTR_RECV_TIMEOUT),
          .interface_name = interface_name != nullptr ? std::string(nla_get_string(interface_name)) : std::string(),
          .statistics = statistics_in(attributes)};
}

} // namespace

void KernelL2tp::SocketDeleter::operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }

/// One message to the kernel and what comes back: an acknowledgement, or the attributes of each answer.
class KernelL2tp::Request {
 public:
  Request(KernelL2tp& owner, std::uint8_t command, int flags, KernelError error)
      : owner_(owner), message_(nlmsg_alloc()), error_(error) {
    if (message_ == nullptr || genlmsg_put(message_.get(), NL_AUTO_PORT, NL_AUTO_SEQ, owner.family_, 0, flags, command,
                                           L2TP_GENL_VERSION) == nullptr) {
      error_.error = ENOMEM;
    }
  }

  template <class Number>
  Request& put(int attribute, Number value) {
    if (error_.error == 0 && nla_put(message_.get(), attribute, sizeof value, &value) < 0) error_.error = ENOMEM;
    return *this;
  }

  /// @param each  called with the Attributes of every answer.
  template <class Each>
  KernelResult<void> send(Each each) {
    if (owner_.family_ <= 0) error_.error = EOPNOTSUPP;
    if (error_.error != 0) return tl::unexpected(error_);
    Socket socket = owner_.take_socket();
    if (socket == nullptr) {
      error_.error = errno != 0 ? errno : ENOBUFS;
      return tl::unexpected(error_);
    }
    State<Each> state{std::move(each)};
    nl_cb* const callbacks = nl_cb_alloc(NL_CB_DEFAULT);
    if (callbacks == nullptr || nl_send_auto(socket.get(), message_.get()) < 0) {
      nl_cb_put(callbacks);
      error_.error = ENOBUFS;
      return tl::unexpected(error_);
    }
    nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, &State<Each>::on_answer, &state);
    nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, &State<Each>::on_end, &state);
    nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, &State<Each>::on_end, &state);
    nl_cb_err(callbacks, NL_CB_CUSTOM, &State<Each>::on_error, &state);
    int received = 0;
    while (!state.ended && received >= 0)
      received = nl_recvmsgs(socket.get(), callbacks);
    nl_cb_put(callbacks);
    if (state.ended) {
      owner_.give_back(std::move(socket));
    } else {
      state.error = EIO; // and the socket goes, since nobody knows what is still in it
    }
    if (state.error == 0) return {};
    error_.error = state.error;
    return tl::unexpected(error_);
  }
  KernelResult<void> send() {
    return send([](const Attributes&) {});
  }

 private:
  template <class Each>
  struct State {
    Each each;
    int error = 0;
    bool ended = false;

    static int on_answer(nl_msg* message, void* self) {
      Attributes attributes{};
      if (genlmsg_parse(nlmsg_hdr(message), 0, attributes.data(), L2TP_ATTR_MAX, nullptr) == 0)
        static_cast<State*>(self)->each(attributes);
      return NL_OK;
    }
    static int on_end(nl_msg*, void* self) {
      static_cast<State*>(self)->ended = true;
      return NL_STOP;
    }
    static int on_error(sockaddr_nl*, nlmsgerr* error, void* self) {
      static_cast<State*>(self)->error = -error->error;
      static_cast<State*>(self)->ended = true;
      return NL_STOP;
    }
  };

  KernelL2tp& owner_;
  MessagePointer message_;
  KernelError error_;
};

KernelL2tp::KernelL2tp(bool legacy, KernelJournal* journal, KernelPorts* ports) : journal_(journal), ports_(ports) {
  if (legacy) return;
  if (Socket socket = take_socket()) {
    family_ = genl_ctrl_resolve(socket.get(), L2TP_GENL_NAME); // makes the kernel load the module
    give_back(std::move(socket));
  }
}

KernelL2tp::~KernelL2tp() = default;

KernelL2tp::Socket KernelL2tp::take_socket() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      Socket socket = std::move(idle_.back());
      idle_.pop_back();
      return socket;
    }
  }
  errno = 0;
  Socket socket(nl_socket_alloc());
  if (socket == nullptr || genl_connect(socket.get()) < 0) return nullptr;
  return socket;
}

void KernelL2tp::give_back(Socket socket) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(socket));
}

KernelResult<void> KernelL2tp::create_tunnel(const KernelTunnel& tunnel, int udp) {
  if (journal_ != nullptr) journal_->add(tunnel, {bound_to(udp, tunnel.route.path.local), tunnel.route.path.peer});
  auto created =
      Request(*this, L2TP_CMD_TUNNEL_CREATE, NLM_F_ACK, {KernelOperation::create_tunnel, 0, tunnel.tunnel.value, 0})
          .put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.tunnel.value)
          .put<std::uint32_t>(L2TP_ATTR_PEER_CONN_ID, tunnel.peer_tunnel.value)
          .put<std::uint8_t>(L2TP_ATTR_PROTO_VERSION, 2)
          .put<std::uint16_t>(L2TP_ATTR_ENCAP_TYPE, L2TP_ENCAPTYPE_UDP)
          .put<std::uint32_t>(L2TP_ATTR_FD, static_cast<std::uint32_t>(udp))
          .send();
  if (journal_ != nullptr && !created) journal_->remove(tunnel.tunnel);
  return created;
}

KernelResult<void> KernelL2tp::delete_tunnel(protocol::TunnelId tunnel) {
  auto deleted = Request(*this, L2TP_CMD_TUNNEL_DELETE, NLM_F_ACK, {KernelOperation::delete_tunnel, 0, tunnel.value, 0})
                     .put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.value)
                     .send();
  if (journal_ != nullptr && (deleted || deleted.error().error == ENODEV)) journal_->remove(tunnel);
  return deleted;
}

KernelResult<void> KernelL2tp::create_session(protocol::TunnelId tunnel, const KernelSession& session) {
  Request request(*this, L2TP_CMD_SESSION_CREATE, NLM_F_ACK,
                  {KernelOperation::create_session, 0, tunnel.value, session.session.value});
  request.put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.value)
      .put<std::uint32_t>(L2TP_ATTR_SESSION_ID, session.session.value)
      .put<std::uint32_t>(L2TP_ATTR_PEER_SESSION_ID, session.peer_session.value)
      .put<std::uint16_t>(L2TP_ATTR_PW_TYPE, L2TP_PWTYPE_PPP)
      .put<std::uint8_t>(L2TP_ATTR_SEND_SEQ, session.send_sequence)
      .put<std::uint8_t>(L2TP_ATTR_RECV_SEQ, session.receive_sequence)
      .put<std::uint8_t>(L2TP_ATTR_LNS_MODE, session.lns)
      .put<std::uint64_t>(L2TP_ATTR_RECV_TIMEOUT, static_cast<std::uint64_t>(session.reorder_timeout.count()));
  return request.send();
}

KernelResult<void> KernelL2tp::delete_session(protocol::TunnelId tunnel, protocol::SessionId session) {
  return Request(*this, L2TP_CMD_SESSION_DELETE, NLM_F_ACK,
                 {KernelOperation::delete_session, 0, tunnel.value, session.value})
      .put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.value)
      .put<std::uint32_t>(L2TP_ATTR_SESSION_ID, session.value)
      .send();
}

KernelResult<void> KernelL2tp::modify_session(protocol::TunnelId tunnel, protocol::SessionId session,
                                              const KernelSessionChange& change) {
  return Request(*this, L2TP_CMD_SESSION_MODIFY, NLM_F_ACK,
                 {KernelOperation::set_session_option, 0, tunnel.value, session.value})
      .put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.value)
      .put<std::uint32_t>(L2TP_ATTR_SESSION_ID, session.value)
      .put<std::uint8_t>(L2TP_ATTR_SEND_SEQ, change.send_sequence)
      .put<std::uint8_t>(L2TP_ATTR_RECV_SEQ, change.receive_sequence)
      .put<std::uint64_t>(L2TP_ATTR_RECV_TIMEOUT, static_cast<std::uint64_t>(change.reorder_timeout.count()))
      .send();
}

KernelResult<KernelSessionReport> KernelL2tp::find_session(protocol::TunnelId tunnel, protocol::SessionId session) {
  KernelSessionReport report;
  const auto sent =
      Request(*this, L2TP_CMD_SESSION_GET, NLM_F_ACK, {KernelOperation::list_objects, 0, tunnel.value, session.value})
          .put<std::uint32_t>(L2TP_ATTR_CONN_ID, tunnel.value)
          .put<std::uint32_t>(L2TP_ATTR_SESSION_ID, session.value)
          .send([&report](const Attributes& attributes) { report = session_in(attributes); });
  if (!sent) return tl::unexpected(sent.error());
  return report;
}

KernelResult<std::vector<KernelTunnelReport>> KernelL2tp::list_tunnels() {
  std::vector<KernelTunnelReport> reports;
  const auto sent = Request(*this, L2TP_CMD_TUNNEL_GET, NLM_F_DUMP, {KernelOperation::list_objects, 0, 0, 0})
                        .send([&reports](const Attributes& attributes) { reports.push_back(tunnel_in(attributes)); });
  if (!sent) return tl::unexpected(sent.error());
  return reports;
}

KernelResult<std::vector<KernelSessionReport>> KernelL2tp::list_sessions() {
  std::vector<KernelSessionReport> reports;
  const auto sent = Request(*this, L2TP_CMD_SESSION_GET, NLM_F_DUMP, {KernelOperation::list_objects, 0, 0, 0})
                        .send([&reports](const Attributes& attributes) {
                          KernelSessionReport report = session_in(attributes);
                          if (report.session != 0)
                            reports.push_back(std::move(report)); // 0 is a tunnel's management socket
                        });
  if (!sent) return tl::unexpected(sent.error());
  return reports;
}

} // namespace openl2tp::runtime
