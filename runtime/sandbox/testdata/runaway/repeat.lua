repeat until false --HERE
