for x in function() while true do end end do end --HERE
