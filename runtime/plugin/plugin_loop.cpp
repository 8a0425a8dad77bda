#include "runtime/plugin/plugin_loop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "runtime/plugin/door.hpp"

namespace openl2tp::runtime {

namespace {

constexpr std::chrono::milliseconds left_child_grace{3000};
constexpr protocol::Duration longest_timer{std::chrono::hours(24) * 365 * 100};
static_assert(start_octets_max - sizeof(StartRequest) == 65'440, "what spawn says in its complaint");
constexpr std::uint32_t timer_kind = 1, watch_kind = 2, child_kind = 3;

// The loops that were made by this thread and have not ended. A [shard] function called on another thread does not find
// its loop here, without touching anything that two threads share.
thread_local PluginLoop* loops_here = nullptr;

// Every loop that ever was, the last one first: to tell a pointer that is none, without a lock.
constinit std::atomic<PluginLoop*> last_made{nullptr};

// The same with their plugins, to tell a name when a function is called on the wrong thread.
struct Everywhere {
  std::mutex mutex;
  struct Entry {
    openl2tp_loop* loop; // never freed
    openl2tp_host* host; // null once it has ended
  };
  std::vector<Entry> loops; // by number
};
Everywhere& everywhere() {
  static Everywhere& all = *new Everywhere; // never destroyed: plugins' threads may come until the last moment
  return all;
}

openl2tp_status complain_elsewhere(Everywhere::Entry* entry, const char* function) {
  if (entry == nullptr) {
    complain_here(fmt::format("{} of what no loop gave out, or with what is no loop", function));
    return OPENL2TP_E_INVALID;
  }
  if (entry->host == nullptr) return OPENL2TP_E_BUSY; // it has ended
  const CallMark* mark = CallMark::known();
  if (mark != nullptr && mark->host() != nullptr && mark->host() != entry->host) {
    complain_here(fmt::format("{} with another plugin's loop, or with what that gave out", function));
    return OPENL2TP_E_INVALID;
  }
  entry->host->complain(fmt::format("{} called on a thread that is not its loop's: use run_on_shard", function));
  return OPENL2TP_E_WRONG_THREAD;
}

// Whether waiting for the descriptor means anything: a regular file, a directory or /dev/null is always ready, and a
// watch on it would never rest. epoll knows, and refuses them.
bool can_be_polled(int fd) noexcept {
  static const int epoll = ::epoll_create1(EPOLL_CLOEXEC); // of the process, for good
  if (fd < 0 || fd == epoll || ::fcntl(fd, F_GETFD) < 0) return false;
  if (epoll < 0) return true; // no descriptor is left to ask with
  epoll_event none{};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &none) == 0) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    return true;
  }
  return errno != EPERM; // EEXIST: another thread asks the same right now
}

std::uint32_t plugin_events(std::uint32_t events) noexcept {
  std::uint32_t told = 0;
  if ((events & (POLLIN | POLLRDHUP | POLLHUP | POLLERR)) != 0) told |= OPENL2TP_WATCH_READ;
  if ((events & (POLLOUT | POLLERR)) != 0) told |= OPENL2TP_WATCH_WRITE; // the call tells which error it is
  return told;
}

} // namespace

// ---- what a plugin has ----

struct PluginLoop::Call final : Message {
  Call(PluginLoop& o, Plain c, void* u) noexcept : owner(o), call(c), user(u) {}
  void deliver() noexcept override {
    PluginLoop& loop = owner;
    if (loop.state_ != State::ended) loop.call_plugin("a call of run_on_shard", call, user);
    discard();
  }
  void discard() noexcept override {
    PluginLoop& loop = owner;
    loop.calls_.fetch_sub(1);
    delete this;
    loop.changed();
  }
  PluginLoop& owner;
  Plain call;
  void* user;
};

struct PluginLoop::PluginWork final : Work {
  PluginWork(PluginLoop& o, Plain w, Plain d, void* u) noexcept : owner(o), work(w), finish(d), user(u) {}
  void run() noexcept override {
    threw = enter_plugin(owner.host_, "a work of run_on_worker", PluginThread::worker, [&] { work(user); }).threw;
  }
  void done() noexcept override {
    PluginLoop& loop = owner;
    --loop.works_;
    if (threw) ++loop.rules_broken_;
    const std::unique_ptr<PluginWork> self(this);
    if (loop.state_ != State::ended) loop.call_plugin("done of run_on_worker", finish, user);
    loop.changed();
  }
  PluginLoop& owner;
  Plain work, finish;
  void* user;
  bool threw = false;
};

