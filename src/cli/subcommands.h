#pragma once

namespace bowline::cli {

class Invocation;

// One per file. Each returns the exit status of the command.
[[nodiscard]] int run_connect(const Invocation& invocation);
[[nodiscard]] int run_cat(const Invocation& invocation);
[[nodiscard]] int run_resolve(const Invocation& invocation);
[[nodiscard]] int run_cert(const Invocation& invocation);
[[nodiscard]] int run_path(const Invocation& invocation);
[[nodiscard]] int run_doctor(const Invocation& invocation);
[[nodiscard]] int run_ping(const Invocation& invocation);
[[nodiscard]] int run_trace(const Invocation& invocation);
[[nodiscard]] int run_scan(const Invocation& invocation);
[[nodiscard]] int run_demo(const Invocation& invocation);
[[nodiscard]] int run_get(const Invocation& invocation);
[[nodiscard]] int run_put(const Invocation& invocation);
[[nodiscard]] int run_serve(const Invocation& invocation);
[[nodiscard]] int run_ws(const Invocation& invocation);
[[nodiscard]] int run_drop(const Invocation& invocation);
[[nodiscard]] int run_help(const Invocation& invocation);
[[nodiscard]] int run_generate(const Invocation& invocation);

}  // namespace bowline::cli
