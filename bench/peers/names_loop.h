#pragma once

// What the programs that look names up share: --mode fixed|fresh --host NAME --connections COUNT. Each
// looks up COUNT names, one after the other, and prints the median and the 90th percentile in
// microseconds. `fresh` puts a number in front of NAME each time, so that no cache knows it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "bench_program.h"

template <class LookUp>
int run_names(const options& o, LookUp look_up) {
  std::vector<double> times;
  for (int i = 0; i < o.connections; ++i) {
    const std::string name = std::string(o.mode) == "fresh" ? "n" + std::to_string(i) + "." + o.host
                                                            : std::string(o.host);
    const auto start = std::chrono::steady_clock::now();
    if (!look_up(name)) {
      std::fprintf(stderr, "%s was not found\n", name.c_str());
      return 1;
    }
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::ranges::sort(times);
  std::printf("{\"median_us\": %.2f, \"p90_us\": %.2f}\n", times[times.size() / 2],
              times[times.size() * 9 / 10]);
  return 0;
}