struct PluginLoop::PluginTimer final : LoopTimer {
  PluginTimer(PluginLoop& o, Plain f, void* u) noexcept : owner(o), function(f), user(u) {}
  ~PluginTimer() { owner.loop_.cancel(*this); }
  PluginTimer(const PluginTimer&) = delete;
  PluginTimer& operator=(const PluginTimer&) = delete;
  void on_timer(protocol::TimePoint) noexcept override { owner.call_plugin("on_timer", function, user); }
  PluginLoop& owner;
  Plain function;
  void* user;
};

// The plugin is called from the run queue, not from the completions.
struct PluginLoop::PluginWatch final : FileWatch, private Runnable {
  PluginWatch(PluginLoop& o, int fd, std::uint32_t asked, Ready f, void* u)
      : FileWatch(o.loop_, fd,
                  ((asked & OPENL2TP_WATCH_READ) != 0 ? POLLIN | POLLRDHUP : 0U) |
                      ((asked & OPENL2TP_WATCH_WRITE) != 0 ? POLLOUT : 0U)),
        Runnable(&PluginWatch::run), owner(o), wanted(asked), function(f), user(u) {}

  void on_ready(std::uint32_t events, int error) noexcept override {
    noted |= error < 0 ? OPENL2TP_WATCH_ERROR : plugin_events(events) & wanted;
    if ((events & POLLHUP) != 0) noted |= OPENL2TP_WATCH_HANGUP;
    if (noted != 0 && !queued()) post(owner.loop_, *this);
  }
  static void run(Runnable& work) noexcept {
    auto& watch = static_cast<PluginWatch&>(work);
    const std::uint32_t events = std::exchange(watch.noted, 0);
    if (!watch.stopping) watch.owner.call_plugin("on_ready", watch.function, watch.user, events);
  }

  PluginLoop& owner;
  std::uint32_t wanted;
  Ready function;
  void* user;
  std::uint32_t noted = 0;
  bool stopping = false;
};

struct PluginLoop::PluginChild final : ChildOwner {
  PluginChild(PluginLoop& o, Exit f, void* u) noexcept : owner(o), function(f), user(u) {}
  void on_exit(ChildId, std::int32_t status) noexcept override {
    PluginLoop& loop = owner;
    const std::unique_ptr<PluginChild> self = loop.children_.remove(handle); // dead before the plugin hears of it
    loop.call_plugin("on_exit", function, user, status);
  }
  PluginLoop& owner;
  Exit function;
  void* user;
  ChildId id = 0;
  Handle handle;
};

// ---- the loop ----

PluginLoop::PluginLoop(PluginLoopParts parts, std::uint32_t number)
    : loop_(parts.loop), workers_(parts.workers), spawner_(parts.spawner), host_(parts.host), limits_(parts.limits),
      timers_(timer_kind, number, parts.limits.timers), watches_(watch_kind, number, parts.limits.watches),
      children_(child_kind, number, parts.limits.children), mailbox_(&parts.loop.mailbox()), scope_(parts.loop) {
  next_here_ = std::exchange(loops_here, this);
}

PluginLoop::~PluginLoop() = default;

openl2tp_loop& make_plugin_loop(PluginLoopParts parts) {
  Everywhere& all = everywhere();
  const std::scoped_lock lock(all.mutex);
  openl2tp_host& host = parts.host;
  // A number that comes around is that of a loop that ended 2^18 loops ago.
  const auto number = static_cast<std::uint32_t>(all.loops.size()) & ((std::uint32_t{1} << Handle::owner_bits) - 1);
  auto* const loop = new openl2tp_loop(std::move(parts), number);
  loop->made_before_ = last_made.load(std::memory_order_relaxed);
  last_made.store(loop, std::memory_order_release);
  all.loops.push_back({.loop = loop, .host = &host});
  return *loop;
}

PluginLoop* PluginLoop::here(openl2tp_loop* pointer, const char* function, openl2tp_status& fault) {
  for (PluginLoop* loop = loops_here; loop != nullptr; loop = loop->next_here_)
    if (loop == pointer && loop->is_callers()) return loop;
  Everywhere& all = everywhere();
  const std::scoped_lock lock(all.mutex);
  const auto found = std::ranges::find(all.loops, pointer, &Everywhere::Entry::loop);
  fault = complain_elsewhere(found == all.loops.end() ? nullptr : &*found, function);
  return nullptr;
}

