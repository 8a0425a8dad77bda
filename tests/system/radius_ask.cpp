// Asks a RADIUS server once with the project's codec and prints what it answered, for test_radius_codec.py:
//   radius_ask PORT SECRET pap|chap|mschap|mschapv2|status|accounting USER PASSWORD
// Exit status 1 where no answer comes in 5 s or where one is not genuine.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugins/ppp_engine/crypto.hpp"
#include "plugins/radius/hiding.hpp"
#include "plugins/radius/packet.hpp"
#include "plugins/radius/proof.hpp"

using namespace openl2tp;
using namespace openl2tp::radius;

namespace {

constexpr std::uint8_t chap_id = 7;

[[noreturn]] void fail(const char* what) {
  std::printf("failed: %s\n", what);
  std::exit(1);
}

template <std::size_t size>
std::array<std::byte, size> random_octets() {
  std::array<std::byte, size> octets;
  if (getrandom(octets.data(), size, 0) != static_cast<ssize_t>(size)) fail("getrandom");
  return octets;
}

void prove(PacketWriter& writer, std::string_view method, std::string_view user, std::string_view password,
           std::string_view secret) {
  const auto challenge = random_octets<16>();
  if (method == "pap") {
    add_pap(writer, password, secret);
  } else if (method == "chap") {
    add_chap(writer, chap_id, challenge, ppp::chap_md5(chap_id, password, challenge));
  } else if (method == "mschap") {
    const auto short_challenge = random_octets<8>();
    std::array<std::byte, 49> response{};
    std::ranges::copy(ppp::nt_challenge_response(ppp::nt_password_hash(password), short_challenge),
                      response.begin() + 24);
    response.back() = std::byte{1}; // the NT response counts
    add_ms_chap(writer, chap_id, short_challenge, response);
  } else if (method == "mschapv2") {
    const auto peer_challenge = random_octets<16>();
    std::array<std::byte, 49> response{};
    const auto nt_response = ppp::mschap_v2_response(password, user, challenge, peer_challenge);
    std::ranges::copy(peer_challenge, response.begin());
    std::ranges::copy(nt_response, response.begin() + 24);
    add_ms_chap2(writer, chap_id, challenge, response);
    const auto expected = ppp::mschap_v2_authenticator_response(password, user, nt_response, challenge, peer_challenge);
    std::printf("expected S=%.*s\n", static_cast<int>(expected.size()), expected.data());
  } else {
    fail("unknown method");
  }
}

void print_hidden(const char* name, std::optional<Octets> value, const Authenticator& authenticator,
                  std::string_view secret) {
  std::array<std::byte, 256> clear;
  if (!value) return;
  const auto revealed = reveal_salted(*value, authenticator, secret, clear);
  if (!revealed) fail(name);
  std::printf("%s %zu\n", name, revealed->size());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string_view secret = argv[2], method = argv[3], user = argv[4], password = argv[5];
  const Code code = method == "status"       ? Code::status_server
                    : method == "accounting" ? Code::accounting_request
                                             : Code::access_request;
  std::array<std::byte, packet_size_max> buffer, answer_buffer;
  PacketWriter writer(buffer, code, 77, random_octets<16>());
  if (code != Code::status_server) writer.add_text(attribute::user_name, user);
  if (code == Code::access_request) prove(writer, method, user, password, secret);
  if (code == Code::accounting_request) {
    writer.add_u32({0, 40}, 1); // Acct-Status-Type Start
    writer.add_text({0, 44}, "0a1b-7");
    writer.add_u32({0, 52}, 3); // Acct-Input-Gigawords
  }
  writer.add_text(attribute::proxy_state, "left alone");
  const auto request = writer.finish(secret);
  if (!request) fail("the request does not fit");
  const Authenticator sent = Packet::decode(*request)->authenticator();

  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0) fail("socket");
  if (send(descriptor, request->data(), request->size(), 0) < 0) fail("send");
  pollfd waited{descriptor, POLLIN, 0};
  if (poll(&waited, 1, 5000) != 1) fail("no answer");
  const ssize_t size = recv(descriptor, answer_buffer.data(), answer_buffer.size(), 0);
  close(descriptor);
  if (size < 0) fail("recv");

  const auto answer = Packet::decode(Octets(answer_buffer).first(static_cast<std::size_t>(size)));
  if (!answer) fail("the answer is malformed");
  if (answer->identifier() != 77 || !is_answer_to(*answer, sent, secret)) fail("the answer is forged");
  std::printf("code %u\n", static_cast<unsigned>(answer->code()));
  switch (check_message_authenticator(*answer, sent, secret)) {
  case MessageAuthenticator::absent: std::puts("message-authenticator absent"); break;
  case MessageAuthenticator::good: std::puts("message-authenticator good"); break;
  case MessageAuthenticator::bad: fail("the Message-Authenticator is bad");
  }
  if (const auto address = answer->find_u32(attribute::framed_ip_address)) std::printf("address %08x\n", *address);
  if (const auto seconds = answer->find_u32({0, 27})) std::printf("session-timeout %u\n", *seconds);
  if (const auto dns = answer->find_u32({vendor_microsoft, 28})) std::printf("dns %08x\n", *dns);
  for (const auto& [name, text] :
       {std::pair("success", ms_chap2_success(*answer, chap_id)), std::pair("error", ms_chap_error(*answer, chap_id))})
    if (text) std::printf("%s %.*s\n", name, static_cast<int>(text->size()), text->data());
  print_hidden("send-key", answer->find(attribute::ms_mppe_send_key), sent, secret);
  print_hidden("receive-key", answer->find(attribute::ms_mppe_recv_key), sent, secret);
  if (const auto state = answer->find(attribute::proxy_state))
    std::printf("proxy-state %.*s\n", static_cast<int>(state->size()), reinterpret_cast<const char*>(state->data()));
  return 0;
}
