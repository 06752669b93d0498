--[[
  Removes the data and the checkpoint of a store partition, unless a newer owner has opened it. The epoch stays.

  KEYS[1] meta (hash: epoch, offset, layout, counted)   KEYS[2] windows (sorted set of window starts)
  KEYS[3] counts (hash: entries by window start)   KEYS[4] key-value entries (hash)
  ARGV[1] epoch of the caller
  ARGV[2] key of a window's hash without its start

  returns  1 applied   -1 fenced
]]
local MAX_KEYS = 1000

local meta, windows, counts, entries = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if tonumber(redis.call('HGET', meta, 'epoch') or 0) > tonumber(ARGV[1]) then return -1 end

local chunks = {}
local starts = redis.call('ZRANGE', windows, 0, -1)
for i = 1, #starts, MAX_KEYS do
  local keys = {}
  for j = i, math.min(i + MAX_KEYS - 1, #starts) do keys[#keys + 1] = ARGV[2] .. starts[j] end
  redis.call('EXISTS', unpack(keys)) -- a slot on the move hides some keys: fail before the first write
  chunks[#chunks + 1] = keys
end

redis.call('HDEL', meta, 'offset', 'counted')
redis.call('UNLINK', windows, counts, entries)
for _, keys in ipairs(chunks) do redis.call('UNLINK', unpack(keys)) end
redis.call('HSET', meta, 'epoch', ARGV[1])
return 1