PluginLoop* PluginLoop::owner_here(const void* handle, const char* function) {
  const std::uint32_t number = Handle::unpack(handle).owner;
  for (PluginLoop* loop = loops_here; loop != nullptr; loop = loop->next_here_)
    if (loop->timers_.owner() == number && loop->is_callers()) return loop;
  Everywhere& all = everywhere();
  const std::scoped_lock lock(all.mutex);
  const bool is_handle = Handle::unpack(handle).kind != 0 && number < all.loops.size();
  complain_elsewhere(is_handle ? &all.loops[number] : nullptr, function);
  return nullptr;
}

bool PluginLoop::is_callers() const noexcept {
  const CallMark* mark = CallMark::known();
  return mark == nullptr || mark->host() == nullptr || mark->host() == &host_;
}

template <class Function, class... Arguments>
void PluginLoop::call_plugin(const char* name, Function function, Arguments... arguments) {
  const PluginPassage passage = enter_plugin(host_, name, PluginThread::shard, [&] { function(arguments...); });
  rules_broken_ += passage.threw ? 1 : 0;
  slow_calls_ += passage.slow ? 1 : 0;
}

void PluginLoop::rule_broken(std::string_view what) {
  ++rules_broken_;
  host_.complain(what);
}

template <class T>
T* PluginLoop::find(HandleTable<T>& table, const void* handle, const char* function) {
  T* const found = table.find(Handle::unpack(handle));
  if (found == nullptr) rule_broken(fmt::format("{} of what does not exist (any more)", function));
  return found;
}

bool PluginLoop::takes_new(std::size_t there, std::size_t limit) {
  if (state_ == State::running && there < limit) return true;
  ++refused_;
  return false;
}

PluginLoopCounters PluginLoop::counters() const noexcept {
  return {.timers = timers_.size(),
          .watches = watches_.size() + ending_watches_,
          .children = children_.size(),
          .works = works_,
          .calls = calls_.load(),
          .refused = refused_,
          .rules_broken = rules_broken_,
          .slow_calls = slow_calls_};
}

// ---- calls and works ----

openl2tp_status PluginLoop::post_call(openl2tp_loop* pointer, Plain call, void* user) {
  PluginLoop* loop = last_made.load(std::memory_order_acquire);
  while (loop != nullptr && loop != pointer)
    loop = loop->made_before_;
  if (loop == nullptr) {
    complain_here("run_on_shard with what is no loop");
    return OPENL2TP_E_INVALID;
  }
  if (call != nullptr) return loop->run_on_shard(call, user);
  Everywhere& all = everywhere();
  const std::scoped_lock lock(all.mutex);
  const auto found = std::ranges::find(all.loops, pointer, &Everywhere::Entry::loop);
  if (found != all.loops.end() && found->host != nullptr) found->host->complain("run_on_shard without a function");
  return OPENL2TP_E_INVALID;
}

openl2tp_status PluginLoop::run_on_shard(Plain call, void* user) {
  posting_.fetch_add(1); // before the look: who ends the loop waits for those who may have seen its mailbox
  Mailbox* const mailbox = mailbox_.load();
  openl2tp_status status = OPENL2TP_E_BUSY;
  if (mailbox != nullptr) {
    if (calls_.fetch_add(1) < limits_.calls) {
      auto* const message = new Call(*this, call, user);
      if (mailbox->send(*message)) {
        status = OPENL2TP_OK;
      } else {
        delete message;
      }
    }
    if (status != OPENL2TP_OK) calls_.fetch_sub(1);
  }
  posting_.fetch_sub(1);
  return status;
}

openl2tp_status PluginLoop::run_on_worker(Plain work, Plain done, void* user) {
  if (work == nullptr || done == nullptr) {
    rule_broken("run_on_worker without work or done");
    return OPENL2TP_E_INVALID;
  }
  if (!takes_new(0, 1)) return OPENL2TP_E_BUSY;
  auto* const node = new PluginWork(*this, work, done, user); // done() deletes it
  if (!workers_.submit(*node)) {
    delete node;
    ++refused_;
    return OPENL2TP_E_BUSY;
  }
  ++works_;
  return OPENL2TP_OK;
}

// ---- timers ----

openl2tp_status PluginLoop::make_timer(openl2tp_timer** out, Plain on_timer, void* user) {
  if (out == nullptr || on_timer == nullptr) {
    rule_broken("timer_make without out or on_timer");
    return OPENL2TP_E_INVALID;
  }
  if (!takes_new(timers_.size(), limits_.timers)) return OPENL2TP_E_BUSY;
  *out = timers_.add(std::make_unique<PluginTimer>(*this, on_timer, user)).pack<openl2tp_timer>();
  return OPENL2TP_OK;
}

