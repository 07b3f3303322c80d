#include "drive/connection/transfer_measure.h"

#include <bowline/detail/facts.h>

namespace bowline::drive {

void TransferMeasure::begin(const ports::StreamStatistics& now, Instant at) {
  if (start_) return;
  start_ = now;
  started_ = at;
}

void TransferMeasure::end(const ports::StreamStatistics& now, Instant at, std::string interface) {
  if (report_) return;
  const ports::StreamStatistics before = start_.value_or(now);
  DataTransferReport::Facts facts;
  facts.interface = std::move(interface);
  if (start_) facts.duration = at - started_;
  facts.bytes_sent = now.bytes_sent - before.bytes_sent;
  facts.bytes_acknowledged = now.bytes_acknowledged - before.bytes_acknowledged;
  facts.bytes_received = now.bytes_received - before.bytes_received;
  facts.bytes_retransmitted = now.bytes_retransmitted - before.bytes_retransmitted;
  facts.packets_sent = now.packets_sent - before.packets_sent;
  facts.packets_received = now.packets_received - before.packets_received;
  facts.packets_retransmitted = now.packets_retransmitted - before.packets_retransmitted;
  facts.duplicates_reported = now.duplicates_reported - before.duplicates_reported;
  facts.packets_out_of_order = now.packets_out_of_order - before.packets_out_of_order;
  facts.reorderings_seen = now.reorderings_seen - before.reorderings_seen;
  facts.smoothed_rtt = now.smoothed_rtt;
  facts.minimum_rtt = now.minimum_rtt;
  facts.rtt_variance = now.rtt_variance;
  report_.emplace(std::move(facts));
}

}  // namespace bowline::drive
