#include "plugins/ppp_kernel/kernel_path.hpp"
#include "plugins/descriptors.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace openl2tp::ppp_kernel {

namespace {

/// The kernel's limit for a frame that it hands up is that of the peer's datagram; what is larger than this is no frame
/// of a control protocol.
constexpr std::size_t frame_max = 4'096;
/// Protocols from here on belong to the link, those below to a network.
constexpr unsigned link_protocols = 0xC000;

unsigned protocol_of(ppp::Octets frame) noexcept {
  return frame.size() < 2 ? link_protocols
                          : std::to_integer<unsigned>(frame[0]) << 8 | std::to_integer<unsigned>(frame[1]);
}

/// A Configure-Request of LCP.
bool is_first_word(ppp::Octets frame) noexcept {
  return frame.size() > 2 && protocol_of(frame) == 0xC021 && frame[2] == std::byte{1};
}

} // namespace

/// One session's. A line has one step at a time: what is wanted meanwhile is compared with what is there when the step
/// is done.
class KernelPath final : public DataPath {
 public:
  KernelPath(KernelPaths& paths, PathUser& user, Descriptor socket, std::string_view interface_name, bool dials_out);
  ~KernelPath() override;

  std::string up(const NetworkPlan& plan) override;
  void down(ppp::Network network) override;
  /// A packet that came this way came before its network passed in the kernel: as good as lost on the line.
  bool deliver(ppp::Network, ppp::Octets) override { return false; }
  bool carries_link() const noexcept override { return true; }
  void send(ppp::Octets frame) override;
  std::optional<ppp::Duration> idle() const override;
  std::optional<std::uint32_t> unit() const noexcept override;

 private:
  /// Present while the path is: callbacks that come later find it gone.
  struct Stay {
    KernelPath* path;
  };
  enum class Phase : std::uint8_t { attaching, attached, lost };
  struct Net {
    bool wanted = false, there = false, told = false;
    NetworkPlan plan;  // that is wanted
    NetworkPlan added; // that is there
  };
  struct Watched {
    KernelPath* path;
    bool is_unit;
    openl2tp_watch* watch = nullptr;
  };

  [[nodiscard]] Net& net(ppp::Network network) noexcept { return nets_[network == ppp::Network::ipv4 ? 0 : 1]; }
  void take_step(Step::Kind kind, const NetworkPlan& plan = {});
  void handle_done(Step::Kind kind, const NetworkPlan& plan, const std::string& fault);
  void handle_attached(const std::string& fault);
  void advance();
  void advance_later();
  void pass(Net& net);
  void fail(Net& net, const std::string& fault);
  void lose(const std::string& fault);
  [[nodiscard]] bool watch(Watched& watched, int fd);
  void read(Watched& watched);
  void hear(ppp::Octets frame);

  KernelPaths& paths_;
  PathUser& user_;
  bool dials_out_;
  bool busy_ = false; // a worker has the line
  Phase phase_ = Phase::attaching;
  bool heard_ = false;          // the peer said something
  std::vector<std::byte> said_; // our Configure-Request before that
  std::shared_ptr<Line> line_;
  std::shared_ptr<Stay> stay_;
  Watched channel_{this, false}, unit_{this, true};
  std::array<Net, 2> nets_;
};

KernelPath::KernelPath(KernelPaths& paths, PathUser& user, Descriptor socket, std::string_view interface_name,
                       bool dials_out)
    : paths_(paths), user_(user), dials_out_(dials_out), line_(std::make_shared<Line>()),
      stay_(std::make_shared<Stay>(Stay{this})) {
  line_->socket = std::move(socket);
  line_->unit->name = interface_name;
  take_step(Step::Kind::attach);
}

KernelPath::~KernelPath() {
  stay_.reset();
  detail::guarded("retiring threw", [&] { paths_.retire(line_, channel_.watch, unit_.watch, busy_); });
}

// ---- networks, as they are wanted

std::string KernelPath::up(const NetworkPlan& plan) {
  const bool v4 = plan.network == ppp::Network::ipv4;
  Net& net = this->net(plan.network);
  down(plan.network);
  if (v4 && plan.local_address.empty()) return "we have no address";
  if (v4 && !dials_out_ && plan.peer_address.empty()) return "the peer has no address";
  net.wanted = true;
  net.told = false;
  net.plan = plan;
  net.plan.default_route = plan.default_route && dials_out_;
  advance();
  return {};
}

void KernelPath::down(ppp::Network network) {
  Net& net = this->net(network);
  if (!net.wanted) return;
  net.wanted = false;
  net.plan.address.reset(); // the line keeps it where the kernel has it
  // Nothing passes from now on. The addresses go when there is time for it: mostly the session ends, and takes them.
  if (net.there) static_cast<void>(paths_.kernel_.let_pass(*line_, network, false));
  advance_later();
}

// ---- step by step

