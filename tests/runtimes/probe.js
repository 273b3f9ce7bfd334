// Prints V8's heap limit in MiB and the memory limit that Node sees.
const { heap_size_limit } = require('v8').getHeapStatistics();
console.log(`heap_limit = ${heap_size_limit / 1048576}`);
