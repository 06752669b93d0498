--[[
  Takes a store partition: from here on every older owner is fenced.

  KEYS[1] meta (hash: epoch, offset, layout)
  ARGV[1] layout: the form of the keys and the kind of store

  returns { epoch of the new owner, changelog offset as decimal digits or nil when nothing is stored }
  errors  HFSLAYOUT <stored layout>: written by another version or as another kind of store; nothing was changed
]]
local layout = redis.call('HGET', KEYS[1], 'layout')
if layout and layout ~= ARGV[1] then
  return redis.error_reply('HFSLAYOUT ' .. layout)
end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'layout', ARGV[1])
return { epoch, redis.call('HGET', KEYS[1], 'offset') }
