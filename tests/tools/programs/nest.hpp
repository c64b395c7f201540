#pragma once

// What a library made from nest.cpp has for tool_symbols_test.
struct NestPlaces {
  const void* returns_to;  // behind a call in an inlined function
  int call_line;           // where that call stands
  int inlined_line;        // and the one of the inlined function
};
using NestFunction = NestPlaces();  // "nest_places"
