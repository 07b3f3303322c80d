#include "drive/stack.h"

#include <bowline/stack.h>

namespace bowline {

std::shared_ptr<const drive::StackPlan> Tcp::plan() const {
  auto plan = std::make_shared<drive::StackPlan>();
  plan->transport = drive::Transport::tcp;
  plan->tcp = *this;
  plan->names = {"tcp"};
  return plan;
}

std::shared_ptr<const drive::StackPlan> Udp::plan() const {
  auto plan = std::make_shared<drive::StackPlan>();
  plan->transport = drive::Transport::udp;
  plan->udp = *this;
  plan->names = {"udp"};
  return plan;
}

Framed::Framed(std::shared_ptr<const drive::StackPlan> below, Factory factory) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  plan->names.insert(plan->names.begin(), std::string(factory()->name()));
  plan->framers.push_back(std::move(factory));
  plan_ = std::move(plan);
}

}  // namespace bowline
