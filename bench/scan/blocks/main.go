// Writes TSDB blocks of a made-up fleet with Prometheus' own block writer, the one that promtool uses, but from memory
// instead of through OpenMetrics text (a tenth of the time, and no text of a hundred times the size on disk).
// Usage: blocks OUT CONTAINERS DAYS SCRAPE_SECONDS END_UNIX_SECONDS [DESCRIBED_HOURS]
//
// Two replicas a workload, one container a replica, 25 workloads a namespace. A third of the workloads is released once
// within the days: its pods get new names. CPU follows the day with noise and a weekly peak; memory is a level with
// noise. Counters are as fine as cAdvisor's (nanoseconds), samples come at each node's own second. Of a fleet's series
// these are written: CPU, memory, kills and restarts of all containers, CFS periods of those with a CPU limit (half);
// kube-state-metrics' descriptions only for the last DESCRIBED_HOURS, six by default: the scan reads them at the end
// only. The same arguments give the same series.
package main

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	hour  = int64(3600_000)
	day   = 24 * hour
	nodes = 200
)

type series struct {
	labels labels.Labels
	ref    storage.SeriesRef
}

type pod struct {
	from, until                   int64 // milliseconds
	workload, node                int
	level, memory, used           float64
	noise                         *rand.Rand
	cpu, working, kills, restarts series
	periods, throttled            series
	periodCount, throttledCount   float64
	described                     []series
	values                        []float64
}

func metric(name string, pairs ...string) series {
	return series{labels: labels.FromStrings(append([]string{labels.MetricName, name}, pairs...)...)}
}

func suffix(noise *rand.Rand, length int) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	made := make([]byte, length)
	for i := range made {
		made[i] = letters[noise.Intn(len(letters))]
	}
	return string(made)
}

func space(workload int) string { return fmt.Sprintf("team-%d", workload/25) }

func newPod(workload int, hash string, from, until int64, level, memory float64, noise *rand.Rand) *pod {
	p := &pod{from: from, until: until, workload: workload, node: noise.Intn(nodes), level: level, memory: memory, noise: noise}
	name := fmt.Sprintf("app-%d-%s-%s", workload, hash, suffix(noise, 5))
	image := fmt.Sprintf("registry.example/app-%d:1", workload)
	node := fmt.Sprintf("node-%d", p.node)
	cadvisor := []string{"namespace", space(workload), "pod", name, "container", "main", "image", image, "id",
		"/kubepods/burstable/pod" + suffix(noise, 32) + "/" + suffix(noise, 64), "name", suffix(noise, 64), "instance",
		fmt.Sprintf("10.0.%d.1:10250", p.node), "node", node, "job", "kubelet", "metrics_path", "/metrics/cadvisor"}
	state := []string{"namespace", space(workload), "pod", name, "container", "main", "job", "kube-state-metrics"}
	with := func(pairs ...string) []string { return append(append([]string{}, state...), pairs...) }
	p.cpu = metric("container_cpu_usage_seconds_total", append([]string{"cpu", "total"}, cadvisor...)...)
	p.working = metric("container_memory_working_set_bytes", cadvisor...)
	p.kills = metric("container_oom_events_total", cadvisor...)
	p.restarts = metric("kube_pod_container_status_restarts_total", state...)
	p.periods = metric("container_cpu_cfs_periods_total", cadvisor...)
	p.throttled = metric("container_cpu_cfs_throttled_periods_total", cadvisor...)
	p.describe(metric("kube_pod_container_info", with("image", image)...), 1)
	p.describe(metric("kube_pod_owner", "namespace", space(workload), "pod", name, "owner_kind", "ReplicaSet", "owner_name",
		fmt.Sprintf("app-%d-%s", workload, hash)), 1)
	p.describe(metric("kube_pod_container_resource_requests", with("resource", "cpu", "unit", "core")...), 1)
	p.describe(metric("kube_pod_container_resource_requests", with("resource", "memory", "unit", "byte")...), 1<<30)
	p.describe(metric("kube_pod_container_resource_limits", with("resource", "memory", "unit", "byte")...), 1<<30)
	if p.limited() {
		p.describe(metric("kube_pod_container_resource_limits", with("resource", "cpu", "unit", "core")...), 2)
	}
	return p
}

func (p *pod) describe(s series, value float64) {
	p.described = append(p.described, s)
	p.values = append(p.values, value)
}

func (p *pod) limited() bool { return p.workload%2 == 0 }

