("a"):rep(3000):match("a*a*a*a*b") --HERE
