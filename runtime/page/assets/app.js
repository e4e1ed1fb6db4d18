// The page of a running host.
