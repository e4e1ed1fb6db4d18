("("):rep(300000):match("%b()") --HERE
