// Holds live objects and Buffers, lets others pass, and prints its peak of resident memory in MiB.
const [live, churn, buffers] = process.argv.slice(2).map(Number);
const held = [];
for (let i = 0; i < live * 16; ++i) held.push(new Array(8190).fill(i));
for (let i = 0; i < buffers; ++i) held.push(Buffer.alloc(1 << 20, 1));
let passing = null;
for (let i = 0; i < churn * 64; ++i) passing = new Array(2046).fill(i);
const line = require('fs').readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/);
console.log(`peak = ${line[1] / 1024}`);
console.log(`held = ${held.length + passing.length}`);
