table.insert({1}, -1e12, 1) --HERE
