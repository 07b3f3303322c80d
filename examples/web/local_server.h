#pragma once

// The server that the examples of this folder ask: plain HTTP on this host, on a port that is free.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <expected>
#include <string>
#include <utility>

inline bowline::HttpListener serve_here(bowline::Loop& loop,
                                        bowline::HttpListener::Handler handler) {
  auto listener = bowline::HttpListener::open_plain(loop, bowline::loopback(0), std::move(handler));
  if (listener.has_value()) return *std::move(listener);
  std::fprintf(stderr, "%s\n", to_string(listener.error()).c_str());
  std::exit(1);
}

inline std::string url_of(const bowline::HttpListener& listener, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(listener.local_address().port) + path;
}

/// Runs until the client's part has ended; its outcome is the program's.
inline int run(bowline::Loop& loop, bowline::Task<bool> client) {
  bool is_good = false;
  spawn(std::move(client), [&](std::expected<bool, std::exception_ptr> outcome) {
    is_good = outcome.has_value() && *outcome;
    loop.stop();
  });
  loop.run();
  return is_good ? 0 : 1;
}
