#include "worker_screen.hpp"

#include "pool_screen.hpp"
#include "worker_page.hpp"

namespace muster_tool::top {

bool WorkerScreen::look() {
  pool_->look();
  history_ = pool_->history(worker_);
  return true;
}

Page WorkerScreen::page(Size size) {
  Page page = worker_page(pool_->model(), worker_, history_, size.columns);
  if (pool_->has_ended()) page.insert(page.begin(), ended_notice());
  return scroll_.part(page, size.rows);
}

Step WorkerScreen::press(Key key) {
  if (scroll_.press(key)) return {};
  const Step step = worker_step(key, worker_);
  return step.kind == Step::Kind::open_worker ? Step{} : step;
}

}  // namespace muster_tool::top
