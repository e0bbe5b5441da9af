#pragma once

/// Says what is wrong before the compiler meets words that it does not know. Whatever a program may include first
/// includes this first.
#if __cplusplus < 202002L
#error "Reel needs C++20: compile with -std=c++20"
#endif