void KernelPath::take_step(Step::Kind kind, const NetworkPlan& plan) {
  busy_ = true;
  if (kind == Step::Kind::add_network && plan.address != nullptr) line_->address = plan.address;
  StepQueue& queue = kind == Step::Kind::attach ? paths_.attaching_ : paths_.changing_;
  queue.put({.kind = kind,
             .line = line_,
             .plan = plan,
             .done = [paths = &paths_, line = line_, stay = std::weak_ptr<Stay>(stay_), kind,
                      plan](const std::string& fault) {
               if (const auto mine = stay.lock())
                 mine->path->handle_done(kind, plan, fault);
               else
                 paths->let_go(*line, true);
             }});
}

void KernelPath::handle_done(Step::Kind kind, const NetworkPlan& plan, const std::string& fault) {
  busy_ = false;
  Net& net = this->net(plan.network);
  switch (kind) {
  case Step::Kind::attach: return handle_attached(fault);
  case Step::Kind::make_unit:
    if (!fault.empty()) return lose(fault);
    if (!watch(unit_, line_->unit->fd.get())) return lose("the interface cannot be watched");
    break;
  case Step::Kind::add_network:
    net.there = true; // also a part of it
    net.added = plan;
    if (!fault.empty()) {
      fail(net, fault);
      break;
    }
    if (const std::string remark = std::exchange(line_->remark, {}); !remark.empty()) user_.handle_path_remark(remark);
    if (net.wanted && !net.told) pass(net);
    break;
  case Step::Kind::remove_network:
    net.there = false;
    net.added = {};
    if (plan.network == ppp::Network::ipv4) line_->address.reset();
    break;
  case Step::Kind::remove: break;
  }
  advance();
}

void KernelPath::handle_attached(const std::string& fault) {
  if (!fault.empty()) return lose(fault);
  if (!watch(channel_, line_->channel.get())) return lose("the session cannot be watched");
  phase_ = Phase::attached;
  const std::weak_ptr<Stay> stay = stay_;
  user_.handle_link_ready();
  for (const auto& frame : std::exchange(line_->early, {})) {
    if (stay.expired() || phase_ != Phase::attached) return;
    hear(frame);
  }
}

/// Not from inside a call of the user's, who may be about to end the session.
void KernelPath::advance_later() {
  if (busy_ || phase_ != Phase::attached) return;
  auto* call = new std::weak_ptr<Stay>(stay_);
  const auto run = [](void* user) noexcept {
    const std::unique_ptr<std::weak_ptr<Stay>> mine(static_cast<std::weak_ptr<Stay>*>(user));
    if (const auto stay = mine->lock()) detail::guarded("a data path threw", [&] { stay->path->advance(); });
  };
  if (paths_.host_.ops().run_on_shard(paths_.loop_, run, call) == OPENL2TP_OK) return;
  delete call; // the loop ends
}

/// The next step towards what is wanted.
void KernelPath::advance() {
  if (busy_ || phase_ != Phase::attached) return;
  for (Net& net : nets_) {
    if (net.there && (!net.wanted || !net.told)) return take_step(Step::Kind::remove_network, net.added);
    if (!net.wanted || net.there) continue;
    if (!line_->has_unit()) {
      line_->unit->mtu = net.plan.mtu;
      return take_step(Step::Kind::make_unit, net.plan);
    }
    return take_step(Step::Kind::add_network, net.plan);
  }
}

void KernelPath::pass(Net& net) {
  const ppp::Network network = net.plan.network;
  if (const std::string fault = paths_.kernel_.let_pass(*line_, network, true); !fault.empty()) return fail(net, fault);
  net.told = true;
  user_.handle_path_up(network, line_->unit->name);
}

void KernelPath::fail(Net& net, const std::string& fault) {
  if (!net.wanted) return;
  net.wanted = false;
  net.plan.address.reset();
  user_.handle_path_failed(net.plan.network, fault);
}

void KernelPath::lose(const std::string& fault) {
  if (std::exchange(phase_, Phase::lost) != Phase::lost) user_.handle_link_lost(fault);
}

// ---- frames

bool KernelPath::watch(Watched& watched, int fd) {
  const auto on_ready = [](void* user, std::uint32_t) noexcept {
    auto& mine = *static_cast<Watched*>(user);
    detail::guarded("a frame threw", [&] { mine.path->read(mine); });
  };
  const auto status =
      paths_.host_.ops().watch_start(paths_.loop_, &watched.watch, fd, OPENL2TP_WATCH_READ, on_ready, &watched);
  if (status != OPENL2TP_OK) watched.watch = nullptr;
  return status == OPENL2TP_OK;
}

