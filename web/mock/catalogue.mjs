// What the stand-in's applications may change and how they are measured.

export const baseline = {
  'container.cpu_limit': 2,
  'container.memory_limit': 1536,
  'jvm.heap': 1024,
  'jvm.gc': 'G1',
  'jvm.gc_threads': 4,
  'tomcat.max_threads': 200,
}

const parameter = (name, rest) => ({
  name,
  component: name.split('.')[0],
  type: 'integer',
  min: null,
  max: null,
  step: null,
  values: [],
  unit: '',
  max_step: null,
  effect: 'restart',
  mode: 'recommend',
  description: '',
  live: null,
  baseline: baseline[name] ?? null,
  ...rest,
})

export const parameters = [
  parameter('container.cpu_limit', {
    type: 'real',
    min: 0.2,
    max: 4,
    step: 0.05,
    unit: 'cores',
    max_step: 0.5,
    effect: 'live',
    mode: 'autonomous',
    description: 'CPU quota, in cores. Above it the kernel throttles the container until the next 100 ms period.',
  }),
  parameter('container.memory_limit', {
    min: 256,
    max: 4096,
    step: 16,
    unit: 'MiB',
    max_step: 512,
    description: 'Memory limit, in MiB. A container that needs more is killed by the kernel.',
  }),
  parameter('jvm.heap', {
    min: 128,
    max: 3072,
    step: 16,
    unit: 'MiB',
    max_step: 256,
    description: 'Greatest heap. Fixed when the process starts.',
  }),
  parameter('jvm.gc', { type: 'categorical', values: ['Serial', 'Parallel', 'G1'], description: 'Garbage collector.' }),
  parameter('jvm.gc_threads', {
    min: 1,
    max: 8,
    unit: 'threads',
    description: 'Threads of the collector’s stop-the-world phases.',
  }),
  parameter('tomcat.max_threads', {
    min: 8,
    max: 400,
    unit: 'threads',
    max_step: 100,
    description: 'Request threads.',
  }),
]

export const metrics = [
  { name: 'arrivals', unit: '1/s', role: 'load', description: 'Requests that arrive at the proxy.' },
  { name: 'throughput', unit: '1/s', role: 'throughput', description: 'Requests answered.' },
  { name: 'p95', unit: 'ms', role: 'latency', description: 'Response time that 95 % of the requests stay below.' },
  { name: 'p99', unit: 'ms', role: 'latency', description: 'Response time that 99 % of the requests stay below.' },
  { name: 'error_ratio', unit: 'ratio', role: 'errors', description: 'Share of requests answered with 5xx.' },
  {
    name: 'container.cpu_used',
    unit: 'cores',
    role: 'none',
    description: 'CPU used by one replica, mean over the window.',
  },
  {
    name: 'container.throttled_ratio',
    unit: 'ratio',
    role: 'throttling',
    description: 'Share of periods in which the container was throttled.',
  },
  {
    name: 'container.memory_working_set',
    unit: 'MiB',
    role: 'none',
    description: 'Memory that the kernel cannot reclaim, of the largest replica.',
  },
  { name: 'jvm.heap_used', unit: 'MiB', role: 'none', description: 'Heap in use, of the fullest replica.' },
  { name: 'replicas', unit: 'replicas', role: 'replicas', description: 'Replicas ready.' },
  { name: 'jvm.gc_time_ratio', unit: 'ratio', role: 'none', description: 'Share of time spent in collection pauses.' },
  { name: 'jvm.gc_pause_max', unit: 'ms', role: 'none', description: 'Longest collection pause in the window.' },
]
