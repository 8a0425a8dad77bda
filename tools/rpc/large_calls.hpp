// Calls that take long, answered on threads of their own, so that the service's thread goes on with the others. Two
// threads: one client's long lists leave the other to everybody else.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tools/rpc/dispatcher.hpp"
#include "tools/rpc/listener.hpp"

namespace openl2tp::rpc {

class LargeCalls {
 public:
  /// Calls that may wait at once; there is no more than one of a connection.
  static constexpr std::size_t kWaitingMax = 1024;
  static constexpr std::size_t kThreads = 2;

  struct Job {
    std::uint64_t connection = 0; ///< the connection to answer, 0 for a datagram
    std::vector<std::byte> call;
    Caller caller;
    std::size_t reply_max = 0;
    int socket = -1; ///< of a datagram
    DatagramPath path{};
    std::optional<std::vector<std::byte>> reply;
    std::string refusal; ///< Kept::refusal
  };

  /// `done` is called, from a worker, whenever there is something to take.
  LargeCalls(const Dispatcher& dispatcher, std::function<void()> done)
      : dispatcher_(dispatcher), done_(std::move(done)) {}
  ~LargeCalls() { stop(); }
  LargeCalls(const LargeCalls&) = delete;
  LargeCalls& operator=(const LargeCalls&) = delete;

  /// @throws std::system_error when there is no thread.
  void start();
  /// Waits for the calls that are being answered; those that wait are dropped. Repeatable.
  void stop();
  /// @return false when too many wait already.
  [[nodiscard]] bool post(Job job);
  /// What was answered since the last time.
  [[nodiscard]] std::vector<Job> take_answered();

 private:
  void run();

  const Dispatcher& dispatcher_;
  std::function<void()> done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  std::vector<Job> answered_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace openl2tp::rpc
