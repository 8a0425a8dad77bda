// PPP of one session: a link of the engine, its data path, and what the daemon hears of both.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/data_path.hpp"
#include "plugins/ppp_kernel/deadlines.hpp"
#include "plugins/ppp_kernel/pools.hpp"
#include "plugins/ppp_kernel/proxy_copy.hpp"
#include "plugins/ppp_kernel/script_notes.hpp"
#include "plugins/ppp_kernel/session_terms.hpp"
#include "plugins/ppp_kernel/shard.hpp"

namespace openl2tp::ppp_kernel {

/// From openl2tp_ppp_ops.open to close. All calls on the shard's thread. Does not move.
class Session final : public Waiting, private PathUser {
 public:
  /// The kernel's where the daemon has it, unless the environment wants TUN devices.
  static const std::span<const std::uint32_t> data_paths;

  /// TUN devices for the profiles that the configuration says so of.
  [[nodiscard]] static std::uint32_t data_path(Shard& shard, const openl2tp_ppp_params& params);

  /// Starts PPP. Throws what makes `open` fail, and then has left nothing.
  Session(Shard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // openl2tp_ppp_ops
  void frame(std::span<const std::uint8_t> frame);
  void closing(std::uint16_t result_code);
  void modify(const openl2tp_ppp_params& params);
  bool stats(openl2tp_ppp_stats& out) const;

  void handle_timeout();
  /// What another session, or the end of one, means for this one.
  void handle_told(Door::Message message);
  [[nodiscard]] openl2tp_session_token token() const noexcept override { return token_; }
  [[nodiscard]] const ppp::Link& link() const noexcept { return link_; }

 private:
  // PathUser
  void handle_path_up(ppp::Network network, std::string_view interface_name) override;
  void handle_path_failed(ppp::Network network, const std::string& fault) override;
  void handle_path_remark(const std::string& remark) override { warn(remark); }
  [[nodiscard]] ppp::FrameHeader handle_outgoing(ppp::Network network, std::size_t size) override;
  void handle_link_ready() override;
  void handle_link_frame(ppp::Octets frame) override;
  void handle_link_lost(const std::string& fault) override;

  [[nodiscard]] bool& carries(ppp::Network network) noexcept {
    return network == ppp::Network::ipv4 ? carries_ipv4_ : carries_ipv6_;
  }
  /// The link's frames have a way: it starts, once it is known what we can prove.
  void begin();
  void start();
  [[nodiscard]] ppp::SecretRequest secret_request(ppp::AuthMethod method, std::string_view server) const noexcept;
  /// Takes the methods out of the offer for which there is no secret.
  void limit_offer();
  /// Our name towards the peer; it is the operator's to say, never the peer's.
  [[nodiscard]] const std::string& own_name() const noexcept {
    return terms_->link.called || own_.name.empty() ? terms_->link.local_name : own_.name;
  }
  /// Does what the link wants, until it wants nothing more.
  void settle();
  void send_frames();
  void handle(const ppp::Action& action);
  void handle_network(ppp::Network network, bool up);
  void ask_verdict(const ppp::NeedVerdict& question);
  void handle_verdict(std::uint32_t request, ppp::AuthMethod method, const ppp::Verdict& verdict);
  void ask_secret(const ppp::NeedSecret& question);
  /// Why nobody could be authenticated, where no verdict has said so.
  void explain(ppp::EndReason reason);
  void ask_address();
  void take_address();
  void bring_up(ppp::Network network);
  /// Why these addresses would make the tunnel carry itself, or cannot be; empty: they can.
  [[nodiscard]] std::string unusable(ppp::Network network, const ppp::LinkFacts& facts) const;
  /// Tells the operator once what callers of this profile miss.
  void warn_of_profile(const std::string& profile) const;
  /// Makes the caller's address nobody else's. @return false: it is not, or has to be waited for
  [[nodiscard]] bool hold_address(ppp::Ipv4 address);
  [[nodiscard]] Pools::Caller caller() const;
  void wait_for_address();
  void keep_address(Pools::Holding&& holding);
  /// For others, once the kernel has nothing of it any more.
  void let_address_go() noexcept;
  void handle_replaced();
  void take_all_down();
  void wake();
  void run_up_script(ppp::Network network, std::string_view interface_name);
  /// Once for each network whose "up" was run.
  void run_down_script(ppp::Network network);
  void run_script(ScriptKind kind, const ScriptNotes::Up& up, ppp::TimePoint now);
  void report_up(std::string_view interface_name);
  void fail_network(ppp::Network network, const std::string& fault);
  void tell_phase();
  void trace(std::string_view what) const;
  void warn(const std::string& what) const;
  void warn_of_user(std::string_view user, const std::string& why, ppp::AuthMethod method) const;

  Shard& shard_;
  openl2tp_session_token token_;
  std::uint16_t tunnel_id_, session_id_;
  bool lns_, started_ = false, reported_ = false, finished_ = false, settling_ = false;
  std::uint32_t told_phase_ = 0; // OPENL2TP_PPP_PHASE_*
  struct Tunnel {                // its two ends
    ppp::Ipv4 local, peer;       // empty: of IPv6
    std::uint64_t peer_id = 0;   // the interface identifier of a link-local one
  } tunnel_;
  std::string peer_; // its address, for the log
  bool refusal_told_ = false;
  std::string fault_;    // of the data path: says more than the engine's reason
  ppp::Credentials own_; // the operator's for this session; wiped in the end
  std::shared_ptr<const SessionTerms> terms_;
  ppp::Link link_;
  std::unique_ptr<DataPath> path_;
  std::shared_ptr<Pools::Holding> address_;    // the caller's
  std::weak_ptr<Pools::Holding> left_address_; // ... that the kernel still has
  bool pooled_ = false;                        // from a pool: for as long as the session lasts
  enum class Awaited : std::uint8_t { nothing, from_pool, for_network };
  Awaited awaited_ = Awaited::nothing; // an address that is not free yet
  ppp::TimePoint wait_until_ = ppp::never;
  bool carries_ipv4_ = false, carries_ipv6_ = false; // the data path has that network up
  bool told_ipv4_ = false;                           // the daemon heard our addresses
  std::unique_ptr<ProxyCopy> proxy_;                 // until the link begins
  std::vector<std::vector<std::uint8_t>> early_;     // frames that came before that
  std::unique_ptr<ScriptNotes> scripts_;             // where there are any
  std::uint64_t received_packets_ = 0, received_octets_ = 0, received_errors_ = 0;
  std::uint64_t sent_packets_ = 0, sent_octets_ = 0, sent_errors_ = 0;
  ppp::TimePoint last_data_;
};

} // namespace openl2tp::ppp_kernel
