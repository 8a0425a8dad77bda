// A bare io_uring UDP echo server on one thread: the yardstick that the daemon's cost of a message is compared with. It
// receives by one multishot recvmsg on a provided buffer ring and sends with OP_SEND, as a shard does, and does nothing
// else.
//
//   uring_echo ADDRESS PORT SECONDS [CPU]

#include <liburing.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "tools/l2tpload/address.hpp"

namespace {

using openl2tp::load::Address;

constexpr unsigned buffers = 1024, buffer_size = 2048, sends = 1024, send_size = 1472, queue = 2048;
constexpr std::uint64_t receive_tag = ~std::uint64_t{0};

volatile std::sig_atomic_t stopped = 0;
void stop(int) { stopped = 1; }

[[noreturn]] void give_up(const char* what, int error) {
  std::fprintf(stderr, "uring_echo: %s: %s\n", what, std::strerror(error));
  std::exit(1);
}

struct Answer {
  Address to;
  std::array<std::byte, send_size> octets;
};

class Echo {
 public:
  explicit Echo(int fd) : answers_(sends) {
    io_uring_params params{};
    params.flags = IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_CQSIZE;
    params.cq_entries = 4 * queue;
    if (const int error = io_uring_queue_init_params(queue, &ring_, &params); error < 0) give_up("io_uring", -error);
    if (const int error = io_uring_register_files(&ring_, &fd, 1); error < 0) give_up("register files", -error);
    void* memory = nullptr;
    if (posix_memalign(&memory, 4096, buffers * (sizeof(io_uring_buf) + buffer_size)) != 0) give_up("memory", ENOMEM);
    buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
    octets_ = static_cast<std::byte*>(memory) + buffers * sizeof(io_uring_buf);
    io_uring_buf_reg reg{};
    reg.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_);
    reg.ring_entries = buffers;
    if (const int error = io_uring_register_buf_ring(&ring_, &reg, 0); error < 0) give_up("buffer ring", -error);
    io_uring_buf_ring_init(buffer_ring_);
    for (unsigned i = 0; i < buffers; ++i)
      give_back(static_cast<unsigned short>(i));
    for (unsigned i = 0; i < sends; ++i)
      free_.push_back(i);
    header_.msg_namelen = Address::size_max();
  }
  Echo(const Echo&) = delete;
  ~Echo() {
    io_uring_unregister_files(&ring_);
    io_uring_queue_exit(&ring_);
    std::free(buffer_ring_);
  }

  void run() {
    receive();
    while (stopped == 0) {
      const int error = io_uring_submit_and_wait(&ring_, 1);
      if (error < 0 && error != -EINTR) give_up("wait", -error);
      std::array<io_uring_cqe*, 256> ready{};
      const unsigned count = io_uring_peek_batch_cqe(&ring_, ready.data(), ready.size());
      for (unsigned i = 0; i < count; ++i)
        complete(*ready[i]);
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  io_uring_sqe* next() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      io_uring_submit(&ring_);
      sqe = io_uring_get_sqe(&ring_);
    }
    return sqe;
  }
  void receive() {
    io_uring_sqe* sqe = next();
    io_uring_prep_recvmsg_multishot(sqe, 0, &header_, 0);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = 0;
    sqe->user_data = receive_tag;
  }
  void give_back(unsigned short id) {
    io_uring_buf_ring_add(buffer_ring_, octets_ + std::size_t{id} * buffer_size, buffer_size, id,
                          io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(buffer_ring_, 1);
  }
  void complete(const io_uring_cqe& cqe) {
    if (cqe.user_data != receive_tag) {
      free_.push_back(static_cast<unsigned>(cqe.user_data));
      return;
    }
    if (cqe.res >= 0 && (cqe.flags & IORING_CQE_F_BUFFER) != 0) {
      const auto id = static_cast<unsigned short>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
      answer(octets_ + std::size_t{id} * buffer_size, cqe.res);
      give_back(id);
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive();
  }
  void answer(std::byte* buffer, int size) {
    io_uring_recvmsg_out* out = io_uring_recvmsg_validate(buffer, size, &header_);
    if (out == nullptr || free_.empty()) return; // as lost
    const unsigned length = io_uring_recvmsg_payload_length(out, size, &header_);
    if (length > send_size) return;
    const unsigned slot = free_.back();
    free_.pop_back();
    Answer& answer = answers_[slot];
    std::memcpy(static_cast<void*>(answer.to.raw()), io_uring_recvmsg_name(out), out->namelen);
    std::memcpy(answer.octets.data(), io_uring_recvmsg_payload(out, &header_), length);
    io_uring_sqe* sqe = next();
    io_uring_prep_send(sqe, 0, answer.octets.data(), length, 0);
    io_uring_prep_send_set_addr(sqe, answer.to.raw(), static_cast<std::uint16_t>(answer.to.size()));
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = slot;
  }

  io_uring ring_{};
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::byte* octets_ = nullptr;
  msghdr header_{};
  std::vector<Answer> answers_;
  std::vector<unsigned> free_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fputs("uring_echo ADDRESS PORT SECONDS [CPU]\n", stderr);
    return 2;
  }
  const auto local = Address::parse(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (!local) give_up("ADDRESS", EINVAL);
  if (argc == 5) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(std::atoi(argv[4])), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) give_up("CPU", errno);
  }
  struct sigaction action{};
  action.sa_handler = stop;
  sigaction(SIGALRM, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  alarm(static_cast<unsigned>(std::atoi(argv[3])));

  const int fd = socket(local->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket", errno);
  const int size = 16 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  if (bind(fd, local->raw(), local->size()) != 0) give_up("bind", errno);
  Echo(fd).run();
  close(fd);
  return 0;
}
