::again:: goto again --HERE
