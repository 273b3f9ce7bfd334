// Prints what the Go runtime made of its surroundings.
package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
)

func main() {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		limit = -1
	}
	fmt.Printf("version = %s\n", runtime.Version())
	fmt.Printf("max_procs = %d\n", runtime.GOMAXPROCS(0))
	fmt.Printf("mem_limit = %d\n", limit)
	fmt.Printf("gc_percent = %d\n", debug.SetGCPercent(100))
}
