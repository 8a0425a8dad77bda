// The error numbers of the interface as text for people.
#pragma once

#include <string>

namespace openl2tp::rpc {

/// Text for an error number, positive or negated as replies carry it; below 500 it is an errno.
[[nodiscard]] std::string error_text(int code);

} // namespace openl2tp::rpc
