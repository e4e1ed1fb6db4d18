("a"):rep(30000):match("(.-)%1b") --HERE
