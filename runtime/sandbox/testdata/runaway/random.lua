while true do math.random(10) os.time() os.date() end --HERE
