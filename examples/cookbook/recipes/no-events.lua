-- No motion may mean that nothing moves, or that the camera tells nothing any
-- more. The second is told here.
hik.on("door:stale", {name = "deaf", state = "both", overlap = "queue"}, function(event)
  if event.state == "start" then
    hik.log.error("the door is not watched: its event stream is silent")
  else
    print("the door is watched again")
  end
end)
