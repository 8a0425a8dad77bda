#include "plugins/ppp_unix/setup_queue.hpp"

namespace openl2tp::ppp_unix {

SetupQueue::Answer SetupQueue::enter(Session& session, Ticket& ticket) {
  if (has_place() && line_.empty()) {
    ++busy_;
    return Answer::go;
  }
  if (line_.size() >= waiting_max) return Answer::full;
  ticket = line_.insert(line_.end(), &session);
  return Answer::wait;
}

Session* SetupQueue::next() {
  if (!has_place() || line_.empty()) return nullptr;
  Session* session = line_.front();
  line_.pop_front();
  ++busy_;
  return session;
}

} // namespace openl2tp::ppp_unix
