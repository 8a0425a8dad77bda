#include "tools/l2tpload/meter.hpp"

#include <cstdio>

namespace openl2tp::load {
namespace {

double ratio(double value, double per) noexcept { return per > 0 ? value / per : 0; }
double number(std::uint64_t value) noexcept { return static_cast<double>(value); }

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

Counters difference(const Counters& now, const Counters& then) noexcept {
  return {.sent = now.sent - then.sent,
          .received = now.received - then.received,
          .retransmitted = now.retransmitted - then.retransmitted,
          .duplicates = now.duplicates - then.duplicates,
          .out_of_order = now.out_of_order - then.out_of_order,
          .malformed = now.malformed - then.malformed,
          .strangers = now.strangers - then.strangers};
}

} // namespace

void Meter::begin(std::string_view name, std::uint64_t wanted, const Counters& counters) {
  const Meter fresh(json_, watched_);
  *this = fresh;
  name_ = name;
  wanted_ = wanted;
  counters_ = counters;
  usage_ = usage_of(watched_);
  own_cpu_ns_ = load::own_cpu_ns();
  started_us_ = last_done_us_ = now_us();
}

void Meter::end_slice() noexcept {
  last_done_us_ = now_us();
  slice_us_[slices_] = last_done_us_ - started_us_;
  slice_usage_[slices_] = watched_ == 0 ? 0 : usage_of(watched_).cpu_ns - usage_.cpu_ns;
  ++slices_;
}

void Meter::note(std::string_view name, std::uint64_t value) {
  notes_json_ += ", \"" + std::string(name) + "\": " + std::to_string(value);
  if (value != 0) notes_text_ += ", " + std::string(name) + " " + std::to_string(value);
}

void Meter::end(const Counters& counters) {
  const std::uint64_t now = now_us();
  if (wanted_ == 0 || done_ < wanted_) last_done_us_ = now;
  const double seconds = number(last_done_us_ - started_us_) / 1e6;
  const Usage after = usage_of(watched_);
  const Usage usage{after.cpu_ns - usage_.cpu_ns, after.rss_kib};
  const Counters spent = difference(counters, counters_);
  if (json_) {
    print_json(spent, seconds, usage);
  } else {
    print_text(spent, seconds, usage);
  }
  std::fflush(stdout);
}

void Meter::print_json(const Counters& spent, double seconds, const Usage& usage) const {
  const double messages = number(spent.sent + spent.received - spent.retransmitted);
  std::string line = "{\"phase\": \"" + name_ + "\"";
  const auto add = [&line](const char* name, const std::string& value) {
    line += std::string(", \"") + name + "\": " + value;
  };
  add("wanted", std::to_string(wanted_));
  add("done", std::to_string(done_));
  add("seconds", format("%.4f", seconds));
  add("per_second", format("%.1f", ratio(number(done_), seconds)));
  add("sent", std::to_string(spent.sent));
  add("received", std::to_string(spent.received));
  add("retransmitted", std::to_string(spent.retransmitted));
  add("duplicates", std::to_string(spent.duplicates));
  add("out_of_order", std::to_string(spent.out_of_order));
  add("malformed", std::to_string(spent.malformed));
  add("strangers", std::to_string(spent.strangers));
  add("messages_per_second", format("%.1f", ratio(messages, seconds)));
  add("load_cpu_us_per_message", format("%.3f", ratio(number(load::own_cpu_ns() - own_cpu_ns_) / 1e3, messages)));
  line += notes_json_;
  if (watched_ != 0) {
    add("cpu_seconds", format("%.4f", number(usage.cpu_ns) / 1e9));
    add("cpu_us_per_operation", format("%.3f", ratio(number(usage.cpu_ns) / 1e3, number(done_))));
    add("cpu_us_per_message", format("%.3f", ratio(number(usage.cpu_ns) / 1e3, messages)));
    add("rss_kib", std::to_string(usage.rss_kib));
  }
  if (slices_ != 0) {
    std::string cpu, time;
    for (std::size_t i = 0; i < slices_; ++i) {
      const double operations = number(wanted_) / number(slice_us_.size());
      const char* comma = i == 0 ? "" : ", ";
      cpu += comma + format("%.3f", number(slice_usage_[i] - (i == 0 ? 0 : slice_usage_[i - 1])) / 1e3 / operations);
      time += comma + format("%.3f", number(slice_us_[i] - (i == 0 ? 0 : slice_us_[i - 1])) / operations);
    }
    add("us_per_operation_by_tenth", "[" + time + "]");
    if (watched_ != 0) add("cpu_us_per_operation_by_tenth", "[" + cpu + "]");
  }
  if (latency_.count() != 0) {
    line += ", \"latency_us\": {\"p50\": " + std::to_string(latency_.percentile(50)) +
            ", \"p90\": " + std::to_string(latency_.percentile(90)) +
            ", \"p99\": " + std::to_string(latency_.percentile(99)) + ", \"max\": " + std::to_string(latency_.max()) +
            "}";
  }
  std::printf("%s}\n", line.c_str());
}

void Meter::print_text(const Counters& spent, double seconds, const Usage& usage) const {
  const double messages = number(spent.sent + spent.received - spent.retransmitted);
  std::printf("%-8s", name_.c_str());
  if (wanted_ != 0) {
    std::printf(" %llu of %llu", static_cast<unsigned long long>(done_), static_cast<unsigned long long>(wanted_));
  } else {
    std::printf(" %llu", static_cast<unsigned long long>(done_));
  }
  std::printf(" in %.3f s, %.0f/s, %.0f messages/s, retransmitted %llu%s", seconds, ratio(number(done_), seconds),
              ratio(messages, seconds), static_cast<unsigned long long>(spent.retransmitted), notes_text_.c_str());
  if (latency_.count() != 0)
    std::printf("; latency p50 %.2f p90 %.2f p99 %.2f max %.2f ms", latency_.percentile(50) / 1e3,
                latency_.percentile(90) / 1e3, latency_.percentile(99) / 1e3, latency_.max() / 1e3);
  if (watched_ != 0)
    std::printf("; watched: %.2f us/operation, %.2f us/message, resident %llu KiB",
                ratio(number(usage.cpu_ns) / 1e3, number(done_)), ratio(number(usage.cpu_ns) / 1e3, messages),
                static_cast<unsigned long long>(usage.rss_kib));
  std::printf("\n");
}

} // namespace openl2tp::load
