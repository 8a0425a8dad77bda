// Here and not in the header because sessions are complete only here.
#include "protocol/services.hpp"

#include "protocol/session/session.hpp"

namespace openl2tp::protocol {

Services::Services(const MessagePool::Limits& message_memory, RandomSource& random_source, Policy& decisions,
                   TraceSink* sink, TimePoint start)
    : random(random_source), policy(decisions), trace_sink(sink), pool(message_memory), wheel(start), now(start) {}

Services::~Services() = default;

} // namespace openl2tp::protocol
