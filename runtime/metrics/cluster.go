package metrics

import (
	"slices"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/cluster"
)

// What is told of the cluster of a host at a scrape, as that host knows it.
var (
	clusterQuorum = desc("cluster_engine_quorum", "1: a majority of the cluster answers; 0: no share can be held.")
	clusterMember = desc("cluster_member_up", "1: the host or witness answers.", labelMember)
	shareHeld     = desc("cluster_share_held", "1: this host holds the share; 0: another does, or none.", labelShare)
	shareTerm     = desc("cluster_share_term", "The number of the right by which the share is held.", labelShare)
	shareAge      = desc("cluster_share_lease_age_seconds", "Seconds since the lease of the share was confirmed last, as far as this host has heard.", labelShare)
)

// cluster tells of the cluster.
func (t teller) cluster(st cluster.Status) {
	t.gauge(clusterQuorum, flag(st.Engine.Quorum))
	for _, m := range st.Engine.Members {
		t.gauge(clusterMember, flag(m.Up), m.Name)
	}
	for _, s := range st.Shares {
		mine := s.Holder == st.Host && (s.State == cluster.ShareHeld || s.State == cluster.ShareWaning)
		t.gauge(shareHeld, flag(mine), s.Name)
		t.gauge(shareTerm, float64(s.Term), s.Name)
		if s.Renewed != nil {
			t.gauge(shareAge, *s.Renewed, s.Name)
		}
	}
}

// inAllShares are scripts by name: of one that runs in several shares the worst.
func inAllShares(all []runtime.ScriptStatus) (scripts []runtime.ScriptStatus) {
	for _, s := range all {
		i := slices.IndexFunc(scripts, func(a runtime.ScriptStatus) bool { return a.Name == s.Name })
		if i < 0 || s.Share == "" {
			scripts = append(scripts, s)
			continue
		}
		if one := &scripts[i]; one.State == runtime.ScriptRunning {
			if s.Edit == nil {
				s.Edit = one.Edit
			}
			*one = s
		}
	}
	return scripts
}

// jobsInAllShares are jobs by name: of one that runs in several shares the run that
// was last and the one that is next.
func jobsInAllShares(all []runtime.JobStatus) (jobs []runtime.JobStatus) {
	row := make(map[jobName]int)
	for _, j := range all {
		i, known := row[jobName{j.Script, j.Name}]
		if !known || j.Share == "" {
			row[jobName{j.Script, j.Name}] = len(jobs)
			jobs = append(jobs, j)
			continue
		}
		one := &jobs[i]
		if j.Last != nil && (one.Last == nil || one.Last.Scheduled.Before(j.Last.Scheduled)) {
			one.Last = j.Last
		}
		if j.Next != nil && (one.Next == nil || j.Next.Before(*one.Next)) {
			one.Next = j.Next
		}
	}
	return jobs
}
