#pragma once

#include <bowline/operation.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// Several operations of one loop as one, which is an operation like any other: for callbacks, co_await and
// wait(). Those that are not needed any more are dropped, and lose nothing: what they had received goes to
// the next operation of their connection. The same holds for all of them if the whole is dropped or stopped.

namespace bowline {

namespace detail {

/// An operation that waits for others. Results stay with the others until the whole has been delivered, so
/// that they can go back.
template <class T>
class SeveralRequest : public Request<T> {
 public:
  using Request<T>::Request;

 protected:
  /// What the others are started with.
  template <class U>
  struct Part {
    SeveralRequest* whole;
    Request<U>* part;
    std::size_t index;
    void operator()(Result<U>&& result) const {
      const bool ended = whole->ended_;
      const bool is_good = result.has_value();
      part->hold();
      if (!ended) whole->handle_done(index, is_good);
    }
    /// The loop goes: the whole is dropped, too.
    void dropped() const noexcept {
      if (!std::exchange(whole->ended_, true)) whole->fail(dropped_error());
    }
  };

  template <class U>
  void start_part(Operation<U>& part, std::size_t index) {
    part.start(Part<U>{this, part.request(), index});
  }
  virtual void handle_done(std::size_t index, bool is_good) = 0;
  /// The results were moved out of the parts.
  void finish_with(Result<T>&& result) {
    ended_ = true;
    this->finish(std::move(result));
  }
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  static Error dropped_error() {
    return {ErrorKind::cancelled, ErrorDomain::bowline, 0, "operation"};
  }
  bool ended_ = false;
};

template <class... Ts>
class AllRequest final : public SeveralRequest<std::tuple<Result<Ts>...>> {
 public:
  using Results = std::tuple<Result<Ts>...>;
  AllRequest(RequestQueue& loop, Operation<Ts>&&... parts)
      : SeveralRequest<Results>(loop), parts_(std::move(parts)...) {}
  ~AllRequest() override {
    if (given_) std::apply([](auto&... part) { (part.request()->settle(), ...); }, parts_);
    drop_parts();
  }

 private:
  void begin() override {
    std::apply([this](auto&... part) { (this->start_part(part, 0), ...); }, parts_);
  }
  void withdraw() noexcept override { drop_parts(); }
  /// The last one first, so that what those of one connection give back stays in order.
  void drop_parts() noexcept {
    [this]<std::size_t... i>(std::index_sequence<i...>) {
      ((std::get<sizeof...(Ts) - 1 - i>(parts_) = {}), ...);
    }(std::index_sequence_for<Ts...>());
  }
  void handle_done(std::size_t /*index*/, bool /*is_good*/) override {
    if (--left_ > 0) return;
    given_ = true;
    this->finish_with(std::apply(
        [](auto&... part) { return Results(std::move(part.request()->held())...); }, parts_));
  }
  void give_back(Result<Results>&& results, Undone /*how*/) noexcept override {
    if (!results.has_value() || !std::exchange(given_, false)) return;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      ((std::get<i>(parts_).request()->held() = std::move(std::get<i>(*results))), ...);
    }(std::index_sequence_for<Ts...>());
    drop_parts();
  }

  std::tuple<Operation<Ts>...> parts_;
  std::size_t left_ = sizeof...(Ts);
  bool given_ = false;
};

/// The first that is done, or the first that succeeds.
template <class... Ts>
class FirstRequest final : public SeveralRequest<std::variant<Result<Ts>...>> {
 public:
  using Outcome = std::variant<Result<Ts>...>;
  FirstRequest(RequestQueue& loop, Operation<Ts>&&... parts)
      : SeveralRequest<Outcome>(loop), parts_(std::move(parts)...) {}
  ~FirstRequest() override {
    if (given_) std::apply([](auto&... part) { (settle(part), ...); }, parts_);
  }

 private:
  template <class U>
  static void settle(Operation<U>& part) noexcept {
    if (part) part.request()->settle();
  }
  void begin() override {
    std::size_t index = 0;
    std::apply([&](auto&... part) { (this->start_part(part, index++), ...); }, parts_);
  }
  void withdraw() noexcept override { parts_ = {}; }
  void handle_done(std::size_t index, bool /*is_good*/) override {
    given_ = true;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      ((i == index ? void() : void(std::get<i>(parts_) = {})), ...);
      ((i == index ? this->finish_with(Outcome(std::in_place_index<i>,
                                               std::move(std::get<i>(parts_).request()->held())))
                   : void()),
       ...);
    }(std::index_sequence_for<Ts...>());
  }
  void give_back(Result<Outcome>&& outcome, Undone /*how*/) noexcept override {
    if (!outcome.has_value() || !std::exchange(given_, false)) return;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      ((i == outcome->index()
            ? void(std::get<i>(parts_).request()->held() = std::move(*std::get_if<i>(&*outcome)))
            : void()),
       ...);
    }(std::index_sequence_for<Ts...>());
    parts_ = {};
  }

  std::tuple<Operation<Ts>...> parts_;
  bool given_ = false;
};

