#pragma once

/// Marks what the shared library shows; everything else in it stays hidden. On a namespace it holds for
/// all that this block declares: `namespace BOWLINE_API bowline {`. A specialisation in `std` needs its own.
#define BOWLINE_API __attribute__((visibility("default")))