void PluginLoop::arm_timer(openl2tp_timer* timer, std::uint64_t after_ms) {
  PluginTimer* const found = find(timers_, timer, "timer_arm");
  if (found == nullptr) return;
  const auto most = static_cast<std::uint64_t>(longest_timer.count());
  // From now, not from when the turn began: that may have been long.
  loop_.arm(*found, loop_.ring().now() + protocol::Duration(std::min(after_ms, most)));
}

void PluginLoop::cancel_timer(openl2tp_timer* timer) {
  if (PluginTimer* const found = find(timers_, timer, "timer_cancel")) loop_.cancel(*found);
}

void PluginLoop::free_timer(openl2tp_timer* timer) {
  if (find(timers_, timer, "timer_free") != nullptr) timers_.remove(Handle::unpack(timer)).reset();
}

// ---- watches ----

openl2tp_status PluginLoop::start_watch(openl2tp_watch** out, int fd, std::uint32_t events, Ready on_ready,
                                        void* user) {
  if (out == nullptr || on_ready == nullptr) {
    rule_broken("watch_start without out or on_ready");
    return OPENL2TP_E_INVALID;
  }
  if (events == 0 || (events & ~(OPENL2TP_WATCH_READ | OPENL2TP_WATCH_WRITE)) != 0 || !can_be_polled(fd)) {
    rule_broken(fmt::format("watch_start of descriptor {} for events 0x{:x}: it must be open and of a kind that can be "
                            "polled (a file is always ready), and the events READ, WRITE or both",
                            fd, events));
    return OPENL2TP_E_INVALID;
  }
  if (!takes_new(watches_.size() + ending_watches_, limits_.watches)) return OPENL2TP_E_BUSY;
  auto watch = std::make_unique<PluginWatch>(*this, fd, events, on_ready, user);
  watch->start();
  *out = watches_.add(std::move(watch)).pack<openl2tp_watch>();
  return OPENL2TP_OK;
}

void PluginLoop::stop_watch(openl2tp_watch* watch, Plain stopped, void* user) {
  if (find(watches_, watch, "watch_stop") == nullptr) return;
  std::unique_ptr<PluginWatch> ending = watches_.remove(Handle::unpack(watch));
  ending->stopping = true;
  ending->close();
  ++ending_watches_;
  scope_.spawn(finish_watch(std::move(ending), stopped, user));
}

Task<void> PluginLoop::finish_watch(std::unique_ptr<PluginWatch> watch, Plain stopped, void* user) {
  co_await watch->closed().wait(); // nobody stops the scope
  watch.reset();
  --ending_watches_;
  if (stopped != nullptr && state_ != State::ended) call_plugin("stopped of watch_stop", stopped, user);
  changed();
}

// ---- children ----

openl2tp_status PluginLoop::spawn(openl2tp_child** out, const openl2tp_spawn_params* params, Exit on_exit, void* user) {
  const auto invalid = [&](const char* why) {
    rule_broken(fmt::format("spawn: {}", why));
    return OPENL2TP_E_INVALID;
  };
  constexpr std::uint32_t size_min = offsetof(openl2tp_spawn_params, fd_count) + sizeof(std::size_t);
  if (out == nullptr || params == nullptr || on_exit == nullptr) return invalid("out, params and on_exit are required");
  if (params->struct_size < size_min) return invalid("struct_size is too small");
  if (params->flags != 0) return invalid("flags must be zero");
  if (params->path == nullptr || params->arguments == nullptr) return invalid("path and arguments are required");
  if (params->fd_count > child_fds_max || (params->fd_count != 0 && params->fds == nullptr))
    return invalid("at most 16 descriptors");
  if (!takes_new(children_.size(), limits_.children)) return OPENL2TP_E_BUSY;
  if (spawner_ == nullptr) {
    host_.complain("spawn: this daemon has no process that starts programs");
    return OPENL2TP_E_UNSUPPORTED;
  }

  const auto words = [](const char* const* list) {
    std::size_t count = 0;
    while (list != nullptr && count <= child_words_max && list[count] != nullptr)
      ++count;
    return std::span(list, count);
  };
  std::array<ChildFd, child_fds_max> fds{};
  for (std::size_t i = 0; i < params->fd_count; ++i)
    fds[i] = {.from = params->fds[i].from, .to = params->fds[i].to};
  const ChildStart start{.path = params->path,
                         .arguments = words(params->arguments),
                         .environment = words(params->environment),
                         .fds = {fds.data(), params->fd_count}};

  auto child = std::make_unique<PluginChild>(*this, on_exit, user);
  const auto id = spawner_->start(start, *child);
  if (!id) {
    switch (id.error()) {
    case StartRefused::invalid:
      return invalid("an absolute path, 1 to 255 arguments, at most 255 variables, 65,440 octets in all, and open "
                     "descriptors to different numbers from 0 to 63");
    case StartRefused::busy: ++refused_; return OPENL2TP_E_BUSY;
    case StartRefused::gone:
      host_.complain("spawn: the process that starts programs has ended");
      return OPENL2TP_E_FAILED;
    }
  }
  PluginChild& added = *child;
  added.id = *id;
  added.handle = children_.add(std::move(child));
  *out = added.handle.pack<openl2tp_child>();
  return OPENL2TP_OK;
}