void KernelPath::read(Watched& watched) {
  const std::weak_ptr<Stay> stay = stay_;
  const int fd = watched.is_unit ? line_->unit->fd.get() : line_->channel.get();
  for (int i = 0; i < KernelPaths::frames_a_turn; ++i) {
    if (phase_ != Phase::attached || watched.watch == nullptr) return;
    const ssize_t got = ::read(fd, paths_.buffer_.data(), paths_.buffer_.size());
    if (got < 0 && (errno == EINTR || errno == EOVERFLOW)) continue; // the latter: too long for a control protocol
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lose(watched.is_unit ? "the interface was taken away" : "the kernel's session was taken away");
    hear(ppp::Octets(paths_.buffer_).first(static_cast<std::size_t>(got)));
    if (stay.expired()) return;
  }
  // More than its share: others first.
  struct Rest {
    std::weak_ptr<Stay> stay;
    bool is_unit;
  };
  auto* rest = new Rest{stay_, watched.is_unit};
  const auto call = [](void* user) noexcept {
    const std::unique_ptr<Rest> mine(static_cast<Rest*>(user));
    if (const auto alive = mine->stay.lock())
      detail::guarded("a frame threw", [&] {
        KernelPath& path = *alive->path;
        path.read(mine->is_unit ? path.unit_ : path.channel_);
      });
  };
  if (paths_.host_.ops().run_on_shard(paths_.loop_, call, rest) != OPENL2TP_OK) delete rest; // the loop ends
}

/// Who is up first may have asked before the other end had its session in the kernel, and would ask again after the
/// Restart timer's 3 s. A peer that begins with a request of its own may not have heard ours: it is said again, in
/// front of all answers, where a second one does no harm.
void KernelPath::hear(ppp::Octets frame) {
  if (!std::exchange(heard_, true)) {
    const auto said = std::exchange(said_, {});
    if (!said.empty() && is_first_word(frame)) send(said);
  }
  user_.handle_link_frame(frame);
}

void KernelPath::send(ppp::Octets frame) {
  if (phase_ != Phase::attached) return;
  if (!heard_ && is_first_word(frame)) said_.assign(frame.begin(), frame.end());
  // A worker that makes the unit writes it: until that is done there is the channel, which takes every protocol.
  const bool by_unit = protocol_of(frame) < link_protocols && unit_.watch != nullptr;
  const int fd = by_unit ? line_->unit->fd.get() : line_->channel.get();
  static_cast<void>(!::write(fd, frame.data(), frame.size()));
}

std::optional<ppp::Duration> KernelPath::idle() const {
  if (unit_.watch == nullptr) return std::nullopt;
  return paths_.kernel_.idle(*line_);
}

std::optional<std::uint32_t> KernelPath::unit() const noexcept {
  if (unit_.watch == nullptr) return std::nullopt;
  return line_->number;
}

// ---- all of them

KernelPaths::KernelPaths(Host host, openl2tp_loop* loop, KernelPpp& kernel)
    : host_(host), loop_(loop), kernel_(kernel), attaching_(host, loop, kernel, attaching),
      changing_(host, loop, kernel, changing), removing_(host, loop, kernel, removing), buffer_(frame_max) {}

KernelPaths::~KernelPaths() {
  // The shard has ended: no worker takes anything more, and the loop lets go of descriptors by itself.
  std::vector<std::shared_ptr<Line>> left;
  for (StepQueue* queue : {&attaching_, &changing_, &removing_})
    for (Step& step : queue->take_waiting())
      left.push_back(std::move(step.line));
  for (const auto& [line, retiring] : retiring_)
    if (!retiring.at_work) left.push_back(retiring.line);
  if (!left.empty()) detail::guarded("removing threw", [&] { kernel_.remove(left); });
}

std::unique_ptr<DataPath> KernelPaths::make(PathUser& user, int session_fd, std::string_view interface_name,
                                            bool dials_out) {
  Descriptor socket(fcntl(session_fd, F_DUPFD_CLOEXEC, 3));
  const bool reserved = plugins::is_reserved(socket.get());
  if (socket.get() < 0 || reserved)
    throw std::runtime_error("the session's socket: " + plugins::error_text(reserved ? EMFILE : errno));
  return std::make_unique<KernelPath>(*this, user, std::move(socket), interface_name, dials_out);
}

/// Closing waits: on a worker, once everybody has let go of the line.
void KernelPaths::retire(const std::shared_ptr<Line>& line, openl2tp_watch* channel, openl2tp_watch* unit,
                         bool at_work) {
  Retiring& mine = retiring_.try_emplace(line.get(), Retiring{this, line, at_work, 1}).first->second;
  if (at_work) ++mine.holds;
  const auto stopped = [](void* user) noexcept {
    const auto& retiring = *static_cast<Retiring*>(user);
    detail::guarded("removing threw", [&] { retiring.paths->let_go(*retiring.line, false); });
  };
  for (openl2tp_watch* watch : {channel, unit})
    if (watch != nullptr) {
      ++mine.holds;
      host_.ops().watch_stop(watch, stopped, &mine);
    }
  let_go(*line, false); // our own hold
}

void KernelPaths::let_go(Line& line, bool by_worker) {
  const auto found = retiring_.find(&line);
  if (found == retiring_.end()) return;
  if (by_worker) found->second.at_work = false;
  if (--found->second.holds > 0) return;
  Step step{.kind = Step::Kind::remove, .line = std::move(found->second.line)};
  retiring_.erase(found);
  removing_.put(std::move(step));
}

} // namespace openl2tp::ppp_kernel
