// Package retention decides which pictures of an archive go, and when.
//
// Each rule of site.yaml goes through the index in the order of time and
// remembers, as a cursor in the index, up to where it has judged: a run looks at
// what has become old enough since the last one, and at nothing else, however
// many pictures there are.
//
//	labels      a picture whose label stands there goes at that age, and no
//	            other rule of age looks at it
//	keep        every other picture goes at that age
//	thinning    all 2d, hourly 30d, daily 1y: every picture for two days, then
//	            the first of each hour for up to 30 days, then the first of each
//	            day, of each channel and label by itself; nothing after a year
//	max_size    the oldest go, those with a label of labels after all the others
//	min_free    the same
//
// An age is counted in elapsed time, a day being 24 hours. Hours, days, weeks
// (from Monday) and months are those of the site's zone: the hour that comes
// twice in autumn is two hours.
package retention
