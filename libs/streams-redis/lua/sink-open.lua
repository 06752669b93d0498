--[[
  Takes over a sink's partition: whoever opened it before is fenced from here on.

  KEYS[1] position (hash: epoch, owner, writes, offset, rejected)
  ARGV[1] what tells this opening apart from all others, even if the server loses its last writes and counts the epoch again

  returns { epoch of the new owner, next offset as decimal digits or nil, rejected offsets as JSON or nil }
]]
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'writes', 0)
local stored = redis.call('HMGET', KEYS[1], 'offset', 'rejected')
return { epoch, stored[1], stored[2] }
