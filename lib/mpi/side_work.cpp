#include "lib/mpi/side_work.hpp"

#include <system_error>
#include <utility>

namespace muster::detail {

void SideWork::Piece::run() noexcept {
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  work = nullptr;    // what it holds goes here, too
  done.store(true);  // pairs with look(): what was thrown is seen there
}

void SideWork::begin(std::function<void()> work, After after) {
  Piece& piece = pieces_.emplace_back();
  piece.work = std::move(work);
  piece.after = std::move(after);
  try {
    piece.thread = std::thread([this, &piece] {
      piece.run();
      bell_.ring();
    });
  } catch (const std::system_error&) {
    piece.run();
  }
}

bool SideWork::look() {
  bool any = false;
  for (auto it = pieces_.begin(); it != pieces_.end();) {
    if (!it->done.load()) {
      ++it;
      continue;
    }
    any = true;
    if (it->thread.joinable()) it->thread.join();
    const After after = std::move(it->after);
    const std::exception_ptr error = std::move(it->error);
    it = pieces_.erase(it);
    after(error);
  }
  return any;
}

}  // namespace muster::detail