void PluginLoop::signal_child(openl2tp_child* child, std::int32_t signal) {
  PluginChild* const found = find(children_, child, "child_signal");
  if (found == nullptr || spawner_->lost()) return;
  if (!spawner_->signal(found->id, signal))
    rule_broken(fmt::format("child_signal with {}: it is no signal, or too many wait to be sent", signal));
}

void PluginLoop::leave_child(openl2tp_child* child, std::uint32_t grace_ms) {
  if (find(children_, child, "child_leave") == nullptr) return;
  const std::unique_ptr<PluginChild> left = children_.remove(Handle::unpack(child));
  spawner_->leave(left->id, std::chrono::milliseconds(grace_ms));
}

// ---- the end ----

bool PluginLoop::quiet() const noexcept {
  // While calls are taken there may always be one more; they count when no more come.
  return works_ == 0 && ending_watches_ == 0 && (state_ == State::running || calls_.load() == 0);
}

void PluginLoop::changed() noexcept {
  if (quiet()) changed_.set();
}

Task<void> PluginLoop::wait_until_quiet() {
  while (!quiet()) {
    changed_.reset();
    co_await changed_.wait();
  }
}

void PluginLoop::stop_taking() noexcept {
  if (state_ == State::running) state_ = State::closing;
  mailbox_.store(nullptr);
  while (posting_.load() != 0) // somebody is between looking and posting
    std::this_thread::yield();
}

void PluginLoop::Patience::on_timer(protocol::TimePoint) noexcept {
  owner.host_.complain(
      fmt::format("the end of its shard waits for {} works and {} watches", owner.works_, owner.ending_watches_));
  owner.stop_taking();
}

Task<void> PluginLoop::drain(protocol::Duration patience) {
  loop_.arm(patience_, loop_.now() + patience);
  co_await wait_until_quiet().with_stop({}); // a shard that ends is told to stop: no reason not to wait
  stop_taking();
  co_await wait_until_quiet().with_stop({});
  loop_.cancel(patience_);
}

void PluginLoop::close() {
  if (state_ == State::ended) return;
  stop_taking();
  loop_.cancel(patience_);
  state_ = State::ended;
  {
    Everywhere& all = everywhere();
    const std::scoped_lock lock(all.mutex);
    const auto found = std::ranges::find_if(all.loops, [this](const auto& entry) { return entry.loop == this; });
    OPENL2TP_ASSERT(found != all.loops.end());
    found->host = nullptr;
  }
  PluginLoop** link = &loops_here;
  while (*link != nullptr && *link != this)
    link = &(*link)->next_here_;
  OPENL2TP_ASSERT(*link == this); // by the thread that made it
  *link = std::exchange(next_here_, nullptr);

  auto timers = timers_.take_all();
  auto children = children_.take_all();
  auto watches = watches_.take_all();
  if (!timers.empty() || !children.empty() || !watches.empty())
    host_.complain(fmt::format("shard_stop left {} timers, {} watches and {} children: they are ended now",
                               timers.size(), watches.size(), children.size()));
  timers.clear();
  for (const auto& child : children)
    spawner_->leave(child->id, left_child_grace);
  children.clear();
  for (auto& watch : watches) {
    watch->stopping = true;
    watch->close();
    ++ending_watches_;
    scope_.spawn(finish_watch(std::move(watch), nullptr, nullptr));
  }
}

Task<void> PluginLoop::end() {
  close(); // not in a coroutine: that would begin a turn of the run queue later
  return finish();
}

Task<void> PluginLoop::finish() {
  co_await wait_until_quiet().with_stop({});
  co_await scope_.join();
}

} // namespace openl2tp::runtime
