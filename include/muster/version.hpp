#pragma once

// The version of Muster these headers belong to. CMakeLists.txt reads it from here.
#define MUSTER_VERSION_MAJOR 0
#define MUSTER_VERSION_MINOR 1
#define MUSTER_VERSION_PATCH 0

// "0.1.0"
#define MUSTER_VERSION                     \
  MUSTER_DETAIL_TEXT(MUSTER_VERSION_MAJOR) \
  "." MUSTER_DETAIL_TEXT(MUSTER_VERSION_MINOR) "." MUSTER_DETAIL_TEXT(MUSTER_VERSION_PATCH)
#define MUSTER_DETAIL_TEXT(number) MUSTER_DETAIL_TEXT_OF(number)
#define MUSTER_DETAIL_TEXT_OF(number) #number
