local ok, redis = pcall(require, "redis")
print(ok, type(redis.connect), type(redis.command), redis._VERSION)
print(redis.error and true, pcall(redis.connect, {host = "127.0.0.1", port = 1}) == false)
