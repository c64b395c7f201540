#pragma once

// The version of Muster these headers belong to. CMakeLists.txt reads it from here.
#define MUSTER_VERSION_MAJOR 0
#define MUSTER_VERSION_MINOR 1
#define MUSTER_VERSION_PATCH 0
