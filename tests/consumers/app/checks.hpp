#pragma once

#include <string>

#include <muster/muster.hpp>

// Runs tasks on either pool. Throws std::logic_error if one of them does not give what
// it should.
void check_pool(muster::Executor& pool);

// Throws std::logic_error with the claim unless it is true.
void check(bool truth, const std::string& claim);