func (p *pod) use(at int64, seconds float64) {
	inDay := float64(at%day) / float64(day)
	load := 0.55 + 0.45*math.Sin(inDay*2*math.Pi+float64(p.workload%7))
	if at/hour%168 == 34 {
		load *= 2
	}
	p.used += math.Round(p.level*load*(0.8+0.4*p.noise.Float64())*seconds*1e9) / 1e9
	p.periodCount += math.Round(seconds * 10)
	if load > 1.5 {
		p.throttledCount += math.Round(p.noise.Float64() * seconds)
	}
}

func (s *series) put(app storage.Appender, at int64, value float64) {
	ref, err := app.Append(s.ref, s.labels, at, value)
	check(err)
	s.ref = ref
}

// Forgets references: every block has its own.
func (p *pod) newBlock() {
	for _, s := range []*series{&p.cpu, &p.working, &p.kills, &p.restarts, &p.periods, &p.throttled} {
		s.ref = 0
	}
	for i := range p.described {
		p.described[i].ref = 0
	}
}

func (p *pod) write(app storage.Appender, at int64, seconds float64, described bool) {
	if at < p.from || at >= p.until {
		return
	}
	p.use(at, seconds)
	p.cpu.put(app, at, p.used)
	p.working.put(app, at, math.Floor(p.memory*256*(0.9+0.2*p.noise.Float64()))*4096)
	p.kills.put(app, at, 0)
	p.restarts.put(app, at, 0)
	if p.limited() {
		p.periods.put(app, at, p.periodCount)
		p.throttled.put(app, at, p.throttledCount)
	}
	for i := range p.described {
		if described {
			p.described[i].put(app, at, p.values[i])
		}
	}
}

func fleet(containers int, start, end int64) []*pod {
	var pods []*pod
	for workload := 0; workload < containers/2; workload++ {
		noise := rand.New(rand.NewSource(int64(workload) + 7))
		level, memory := 0.02+0.78*noise.Float64(), 60+840*noise.Float64()
		releases := []int64{start, end + 1}
		if workload%3 == 0 {
			releases = []int64{start, start + int64(noise.Float64()*float64(end-start)), end + 1}
		}
		for i := 0; i+1 < len(releases); i++ {
			hash := suffix(noise, 9)
			for replica := 0; replica < 2; replica++ {
				pods = append(pods, newPod(workload, hash, releases[i], releases[i+1], level, memory,
					rand.New(rand.NewSource(noise.Int63()))))
			}
			pods[len(pods)-1].describe(metric("kube_replicaset_owner", "namespace", space(workload), "replicaset",
				fmt.Sprintf("app-%d-%s", workload, hash), "owner_kind", "Deployment", "owner_name",
				fmt.Sprintf("app-%d", workload)), 1)
		}
	}
	return pods
}

func writeBlock(out string, pods []*pod, first, until, end, scrape, described int64) {
	writer, err := tsdb.NewBlockWriter(log.NewNopLogger(), out, day)
	check(err)
	for _, p := range pods {
		p.newBlock()
	}
	for tick := first; tick < until; tick += scrape {
		app := writer.Appender(context.Background())
		for _, p := range pods {
			at := tick + int64(p.node)*scrape/nodes
			if at < until && at <= end {
				p.write(app, at, float64(scrape)/1000, at > end-described*hour)
			}
		}
		check(app.Commit())
	}
	_, err = writer.Flush(context.Background())
	check(err)
	check(writer.Close())
}

func main() {
	if len(os.Args) < 6 || len(os.Args) > 7 {
		fmt.Fprintln(os.Stderr, "usage: blocks OUT CONTAINERS DAYS SCRAPE_SECONDS END_UNIX_SECONDS [DESCRIBED_HOURS]")
		os.Exit(2)
	}
	numbers := [5]int64{4: 6}
	for i, text := range os.Args[2:] {
		number, err := strconv.ParseInt(text, 10, 64)
		check(err)
		numbers[i] = number
	}
	containers, days, scrape, end := int(numbers[0]), numbers[1], numbers[2]*1000, numbers[3]*1000
	start := end - days*day
	pods := fleet(containers, start, end)
	// Blocks begin at multiples of their length since 1970, as Prometheus' own do.
	for first := start / day * day; first < end; first += day {
		writeBlock(os.Args[1], pods, max(first, start), min(first+day, end+1), end, scrape, numbers[4])
		fmt.Fprintf(os.Stderr, "%d of %d days\n", (first-start/day*day)/day+1, days+1)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
