("a"):rep(200000):gsub("a*b", "") --HERE
