// Holds live memory, lets other memory pass, and prints its peak of resident memory in MiB.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// What is kept here cannot live on the stack.
var passing []byte

func main() {
	live, _ := strconv.Atoi(os.Args[1])
	churn, _ := strconv.Atoi(os.Args[2])
	held := make([][]byte, 0, live*16)
	for i := 0; i < live*16; i++ {
		block := make([]byte, 65536)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		held = append(held, block)
	}
	sum := 0
	for i := 0; i < churn*16; i++ {
		block := make([]byte, 65536)
		passing = block
		for at := 0; at < len(block); at += 4096 {
			block[at] = byte(i)
		}
		sum += len(block)
	}
	status, _ := os.ReadFile("/proc/self/status")
	kib, _ := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+)`).FindSubmatch(status)[1]))
	fmt.Printf("peak = %f\nheld = %d\n", float64(kib)/1024, len(held)+sum%2)
}
