package metrics

// What is told of the state of a host at a scrape.
var (
	buildInfo = desc("build_info", "1, with the version of hiklua.", labelVersion)
	startTime = desc("start_time_seconds", "When the host began.")
	configOK  = desc("site_config_ok", "1: site.yaml as it was saved last is what runs; 0: it has mistakes.")
	heapBytes = desc("heap_bytes", "Memory in use for Go and Lua.")

	deviceState    = desc("device_state", "1 for the state that the device is in.", labelDevice, labelState)
	deviceEvents   = desc("device_events_state", "1 for the state that the event stream of the device is in.", labelDevice, labelState)
	deviceAnswered = desc("device_last_answer_timestamp_seconds", "When the device last answered a command.", labelDevice)
	deviceQueue    = desc("device_queue_commands", "Commands that wait for the device.", labelDevice)
	deviceMoving   = desc("device_heads_moving", "Heads that move, or whose stop is not confirmed.", labelDevice)

	jobLast = desc("job_last_run_timestamp_seconds", "When the last run of the job that has ended began.", labelScript, labelJob)
	jobNext = desc("job_next_run_timestamp_seconds", "When the job is due next.", labelScript, labelJob)

	scriptState  = desc("script_state", "1 for the state that the script is in.", labelScript, labelState)
	scriptBroken = desc("script_edit_broken", "1: what was saved last does not run, and the version before goes on, if there is one.", labelScript)

	journalDropped = desc("journal_dropped_total", "Entries that the journal has lost, as the disk was slow or full.")
	pageViewers    = desc("page_viewers", "Browsers and programs that have the stream of the page open.")
	pagePictures   = desc("page_pictures_total", "Pictures that devices were asked for by the page.", labelResult)
	pageRefused    = desc("page_refused_total", "Requests to the page that were refused.", labelReason)

	archiveMissing = desc("archive_missing_pictures_total", "Pictures that archive.schedules asked for and that are missing.", labelDevice, labelChannel, labelReason)
	archiveFree    = desc("archive_free_bytes", "Room on the disk of the archive.")
)