/// The first of many of one kind that succeeds, else the error of the last one that failed.
template <class T>
class AnyRequest final : public SeveralRequest<T> {
 public:
  AnyRequest(RequestQueue& loop, std::vector<Operation<T>>&& parts)
      : SeveralRequest<T>(loop), parts_(std::move(parts)), left_(parts_.size()) {}
  ~AnyRequest() override {
    if (winner_) winner_.request()->settle();
  }

 private:
  void begin() override {
    for (std::size_t i = 0; i < parts_.size(); ++i) this->start_part(parts_[i], i);
  }
  void withdraw() noexcept override { parts_.clear(); }
  void handle_done(std::size_t index, bool is_good) override {
    if (!is_good && --left_ > 0) return;
    winner_ = std::move(parts_[index]);
    parts_.clear();
    this->finish_with(std::move(winner_.request()->held()));
  }
  void give_back(Result<T>&& result, Undone /*how*/) noexcept override {
    if (!winner_) return;
    winner_.request()->held() = std::move(result);
    winner_ = {};
  }

  std::vector<Operation<T>> parts_;
  Operation<T> winner_;
  std::size_t left_;
};

/// An operation and a limit of time.
template <class T>
class WithinRequest final : public SeveralRequest<T> {
 public:
  WithinRequest(RequestQueue& loop, Operation<T>&& operation, Duration duration)
      : SeveralRequest<T>(loop),
        operation_(std::move(operation)),
        timer_(loop.make_sleep(duration)) {}
  ~WithinRequest() override {
    if (given_) operation_.request()->settle();
  }

 private:
  void begin() override {
    this->start_part(operation_, 0);
    this->start_part(timer_, 1);
  }
  void withdraw() noexcept override {
    operation_ = {};
    timer_ = {};
  }
  void handle_done(std::size_t index, bool /*is_good*/) override {
    if (index == 0) {
      timer_ = {};
      given_ = true;
      return this->finish_with(std::move(operation_.request()->held()));
    }
    operation_ = {};
    this->finish_with(Error(ErrorKind::timed_out, ErrorDomain::bowline, 0, "within"));
  }
  void give_back(Result<T>&& result, Undone /*how*/) noexcept override {
    if (!std::exchange(given_, false)) return;
    operation_.request()->held() = std::move(result);
    operation_ = {};
  }

  Operation<T> operation_;
  Operation<void> timer_;
  bool given_ = false;
};

}  // namespace detail

template <class T>
Operation<T> Operation<T>::within(Duration duration) && {
  detail::RequestQueue& loop = request_->loop();
  return Operation(
      detail::RequestBase::make<detail::WithinRequest<T>>(loop, std::move(*this), duration));
}

/// Completes when all are done, with each one's result:
/// `const auto both = co_await all(a.receive(), b.receive());`, and then `std::get<0>(*both)`. Only a stop
/// is an error.
template <class First, class... Others>
[[nodiscard]] Operation<std::tuple<Result<First>, Result<Others>...>> all(
    Operation<First> first, Operation<Others>... others) {
  detail::RequestQueue& loop = first.request()->loop();
  return Operation<std::tuple<Result<First>, Result<Others>...>>(
      detail::RequestBase::make<detail::AllRequest<First, Others...>>(loop, std::move(first),
                                                                      std::move(others)...));
}

/// Completes with the first that is done, well or not; the others are dropped. `index()` says which it was.
template <class First, class... Others>
[[nodiscard]] Operation<std::variant<Result<First>, Result<Others>...>> race(
    Operation<First> first, Operation<Others>... others) {
  detail::RequestQueue& loop = first.request()->loop();
  return Operation<std::variant<Result<First>, Result<Others>...>>(
      detail::RequestBase::make<detail::FirstRequest<First, Others...>>(loop, std::move(first),
                                                                        std::move(others)...));
}

/// Completes with the first that succeeds; the others are dropped. If none does, with the error of the last
/// one that failed.
///
/// operations  at least one
template <class T>
[[nodiscard]] Operation<T> any(std::vector<Operation<T>> operations) {
  detail::RequestQueue& loop = operations.at(0).request()->loop();
  return Operation<T>(
      detail::RequestBase::make<detail::AnyRequest<T>>(loop, std::move(operations)));
}
template <class T, class... Others>
[[nodiscard]] Operation<T> any(Operation<T> first, Others... others) {
  std::vector<Operation<T>> operations;
  operations.reserve(1 + sizeof...(others));
  operations.push_back(std::move(first));
  (operations.push_back(std::move(others)), ...);
  return any(std::move(operations));
}

}  // namespace bowline
