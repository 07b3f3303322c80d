#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "drive/loop/network_change.h"

namespace bowline::drive {

/// A part of a loop that is made when somebody first asks for it: the resolver, what was learnt about
/// addresses, and later mDNS, the path monitor, pools of sessions.
///
/// A kind of service has a constructor that takes the Loop; `loop.service<NameService>()` makes or finds it.
///
/// lifetime  ends with the loop, before those that were made earlier; so a service may use in its destructor
///           whatever it asked for in its constructor
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  /// The host's network is not what it was. No user code may run in here.
  virtual void handle_network_change(const NetworkChange& /*change*/) {}
};

/// The services of one loop, at most one of each type.
class ServiceTable {
 public:
  ServiceTable() = default;
  ServiceTable(const ServiceTable&) = delete;
  ServiceTable& operator=(const ServiceTable&) = delete;
  ~ServiceTable() { clear(); }

  template <class Kind>
  [[nodiscard]] Kind* find() const {
    for (const Entry& entry : entries_)
      if (entry.kind == &mark_of<Kind>) return static_cast<Kind*>(entry.service.get());
    return nullptr;
  }
  template <class Kind>
  Kind& add(std::unique_ptr<Kind> service) {
    Kind& added = *service;
    entries_.push_back({&mark_of<Kind>, std::move(service)});
    return added;
  }
  /// Those that are added meanwhile know the present network, and are not told.
  void tell(const NetworkChange& change) {
    const std::size_t count = entries_.size();
    for (std::size_t i = 0; i < count; ++i) entries_[i].service->handle_network_change(change);
  }
  /// The youngest goes first.
  void clear() {
    while (!entries_.empty()) {
      const std::unique_ptr<Service> last = std::move(entries_.back().service);
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    const char* kind;
    std::unique_ptr<Service> service;
  };
  /// Its address names the type. Not const: linkers may merge equal constants.
  template <class Kind>
  static inline char mark_of = 0;

  std::vector<Entry> entries_;
};

}  // namespace bowline::drive
