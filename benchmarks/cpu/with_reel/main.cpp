// cpu_rows [--threads N] [--tiny]: measures Reel's rows on command.

#include <reel/kernels/threads.h>

#include "../program.h"

int main(int argc, char** argv) { return bench::run_program(argc, argv, {"Reel", reel::set_num_threads}); }
