#include "plugins/radius/requests_in_flight.hpp"

#include <utility>

namespace openl2tp::radius {
namespace {

/// Whether a packet with code `answer` answers one with code `request`. Status-Server is answered as the port's
/// requests are (RFC 5997 section 3).
bool answers(Code answer, Code request) noexcept {
  const bool access =
      answer == Code::access_accept || answer == Code::access_reject || answer == Code::access_challenge;
  if (request == Code::access_request) return access;
  if (request == Code::accounting_request) return answer == Code::accounting_response;
  return request == Code::status_server && (answer == Code::access_accept || answer == Code::accounting_response);
}

bool is_request(Code code) noexcept {
  return code == Code::access_request || code == Code::accounting_request || code == Code::status_server;
}

} // namespace

std::optional<RequestId> RequestsInFlight::next_id() const noexcept {
  for (std::uint32_t socket = 0; socket < sockets_.size(); ++socket) {
    const Socket& candidate = *sockets_[socket];
    if (candidate.in_flight == ids) continue;
    std::uint8_t identifier = candidate.next;
    while (!candidate.requests[identifier].octets.empty())
      ++identifier;
    return RequestId{socket, identifier};
  }
  if (sockets_.size() >= settings_.sockets_max) return std::nullopt;
  return RequestId{static_cast<std::uint32_t>(sockets_.size()), 0};
}

bool RequestsInFlight::start(RequestId id, std::vector<std::byte> octets, std::uint64_t token, TimePoint now) {
  const auto packet = Packet::decode(octets);
  if (!packet || packet->octets().size() != octets.size() || packet->identifier() != id.identifier ||
      !is_request(packet->code()))
    return false;
  if (id.socket > sockets_.size() || id.socket >= settings_.sockets_max || find(id) != nullptr) return false;
  if (id.socket == sockets_.size()) sockets_.push_back(std::make_unique<Socket>());
  Socket& socket = *sockets_[id.socket];
  const auto place = waiting_.insert(waiting_.end(), id);
  socket.requests[id.identifier] = {std::move(octets), token, 1, now, place};
  socket.next = static_cast<std::uint8_t>(id.identifier + 1);
  ++socket.in_flight;
  return true;
}

const RequestsInFlight::Request* RequestsInFlight::find(RequestId id) const noexcept {
  if (id.socket >= sockets_.size()) return nullptr;
  const Request& request = sockets_[id.socket]->requests[id.identifier];
  return request.octets.empty() ? nullptr : &request;
}

Octets RequestsInFlight::octets(RequestId id) const noexcept {
  const Request* request = find(id);
  return request != nullptr ? Octets(request->octets) : Octets();
}

void RequestsInFlight::cancel(RequestId id) noexcept {
  if (find(id) != nullptr) end(id);
}

void RequestsInFlight::end(RequestId id) noexcept {
  Socket& socket = *sockets_[id.socket];
  waiting_.erase(socket.requests[id.identifier].place);
  socket.requests[id.identifier] = {};
  --socket.in_flight;
}

Answer RequestsInFlight::handle_datagram(std::uint32_t socket, Octets datagram, TimePoint now) {
  const auto packet = Packet::decode(datagram);
  if (!packet) return {.heard = Heard::malformed};
  const RequestId id{socket, packet->identifier()};
  const Request* request = find(id);
  if (request == nullptr) return {.heard = Heard::unknown};
  const Packet asked = *Packet::decode(request->octets);
  const Authenticator authenticator = asked.authenticator();
  if (!answers(packet->code(), asked.code()) || !is_answer_to(*packet, authenticator, settings_.secret))
    return {.heard = Heard::forged};
  const MessageAuthenticator signature = check_message_authenticator(*packet, authenticator, settings_.secret);
  if (signature == MessageAuthenticator::bad) return {.heard = Heard::forged};
  // Accounting-Response has none (RFC 2869 section 5.14), and the attack does not concern it.
  const bool can_be_signed = packet->code() != Code::accounting_response;
  if (can_be_signed && signature == MessageAuthenticator::absent && requires_message_authenticator())
    return {.heard = Heard::not_signed};
  if (can_be_signed && signature == MessageAuthenticator::good) server_signs_ = true;

  Answer answer{
      .heard = Heard::answer, .token = request->token, .packet = *packet, .request_authenticator = authenticator};
  if (request->transmissions == 1) answer.round_trip = now - request->sent;
  end(id);
  return answer;
}

TimedOut RequestsInFlight::handle_timeout(TimePoint now) {
  TimedOut timed_out;
  // What is sent again moves to the end; a timeout of 0 must not find it there.
  for (std::size_t left = waiting_.size(); left > 0 && next_deadline() <= now; --left) {
    const RequestId id = waiting_.front();
    Request& request = sockets_[id.socket]->requests[id.identifier];
    if (request.transmissions >= settings_.tries) {
      timed_out.given_up.push_back(request.token);
      end(id);
      continue;
    }
    ++request.transmissions;
    request.sent = now;
    waiting_.splice(waiting_.end(), waiting_, request.place);
    timed_out.resend.push_back(id);
  }
  return timed_out;
}

TimePoint RequestsInFlight::next_deadline() const noexcept {
  return waiting_.empty() ? ppp::never : find(waiting_.front())->sent + settings_.timeout;
}

} // namespace openl2tp::radius
